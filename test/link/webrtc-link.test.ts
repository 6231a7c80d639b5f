/** A link is one ordered channel over real WebRTC; whatever the other side does, it ends with one `closed` at worst. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import wrtc from 'wrtc';
import type { LinkSignal } from '../../peer/link/link.ts';
import type { WebRtcImplementation } from '../../peer/link/webrtc-implementation.ts';
import { webrtcLink } from '../../peer/link/webrtc-link.ts';
import { concat } from '../../shared/bytes.ts';
import { MAX_CANDIDATES, MAX_CHANNEL_FRAME } from '../../shared/limits.ts';
import { Process } from '../process.ts';
import { closeAll, IMPLEMENTATIONS, openPair, pair, Recorded, record, toClose } from './link-pair.ts';

/** Exits without unwinding the native libraries, as the program does: a thread of theirs can keep the process alive. */
const native = process as unknown as { reallyExit(code?: string | number | null): never };
after(() => {
  setTimeout(() => native.reallyExit(process.exitCode), 1_000);
});

afterEach(closeAll);

const numbered = (n: number, length: number) => {
  const bytes = new Uint8Array(length).fill(n & 255);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
};

/** A bare connection towards a link, which does what no link of ours would. */
async function rogue(rtc: WebRtcImplementation, act: (channel: RTCDataChannel, connection: RTCPeerConnection) => void) {
  const connection: RTCPeerConnection = new wrtc.RTCPeerConnection({ iceServers: [] });
  const channel = connection.createDataChannel('aparte', { negotiated: true, id: 0 });
  toClose.add(connection);
  const b = record(rtc, false, (signal) => {
    if (signal.type === 'candidate') {
      void connection.addIceCandidate({ candidate: signal.candidate, sdpMid: signal.mid });
    } else {
      void connection.setRemoteDescription(signal);
    }
  });
  connection.onicecandidate = ({ candidate }) => {
    if (candidate) b.link.signal({ type: 'candidate', candidate: candidate.candidate, mid: candidate.sdpMid ?? '0' });
  };
  await connection.setLocalDescription(await connection.createOffer());
  b.link.signal({ type: 'offer', sdp: connection.localDescription?.sdp ?? '' });
  await Promise.all([b.until(() => b.isOpen), channel.readyState === 'open' || once(channel, 'open')]);
  act(channel, connection);
  return { b, connection, channel };
}

