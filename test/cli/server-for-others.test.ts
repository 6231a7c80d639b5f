/** The server inside that others may reach: on a machine of its own with a network beside the loopback device. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Machine, NO_MACHINE } from './own-namespace.ts';
import { freshCode, type Sandbox } from './program.ts';

const NETWORK = [
  'ip link add d0 type veth peer name d1',
  'ip addr add 192.168.9.5/24 dev d0',
  'ip link set d0 up',
  'ip link set d1 up',
];

describe('the server inside, for others', { skip: NO_MACHINE }, () => {
  let machine: Machine;
  let sandbox: Sandbox;

  before(async () => {
    machine = await Machine.start(...NETWORK);
    sandbox = machine.sandbox;
  });

  after(() => machine.close());

  const chat = (name: string, ...args: string[]) => sandbox.run(['--json', '--name', name, ...args]);
  /** Where somebody listens for connections. */
  const listening = () => Array.from(machine.look('ss', '-Hltn').matchAll(/(\S+:74\d\d) /g), ([, at]) => at);

  test('it is reached at the address its invite names, and says that it is not private', async () => {
    const anna = chat('anna', '--host', '0.0.0.0');
    const { code, invite } = await anna.event('code');
    assert.equal(invite, `http://192.168.9.5:7470/#${String(code)}`);
    assert.equal((await anna.event('ready'))['server'], 'http://192.168.9.5:7470');
    await anna.said(/Others reach the server inside this program at http:\/\/192\.168\.9\.5:7470\n/);
    await anna.said(/plain HTTP: the network can see nameplates and addresses/);
    const bert = chat('bert', invite);
    await Promise.all([anna, bert].map((program) => program.event('peer', { status: 'connected' })));
    bert.give({ type: 'quit' });
    await Promise.all([anna.exits(0), bert.exits(0)]);
  });

  test('where the port is taken another is, and an address that is not ours is named', async () => {
    const [first, second] = [chat('anna', '--host', '192.168.9.5'), chat('bert', '--host', '192.168.9.5')];
    const invites = await Promise.all([first, second].map(async (one) => String((await one.event('code'))['invite'])));
    const ports = invites.map((invite) => new URL(invite).port);
    assert.equal(ports.filter((port) => port === '7470').length, 1);
    assert.notEqual(ports[0], ports[1]);
    for (const one of [first, second]) one.give({ type: 'quit' });
    await Promise.all([first.exits(0), second.exits(0)]);
    const wrong = await chat('cara', '--host', '192.168.9.6').exits(4);
    assert.match(
      wrong.stderr,
      /: 192\.168\.9\.6 is not an address of this machine\.\naparte: .*--host needs an address of/,
    );
    // A chat has no such flag.
    assert.doesNotMatch(wrong.stderr, /with --port/);
  });

  test('unless asked for, nothing listens beyond the machine itself', async () => {
    const anna = chat('anna');
    await anna.event('code');
    assert.deepEqual(listening(), ['127.0.0.1:7470']);
    anna.give({ type: 'quit' });
    await anna.exits(0);
  });

  test('when it goes, who waits there is told and finds it again; two who are connected notice nothing', async () => {
    const host = chat('host', '--host', '192.168.9.5');
    await host.event('code');
    const at = ['--server', 'http://192.168.9.5:7470'];
    const codes = [freshCode(), freshCode()];
    const [anna, bert] = [chat('anna', codes[0] ?? '', ...at), chat('bert', codes[0] ?? '', ...at)];
    const cara = chat('cara', codes[1] ?? '', ...at);
    await Promise.all([anna, bert].map((program) => program.event('signal', { status: 'left' })));
    await cara.event('code');
    host.give({ type: 'quit' });
    await host.exits(0);
    assert.equal((await cara.event('error', { code: 'server-unreachable' }))['fatal'], false);
    await cara.event('signal', { status: 'lost' });
    anna.give({ type: 'send', text: 'still here' });
    await bert.event('message', { text: 'still here' });
    const again = chat('host', '--host', '192.168.9.5', codes[1] ?? '');
    await Promise.all([again, cara].map((program) => program.event('peer', { status: 'connected' })));
    for (const program of [anna, again]) program.give({ type: 'quit' });
    await Promise.all([anna, bert, cara, again].map((program) => program.exits(0)));
    for (const { events } of [anna, bert]) assert.ok(!events.some(({ type }) => type === 'error'));
  });
});
