/** Manual pairing over real WebRTC: two texts connect two programs, and every fault has a name. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { decodeInvite, encodeInvite, Identity, ready, systemRandom } from '../../peer/crypto/index.ts';
import type { ManualRendezvous, OpenRendezvous } from '../../peer/rendezvous/rendezvous.ts';
import { endAll, ManualProgram, manualPairing } from './manual-program.ts';
import { keepsTheContract } from './rendezvous-contract.ts';

await ready();
afterEach(endAll);

/** Starts two programs and waits until the second has made its answer. */
async function answered(setting: { readonly ann?: object; readonly ben?: object } = {}) {
  const ann = new ManualProgram('Ann', setting.ann);
  const invite = await ann.blob('invite');
  const ben = new ManualProgram('Ben', { invite, ...setting.ben });
  return { ann, ben, invite, answer: await ben.blob('answer') };
}

async function talk(ann: ManualProgram, ben: ManualProgram): Promise<void> {
  const [benSeen, annSeen] = await Promise.all([ann.connected(), ben.connected()]);
  assert.deepEqual([benSeen.name, annSeen.name, benSeen.path], ['Ben', 'Ann', 'direct']);
  assert.equal(benSeen.safety, annSeen.safety);
  ann.say('hello');
  ben.say('hi');
  assert.equal((await ben.event('message')).text, 'hello');
  assert.equal((await ann.event('message')).text, 'hi');
}