for (const [name, rtc] of Object.entries(IMPLEMENTATIONS)) {
  describe(`over ${name}`, () => {
    test('transports frames of every size both ways, complete and in order', async () => {
      const { a, b } = await openPair(rtc);
      const sizes = [4, 128, 1_000, MAX_CHANNEL_FRAME];
      const sent = Array.from({ length: 200 }, (_, n) => numbered(n, sizes[n % sizes.length] ?? 4));
      for (const bytes of sent) {
        a.link.send(bytes);
        b.link.send(bytes);
      }
      await Promise.all([a, b].map((side) => side.until(() => side.frames.length === sent.length)));
      assert.deepEqual(a.frames, sent);
      assert.deepEqual(b.frames, sent);
    });

    test('sends only the viewed bytes of a frame that is a view', async () => {
      const { a, b } = await openPair(rtc);
      a.link.send(Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4));
      await b.until(() => b.frames.length === 1);
      assert.equal(Object.getPrototypeOf(b.frames[0]), Uint8Array.prototype);
      assert.deepEqual(b.frames[0], Uint8Array.of(2, 3, 4));
    });

    test('delivers frames that are sent as the channel opens, after `opened`', async () => {
      const order: string[] = [];
      const open = webrtcLink(rtc, { iceServers: [], loopback: true });
      const quiet = { frame: () => {}, path: () => {}, closed: () => {} };
      await new Promise<void>((resolve) => {
        const a = open(true, {
          ...quiet,
          signal: (signal) => b.signal(signal),
          opened: () => {
            for (const n of [1, 2, 3]) a.send(Uint8Array.of(n));
          },
        });
        const b = open(false, {
          signal: (signal) => a.signal(signal),
          opened: () => order.push('opened'),
          frame: ([n]) => {
            order.push(`frame ${n}`);
            if (n === 3) a.close();
          },
          path: () => {},
          closed: () => resolve(),
        });
      });
      assert.deepEqual(order, ['opened', 'frame 1', 'frame 2', 'frame 3']);
    });

    test('reports a direct path to both sides', async () => {
      const { a, b } = await openPair(rtc);
      await Promise.all([a, b].map((side) => side.until(() => side.path !== null)));
      assert.deepEqual([a.path, b.path], ['direct', 'direct']);
    });

    test('reports a close once to the remote side, and not to the closing side', async () => {
      const { a, b } = await openPair(rtc);
      a.link.close();
      a.link.close();
      await b.until(() => b.closings.length > 0);
      b.link.close();
      assert.equal(b.closings.length, 1);
      assert.deepEqual(a.closings, []);
    });

    test('ignores signals and frames after a close on both sides', async () => {
      const { a, b } = await openPair(rtc);
      const signals = [...a.signals];
      a.link.close();
      await b.until(() => b.closings.length > 0);
      for (const signal of signals) {
        a.link.signal(signal);
        b.link.signal(signal);
      }
      a.link.send(Uint8Array.of(1));
      b.link.send(Uint8Array.of(1));
      assert.deepEqual([a.frames, b.frames], [[], []]);
      assert.equal(b.closings.length, 1);
    });

    test('drops frames that are sent before the channel is open', () => {
      const early = record(rtc, true);
      early.link.send(Uint8Array.of(1));
      assert.deepEqual(early.closings, []);
    });

    test('ignores second offers and answers, and those of the wrong side', async () => {
      const other = record(rtc, true);
      const foreign = await other.description();
      const { a, b } = pair(rtc, (_to, signal) =>
        signal.type === 'candidate'
          ? [signal]
          : [
              signal,
              signal,
              { type: signal.type, sdp: foreign },
              { type: signal.type === 'offer' ? 'answer' : 'offer', sdp: foreign },
            ],
      );
      await Promise.all([a, b].map((side) => side.until(() => side.isOpen)));
      b.link.signal({ type: 'offer', sdp: foreign });
      a.link.send(Uint8Array.of(7));
      await b.until(() => b.frames.length === 1);
      assert.deepEqual([a.closings, b.closings], [[], []]);
      assert.equal(b.signals.filter((signal) => signal.type === 'answer').length, 1);
    });

    test('passes only the allowed number of 500 candidates to the implementation, and survives junk', async (t) => {
      const warn = t.mock.method(console, 'warn', () => {});
      let taken = 0;
      let described = '';
      class Counting extends rtc.RTCPeerConnection {
        override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
          described = description.sdp ?? '';
          return super.setRemoteDescription(description);
        }
        override addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
          taken += 1;
          return super.addIceCandidate(candidate);
        }
      }
      const a = record(rtc, true);
      // Of b's candidates only those gathered early stand in its answer.
      const forward = (signal: LinkSignal) => signal.type === 'candidate' && a.link.signal(signal);
      const b = record({ ...rtc, RTCPeerConnection: Counting }, false, forward);
      const embedded = Array.from({ length: 10 }, (_, n) => `a=candidate:1 1 udp 1 198.51.100.1 ${n + 1} typ host\r\n`);
      const inwards = 'a=candidate:1 1 udp 1 169.254.169.254 80 typ host\r\n';
      const bare = (await a.description()).replace(/a=candidate.*\r\n/g, '');
      b.link.signal({ type: 'offer', sdp: `${bare}${embedded.join('')}${inwards}` });
      // The first ten once more, which are not counted twice.
      for (let port = 1; port <= 500; port += 1) {
        b.link.signal({ type: 'candidate', candidate: `candidate:1 1 udp 1 198.51.100.1 ${port} typ host`, mid: '0' });
      }
      const sdp = await b.description();
      for (const mid of ['zz', '7'])
        a.link.signal({ type: 'candidate', candidate: 'candidate:1 1 udp 1 ::1 9 typ host', mid });
      a.link.signal({ type: 'answer', sdp });
      await a.until(() => a.isOpen);
      await b.until(() => b.isOpen);
      assert.equal(described.split('a=candidate').length - 1, 10);
      assert.equal(taken, MAX_CANDIDATES - 11);
      assert.equal(warn.mock.callCount(), 0);
      assert.deepEqual([a.closings, b.closings], [[], []]);
    });

    test('keeps frames that come before the link is open, up to a limit', async () => {
      let answer = (): void => undefined;
      const asked = new Promise<void>((resolve) => (answer = resolve));
      class Slow extends rtc.RTCPeerConnection {
        override async getStats(): Promise<RTCStatsReport> {
          await asked;
          return super.getStats();
        }
      }
      // Where a relay may be in use, a link is not open before it knows its route.
      const open = webrtcLink({ ...rtc, RTCPeerConnection: Slow }, { iceServers: [], relay: 'allow', loopback: true });
      const meet = async (count: number) => {
        const b = new Recorded();
        const told = b.events((signal) => a.link.signal(signal));
        b.link = open(false, told);
        toClose.add(b.link);
        const a: Recorded = record(rtc, true, (signal) => b.link.signal(signal));
        await a.until(() => a.isOpen);
        for (let n = 0; n < count; n += 1) a.link.send(new Uint8Array(MAX_CHANNEL_FRAME).fill(n));
        return b;
      };
      const flooded = await meet(300);
      await flooded.until(() => flooded.closings.length > 0);
      assert.deepEqual(flooded.closings, [{ key: 'too-much-early' }]);
      const patient = await meet(3);
      answer();
      await patient.until(() => patient.frames.length === 3);
      assert.deepEqual([patient.frames.map(([first]) => first), flooded.frames], [[0, 1, 2], []]);
    });

    test('rejects malformed descriptions and candidates with their fault, and goes on', async () => {
      const a = record(rtc, true);
      const b = record(rtc, false);
      const sdp = await a.description();
      const refused = { code: 'bad-offer' };
      assert.throws(() => b.link.signal({ type: 'offer', sdp: sdp.replace('sha-256', 'sha-1') }), refused);
      assert.throws(() => b.link.signal({ type: 'candidate', candidate: 'candidate:none', mid: '0' }), refused);
      b.link.signal({ type: 'offer', sdp });
      assert.match(await b.description(), /a=setup:(?:active|passive)/);
    });

    test('closes once after a text, an empty frame or a frame that is too long', async () => {
      for (const bad of ['hello', new Uint8Array(0), new Uint8Array(MAX_CHANNEL_FRAME + 1)]) {
        const { b } = await rogue(rtc, (channel) => {
          channel.send(Uint8Array.of(1));
          // Overloads: a union is neither of them.
          if (typeof bad === 'string') channel.send(bad);
          else channel.send(bad);
          channel.send(Uint8Array.of(2));
        });
        await b.until(() => b.closings.length > 0);
        assert.equal(b.closings.length, 1);
        assert.deepEqual(concat(...b.frames), Uint8Array.of(1));
      }
    });

    test('closes a second channel and keeps the first', async () => {
      const { b, connection, channel } = await rogue(rtc, () => {});
      const second = connection.createDataChannel('second');
      second.onopen = () => second.send(Uint8Array.of(66));
      await once(second, 'close');
      channel.send(Uint8Array.of(1));
      await b.until(() => b.frames.length === 1);
      assert.deepEqual(b.frames, [Uint8Array.of(1)]);
      assert.deepEqual(b.closings, []);
      const heard = once(channel, 'message');
      b.link.send(Uint8Array.of(2));
      await heard;
    });

    test('reports an implementation that is missing or does not start', async () => {
      assert.throws(() => webrtcLink({}, { iceServers: [] }), /no WebRTC here/);
      function refusing(): never {
        throw new Error('out of sockets');
      }
      const a = record({ ...rtc, RTCPeerConnection: refusing as never }, true);
      await a.until(() => a.closings.length > 0);
      assert.deepEqual(a.closings, [{ key: 'webrtc-error', code: 'ERR_PC_CONSTRUCTOR' }]);
    });

    test('lets a process end by itself after all links are closed', async () => {
      const script = fileURLToPath(new URL('link-ends.ts', import.meta.url));
      const { stdout } = await new Process([process.execPath, '--import', 'tsx', script, name]).exits(0);
      assert.equal(stdout, 'closed\n');
    });
  });
}

const { wrtc: old, 'node-datachannel': current } = IMPLEMENTATIONS;
for (const [title, sides] of [
  ['wrtc offers to node-datachannel', [old, current]],
  ['node-datachannel offers to wrtc', [current, old]],
] as const) {
  test(title, async () => {
    const { a, b } = await openPair(sides);
    const sent = Array.from({ length: 100 }, (_, n) => numbered(n, n % 2 === 0 ? 128 : MAX_CHANNEL_FRAME));
    for (const bytes of sent) {
      a.link.send(bytes);
      b.link.send(bytes);
    }
    await Promise.all([a, b].map((side) => side.until(() => side.frames.length === sent.length)));
    assert.deepEqual([a.frames, b.frames], [sent, sent]);
    assert.deepEqual([a.path, b.path], ['direct', 'direct']);
    b.link.close();
    await a.until(() => a.closings.length > 0);
  });
}
