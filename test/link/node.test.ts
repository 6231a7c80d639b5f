/** What the connections over node-datachannel are made of: certificates, addresses of this machine, URIs of relays. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '../../peer/link/node/dtls-certificate.ts';
import { parseTurnUrl } from '../../peer/link/node/turn-bridge.ts';
import { environment } from '../process.ts';

test('makes certificates that are well-formed, signed by their own key, and different', () => {
  const [one, other] = [makeCertificate(), makeCertificate()];
  const certificate = new X509Certificate(one.certificate);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.notEqual(certificate.fingerprint256, new X509Certificate(other.certificate).fingerprint256);
});

test('makes certificates that name nobody and no program, as they travel in clear', () => {
  const { subject, issuer, subjectAltName } = new X509Certificate(makeCertificate().certificate);
  assert.deepEqual([subject, issuer, subjectAltName], ['CN=WebRTC', 'CN=WebRTC', undefined]);
});

test('reads the URIs of relays', () => {
  const read = (url: string) => {
    const server = parseTurnUrl(url);
    return server && [server.host, server.port, server.protocol];
  };
  assert.deepEqual(read('turn:relay.example'), ['relay.example', 3478, 'udp']);
  assert.deepEqual(read('turn:relay.example:3490?transport=tcp'), ['relay.example', 3490, 'tcp']);
  assert.deepEqual(read('turns:[2001:db8::1]?transport=tcp'), ['2001:db8::1', 5349, 'tls']);
  for (const url of ['turns:relay.example?transport=udp', 'stun:relay.example', 'turn:'])
    assert.equal(read(url), null, url);
});

/** A network with containers first, then a network card, then the interface with the default route. */
const MACHINE = [
  'ip link set lo up',
  'ip link add docker0 type bridge && ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up',
  'ip link add br-1234 type bridge && ip addr add 172.18.0.1/16 dev br-1234 && ip link set br-1234 up',
  'ip link add lan0 type veth peer name lan1 && ip addr add 10.1.0.2/24 dev lan0 && ip link set lan0 up && ip link set lan1 up',
  'ip link add wan0 type veth peer name wan1 && ip addr add 10.2.0.2/24 dev wan0 && ip link set wan0 up && ip link set wan1 up',
  'ip route add default via 10.2.0.1 dev wan0',
].join(' && ');
const canMakeMachines = spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0;

test('lists the address with the default route first and those of container networks last', {
  skip: !canMakeMachines && 'needs root, unshare and ip',
}, () => {
  const module = fileURLToPath(new URL('../../peer/link/node/own-addresses.ts', import.meta.url));
  const script = `import('${module}').then(async (m) => console.log(JSON.stringify(await m.ownAddresses())))`;
  const command = `${MACHINE} && exec ${process.execPath} --import tsx -e "${script}"`;
  const { stdout, stderr } = spawnSync('unshare', ['-n', 'sh', '-c', command], {
    env: environment(),
    encoding: 'utf8',
  });
  const addresses = JSON.parse(stdout || '[]') as string[];
  assert.deepEqual(addresses.slice(0, 2), ['10.2.0.2', '10.1.0.2'], stderr);
  assert.deepEqual(new Set(addresses.slice(2)), new Set(['172.17.0.1', '172.18.0.1']));
});