describe('manual pairing', () => {
  test('connects two programs by an invite and an answer, whatever was copied around them', async () => {
    const ann = new ManualProgram('Ann');
    const invite = await ann.blob('invite');
    assert.match(invite, /^ap1i[A-Za-z0-9_-]{100,300}$/);
    const wrapped = invite.replace(/.{60}/g, '$&\r\n> ');
    const ben = new ManualProgram('Ben', { invite: `On Monday Ann wrote:\n> ${wrapped}.\n> see you` });
    const answer = await ben.blob('answer');
    assert.match(answer, /^ap1a[A-Za-z0-9_-]{100,400}$/);
    ann.answer(`> ${invite}\n\n   ${answer.replace(/.{40}/g, '$&\n   ')}\n thanks`);
    await talk(ann, ben);
    assert.equal((await ann.event('ready')).server, null);
    ann.answer(answer);
    assert.equal(await ann.fault(), 'invite-answered');
  });

  test('connects two programs that also agreed on a code', async () => {
    const { ann, ben, answer } = await answered({ ann: { code: 'ocean-violin' }, ben: { code: 'ocean-violin' } });
    ann.answer(answer);
    await talk(ann, ben);
  });

  test('ends as a wrong guess on both sides with different codes, and shows no name', async () => {
    const { ann, ben, answer } = await answered({ ann: { code: 'ocean-violin' }, ben: { code: 'ocean-viola' } });
    ann.answer(answer);
    for (const side of [ann, ben]) {
      assert.equal((await side.event('end')).reason, 'wrong-code');
      assert.equal((await side.event('end')).exit, 3);
      assert.ok(!side.events.some(({ type }) => type === 'peer'));
    }
  });

  test('takes a code on one side only for a wrong guess', async () => {
    const { ann, ben, answer } = await answered({ ann: { code: 'ocean-violin' } });
    ann.answer(answer);
    for (const side of [ann, ben]) assert.equal((await side.event('end')).reason, 'wrong-code');
  });

  test('names what is wrong with a paste, and keeps the invite open', async () => {
    const { ann, ben, invite, answer } = await answered();
    const other = await answered();
    const pastes: readonly [string, string][] = [
      ['what am I to paste?', 'not-a-blob'],
      [answer.slice(0, -1), 'bad-blob'],
      [answer.slice(0, 100) + answer.slice(101), 'bad-blob'],
      [`${answer.slice(0, 50)}${answer.charAt(50) === 'A' ? 'B' : 'A'}${answer.slice(51)}`, 'bad-blob'],
      [answer + answer, 'bad-blob'],
      [answer.replace('ap1', 'ap2'), 'blob-version'],
      [invite, 'own-invite'],
      [other.invite, 'wrong-blob'],
      [other.answer, 'other-invite'],
      [`${invite}\n${other.answer}`, 'other-invite'],
    ];
    for (const [paste, name] of pastes) {
      ann.answer(paste);
      assert.equal(await ann.fault(), name, paste.slice(0, 40));
    }
    ann.answer(`${answer} ${answer}`);
    await talk(ann, ben);
  });

  test('takes the first of two answers only', async () => {
    const { ann, ben, invite, answer } = await answered();
    const late = new ManualProgram('Late', { invite });
    const second = await late.blob('answer');
    assert.notEqual(answer.length, 0);
    ann.answer(answer);
    ann.answer(second);
    assert.equal(await ann.fault(), 'invite-answered');
    await talk(ann, ben);
    assert.ok(!late.events.some(({ type }) => type === 'peer'));
  });

  test('ends with the name of what is wrong with an invite', async () => {
    const { invite, answer } = await answered();
    const cases: readonly [string, string, number][] = [
      ['nothing of the kind', 'not-a-blob', 2],
      [invite.slice(0, -3), 'bad-blob', 2],
      [invite.replace('ap1', 'ap3'), 'blob-version', 2],
      [answer, 'wrong-blob', 2],
      [encodeInvite({ ...decodeInvite(invite), offer: Uint8Array.of(7) }), 'bad-offer', 3],
    ];
    for (const [paste, reason, exit] of cases) {
      const ben = new ManualProgram('Ben', { invite: paste });
      assert.deepEqual(await ben.event('end'), { type: 'end', reason, exit });
    }
  });

  test('lets the clock of the inviting side decide when an invite is too old; the other side only warns', async () => {
    let late = false;
    const { ann, ben, answer } = await answered({
      ann: { date: () => Date.now() + (late ? 600_001 : 0) },
      ben: { date: () => Date.now() + 3_600_000 },
    });
    assert.equal(await ben.fault(), 'invite-expired');
    late = true;
    ann.answer(answer);
    assert.deepEqual([(await ann.event('end')).reason, (await ann.event('end')).exit], ['invite-expired', 6]);
    assert.ok(!ben.events.some(({ type }) => type === 'end'));
  });

  test('makes a fresh invite when one expires and somebody is there to hand it on', async () => {
    let late = false;
    const date = () => Date.now() + (late ? 600_001 : 0);
    const { ann, invite, answer } = await answered({ ann: { renews: true, date } });
    late = true;
    ann.answer(answer);
    assert.equal(await ann.fault(), 'invite-expired');
    const fresh = await ann.event('invite', (event) => event.blob !== invite);
    ann.answer(answer);
    assert.equal(await ann.fault(), 'other-invite');
    const ben = new ManualProgram('Ben', { invite: fresh.blob });
    ann.answer(await ben.blob('answer'));
    await talk(ann, ben);
  });

  test('a program that answers its own invite ends with the error that it met itself', async () => {
    const identity = Identity.generate(systemRandom);
    const { ann, ben, answer } = await answered({ ann: { identity }, ben: { identity } });
    ann.answer(answer);
    assert.equal((await ben.event('end')).reason, 'self');
    assert.equal((await ann.event('end')).exit, 3);
  });
});

/** Hands each text on at once: the first guest makes an invite, and the second is given it. */
function handedOn(): () => OpenRendezvous {
  let invite: string | null = null;
  let inviting: ManualRendezvous | null = null;
  return () => (request, events) => {
    const rendezvous = manualPairing()(
      { card: request.card, invite },
      {
        ...events,
        blob: (kind, text) => {
          if (kind === 'invite') [invite, inviting] = [text, rendezvous];
          else inviting?.takeAnswer(text);
        },
      },
    );
    return rendezvous;
  };
}

keepsTheContract({
  name: 'manual pairing',
  room: async () => handedOn(),
  // The invite takes the place of a nameplate.
  makesNameplates: false,
  firstIsHost: true,
  // Frames with higher first bytes are for the session, which shares the channel.
  firstBytes: 16,
  // An invite is for one answer. A second answer is refused before anybody is in a room.
  oneTooMany: null,
  // The only channel closes with the first guest.
  outlivesGuests: false,
  // Nothing but pasted texts comes from outside. The tests above damage them.
  rubbish: null,
});
