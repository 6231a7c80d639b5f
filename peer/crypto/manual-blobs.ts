/** The two texts of manual pairing: an invite, and an answer to it (docs/PROTOCOL.md, Manual pairing). */
import { base64url, concat, equalBytes, fromBase64url, lv, utf8 } from '../../shared/bytes.ts';
import { AparteError } from '../../shared/errors.ts';
import { MAX_BLOB } from '../../shared/limits.ts';
import { padToMultiple, unpad } from './frame-format.ts';
import { hash } from './hash.ts';
import { BOX_OVERHEAD, box, type Random, renameDamaged, sameSecret, unbox, wipe } from './sodium.ts';

/** The two kinds of texts. */
export type BlobKind = 'invite' | 'answer';

/** The content of an invite. */
export interface Invite {
  /** When it expires, in seconds since 1970 by the clock of its maker; below 2^32. */
  readonly expiry: number;
  /** The nonce of its maker's card, 16 bytes. */
  readonly nonce: Uint8Array;
  /** The password of the handshake, 16 random bytes. */
  readonly secret: Uint8Array;
  /** The offer in its short form. */
  readonly offer: Uint8Array;
}

/** The content of an answer. */
export interface InviteAnswer {
  /** The nonce of its maker's card, 16 bytes. */
  readonly nonce: Uint8Array;
  /** The answer to the offer, in its short form. */
  readonly answer: Uint8Array;
}

const PREFIX = { invite: 'ap1i', answer: 'ap1a' } as const;
const VERSION = 1;
const CHECK_BYTES = 4;
/** Bytes of a card's nonce, and of the secret. */
const NONCE_BYTES = 16;
/** Bytes of a nonce of crypto_box. */
const BOX_NONCE_BYTES = 24;
/** Bytes of an answer that name its invite. */
const REFERENCE_BYTES = 8;
/** Answers are padded to a multiple of so many bytes, which hides the number of addresses. */
const PAD_STEP = 64;

/** The text of an invite. `nonce` and `secret` must have 16 bytes. */
export function encodeInvite({ expiry, nonce, secret, offer }: Invite): string {
  if (nonce.length !== NONCE_BYTES || secret.length !== NONCE_BYTES) throw new Error('an odd invite');
  const time = new Uint8Array(4);
  new DataView(time.buffer).setUint32(0, expiry);
  return encode('invite', time, nonce, secret, offer);
}

/** Reads an invite. Throws `bad-blob`, `blob-version`, `wrong-blob`. */
export function decodeInvite(text: string): Invite {
  const body = decode('invite', text);
  const start = 4 + 2 * NONCE_BYTES;
  if (body.length < start) throw new AparteError('bad-blob');
  return {
    expiry: new DataView(body.buffer, body.byteOffset, 4).getUint32(0),
    nonce: body.slice(4, 4 + NONCE_BYTES),
    secret: body.slice(4 + NONCE_BYTES, start),
    offer: body.slice(start),
  };
}

/**
 * The text of an answer to an invite, sealed for the invite's maker. The nonce is random, as two people may answer one
 * invite and so seal under one key.
 */
export function sealAnswer(invite: string, { nonce, answer }: InviteAnswer, random: Random): string {
  const key = answerKey(invite);
  const boxNonce = random(BOX_NONCE_BYTES);
  const content = padToMultiple(concat(nonce, answer), PAD_STEP);
  const sealed = box(key, boxNonce, content);
  wipe(key, content);
  return encode('answer', reference(invite), boxNonce, sealed);
}

/** Opens an answer to our invite. Throws `bad-blob`, `blob-version`, `wrong-blob`, or `other-invite`. */
export function openAnswer(invite: string, text: string): InviteAnswer {
  const body = decode('answer', text);
  const start = REFERENCE_BYTES + BOX_NONCE_BYTES;
  if (body.length < start + BOX_OVERHEAD) throw new AparteError('bad-blob');
  if (!equalBytes(body.subarray(0, REFERENCE_BYTES), reference(invite))) throw new AparteError('other-invite');
  return renameDamaged('bad-blob', () => {
    const key = answerKey(invite);
    const content = unpad(unbox(key, body.subarray(REFERENCE_BYTES, start), body.subarray(start)));
    wipe(key);
    if (content.length < NONCE_BYTES) throw new AparteError('bad-blob');
    return { nonce: content.slice(0, NONCE_BYTES), answer: content.slice(NONCE_BYTES) };
  });
}

/** The kind of a text that arrived whole, in any version of the format; null for any other text. */
export function blobKind(text: string): BlobKind | null {
  for (const kind of ['invite', 'answer'] as const) {
    try {
      decode(kind, text);
      return kind;
    } catch (error) {
      if (error instanceof AparteError && error.code === 'blob-version') return kind;
    }
  }
  return null;
}

/** `ctx` of a handshake in mode `manual`. It binds both texts as they travelled, and so both DTLS fingerprints. */
export function pairingContext(invite: string, answer: string): Uint8Array {
  return hash('manual', utf8(invite), utf8(answer));
}

/** `PRS` of a handshake in mode `manual`: the invite's secret, or with a (normalised) code both. */
export function pairingSecret(secret: Uint8Array, code: Uint8Array | null): Uint8Array {
  return code === null ? secret : lv(secret, code);
}

function reference(invite: string): Uint8Array {
  return hash('invite', utf8(invite)).subarray(0, REFERENCE_BYTES);
}

function answerKey(invite: string): Uint8Array {
  const { secret } = decodeInvite(invite);
  const whole = hash('answer', utf8(invite), secret);
  const key = whole.slice(0, 32);
  wipe(secret, whole);
  return key;
}

function check(prefix: string, body: Uint8Array): Uint8Array {
  return hash('chk', utf8(prefix), body).subarray(0, CHECK_BYTES);
}

function encode(kind: BlobKind, ...parts: Uint8Array[]): string {
  const prefix = PREFIX[kind];
  const body = concat(Uint8Array.of(VERSION), ...parts);
  const text = prefix + base64url(concat(body, check(prefix, body)));
  if (text.length > MAX_BLOB) throw new Error('a blob past the limit');
  return text;
}

/** The bytes behind the version byte. The check finds accidents only: an attacker can make it fit. */
function decode(kind: BlobKind, text: string): Uint8Array {
  const prefix = text.slice(0, 4);
  if (text.length > MAX_BLOB || !/^ap\d[a-z]/.test(text)) throw new AparteError('bad-blob');
  if (prefix[2] !== PREFIX[kind][2]) throw new AparteError('blob-version');
  const bytes = renameDamaged('bad-blob', () => fromBase64url(text.slice(4)));
  const body = bytes.subarray(0, -CHECK_BYTES);
  if (!sameSecret(check(prefix, body), bytes.subarray(-CHECK_BYTES))) throw new AparteError('bad-blob');
  if (prefix !== PREFIX[kind]) throw new AparteError('wrong-blob');
  if (body[0] !== VERSION) throw new AparteError('blob-version');
  return body.subarray(1);
}
