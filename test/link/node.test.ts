/** What the connections over node-datachannel are made of: certificates, addresses of this machine, URIs of relays. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DescriptionType } from 'node-datachannel';
import { makeCertificate } from '../../peer/link/node/dtls-certificate.ts';
import { overNodeDataChannel } from '../../peer/link/node/node-datachannel.ts';
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

test('passes no name in a candidate to the library, which would look it up', async () => {
  const native = await import('node-datachannel');
  const passed: string[] = [];
  class Watched extends native.PeerConnection {
    override setRemoteDescription(sdp: string, type: DescriptionType): void {
      passed.push(sdp);
      super.setRemoteDescription(sdp, type);
    }
    override addRemoteCandidate(candidate: string, mid: string): void {
      passed.push(candidate);
      super.addRemoteCandidate(candidate, mid);
    }
  }
  const rtc = overNodeDataChannel({ PeerConnection: Watched, preload: () => undefined });
  const [one, other] = [new rtc.RTCPeerConnection(), new rtc.RTCPeerConnection()];
  one.createDataChannel('', { negotiated: true, id: 0 });
  await one.setLocalDescription(await one.createOffer());
  const named = (port: number) =>
    `candidate:1 1 udp 2122260223 0e4e9bf6-7a43-4a0c-9b6b-8f6f1f7a7a11.local ${port} typ host`;
  const sdp = `${one.localDescription?.sdp}a=${named(9)}\r\n`;
  await other.setRemoteDescription({ type: 'offer', sdp });
  await other.addIceCandidate({ candidate: named(10), sdpMid: '0' });
  await other.addIceCandidate({ candidate: named(11).replace(/\S+\.local/, '192.0.2.1'), sdpMid: '0' });
  one.close();
  other.close();
  assert.match(passed.join('\n'), /192\.0\.2\.1 11/);
  assert.doesNotMatch(passed.join('\n'), /\.local/);
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
