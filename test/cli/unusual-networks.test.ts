/** Machines whose network is unusual: programs meet on them, or name the cause. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { Process } from '../process.ts';
import { Machine, NO_MACHINE } from './own-namespace.ts';
import { freshCode } from './program.ts';

const NO_IPV4_LOOPBACK = 'ip addr del 127.0.0.1/8 dev lo';
/** A network card that has nothing but a link-local IPv6 address. */
const LINK_LOCAL = ['ip link add d0 type veth peer name d1', 'ip link set d0 up', 'ip link set d1 up'];
/** An address on the internet. */
const PUBLIC = '203.0.113.10';

describe('unusual networks', { skip: NO_MACHINE }, () => {
  let machine: Machine | null = null;
  afterEach(() => machine?.close());

  async function on(...commands: string[]): Promise<Machine> {
    machine = await Machine.start(...commands);
    return machine;
  }

  for (const [name, commands] of [
    ['whose loopback interface has only ::1', [NO_IPV4_LOOPBACK]],
    ['that has only a link-local IPv6 address', LINK_LOCAL],
  ] as const) {
    test(`two programs meet through the server inside on a machine ${name}`, async () => {
      const { sandbox } = await on(...commands);
      const code = freshCode();
      const [anna, bert] = [sandbox.run(['--json', code]), sandbox.run(['--json', code])];
      await Promise.all([anna, bert].map((program) => program.event('peer', { status: 'connected' })));
      anna.give({ type: 'quit' });
      await Promise.all([anna.exits(0), bert.exits(0)]);
    });
  }

  test('--lan says that it needs 127.0.0.1 where there is neither that address nor a network', async () => {
    const { sandbox } = await on(NO_IPV4_LOOPBACK);
    const anna = sandbox.run(['--json', '--lan', freshCode()]);
    const { message } = await anna.event('error', { code: 'no-network', fatal: false });
    assert.match(String(message), /needs the address 127\.0\.0\.1, which this machine does not have/);
    anna.give({ type: 'quit' });
    await anna.exits(0);
  });

  test('a server on the internet cannot have a program connect to a service of its own machine', async (t) => {
    const { sandbox, enter } = await on(`ip addr add ${PUBLIC}/32 dev lo`);
    const script = `
      const server = require('node:net').createServer((socket) => { console.log('{"type":"knock"}'); socket.destroy(); });
      server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ type: 'port', port: server.address().port })));`;
    const service = new Process<{ readonly type: string; readonly port?: number }>([
      ...enter,
      process.execPath,
      '-e',
      script,
    ]);
    t.after(() => service.kill('SIGKILL'));
    const { port } = await service.event('port');
    const turn = ['--turn-url', `turn:127.0.0.1:${port}?transport=tcp`, '--turn-secret', 'north'];
    const relays = async (host: string) => {
      const url = await sandbox.run(['signal', '--port', '0', '--host', host, ...turn]).listening();
      const doctor = sandbox.run(['doctor', '--json', '--relay', 'allow', '--server', url]);
      await doctor.end();
      return (JSON.parse(doctor.stdout) as { relays: unknown[] }).relays.length;
    };
    assert.equal(await relays(PUBLIC), 0);
    assert.deepEqual(
      service.events.filter(({ type }) => type === 'knock'),
      [],
    );
    // A server on the machine itself may: so the service would have noticed.
    assert.equal(await relays('127.0.0.1'), 1);
    await service.event('knock');
  });
});
