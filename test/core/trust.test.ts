/** A name that looks like a known one never counts as new: another key under it is reported. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { KnownPeer } from '../../peer/core/facts-and-orders.ts';
import { PeerIdentity, trustIn } from '../../peer/core/peer-identity.ts';

import { ready } from '../../peer/crypto/index.ts';

before(() => ready());

const id = (byte: number) => new Uint8Array(32).fill(byte);
const known = [
  { id: id(1), name: 'Alice', verified: true },
  { id: id(2), name: 'Mary Ann', verified: false },
];

const LOOK_ALIKES = [
  'Alice',
  'alice',
  'Alice ',
  ' \tALICE\n',
  'Alice\u00a0',
  '\u2003Alice\u3000',
  'Alice\u2800',
  'Al\u200bice',
  '\u2060Alice\ufeff',
  'Ali\u00adce\u202e',
  'Alice\u{e0041}',
  'Alice\u3164',
  '\uff21\uff4c\uff49\uff43\uff45',
  'Alice\u0000',
  'Mary\u00a0\u2009Ann',
  'mary \u200b Ann',
  '\u0410lice',
  'ALI\u0421E',
  '\u0391lice',
  'Al\u0456ce',
  'AIice',
  'M\u0430ry Ann',
];

test('reports a changed key for a name that looks like a known one, with other letters or invisible ones', () => {
  for (const name of LOOK_ALIKES) assert.equal(trustIn(id(9), name, known), 'changed', JSON.stringify(name));
});

test('trusts other names as new, and a known key under any name', () => {
  for (const name of ['Alicia', 'Al ice', 'MaryAnn', 'Bob', '']) assert.equal(trustIn(id(9), name, known), 'new', name);
  assert.equal(trustIn(id(1), 'Bob', known), 'verified');
  assert.equal(trustIn(id(2), ' Mary  Ann', known), 'known');
});

test('reports a known key under the name of another one as changed, and its former name under any other', () => {
  assert.equal(trustIn(id(2), 'ALICE', known), 'changed');
  const formerly = (name: string) => {
    const event = new PeerIdentity('p', { id: id(2), name }, id(8), known).event('connected', null);
    return event.type === 'peer' ? event.formerly : null;
  };
  assert.deepEqual(['Mum', ' mary ann', 'Alice'].map(formerly), ['Mary Ann', undefined, 'Mary Ann']);
  // Two known people may have one name.
  const namesakes = [...known, { id: id(3), name: 'Alice', verified: true }];
  assert.equal(trustIn(id(3), 'Alice', namesakes), 'verified');
});

test('guards every name that a known key had, however many follow', () => {
  let record = { id: id(2), name: 'Mary Ann', verified: false } as KnownPeer;
  for (const name of ['Mum', 'Mary Ann', ...Array.from({ length: 20 }, (_, count) => `alias ${count}`)]) {
    record = new PeerIdentity('p', { id: id(2), name }, id(8), [record]).record;
  }
  assert.equal(record.name, 'alias 19');
  assert.deepEqual(record.earlier?.slice(0, 3), ['Mary Ann', 'Mum', 'alias 0']);
  assert.equal(record.earlier?.length, 8);
  for (const name of ['mary ann', 'Mum', 'alias 19']) assert.equal(trustIn(id(9), name, [record]), 'changed', name);
});

test('knows our own identity under any name, and marks it', () => {
  const own = new PeerIdentity('p', { id: id(8), name: 'Alice' }, id(8), known).event('connected', null);
  assert.ok(own.type === 'peer');
  assert.deepEqual([own.trust, own.own], ['known', true]);
  const other = new PeerIdentity('p', { id: id(2), name: 'Alice' }, id(8), known).event('connected', null);
  assert.equal('own' in other, false);
});

test('shows a name without blanks around it, and with single spaces', () => {
  const named = (name: string) => new PeerIdentity('p', { id: id(9), name }, id(8), known);
  const alike = named('\u2003Mary\u00a0\n Ann ');
  assert.equal(alike.name, 'Mary Ann');
  assert.equal(alike.record.name, 'Mary Ann');
  assert.equal(alike.trust, 'changed');
  for (const name of ['', ' ', '\u200b\u2060', '\u3164']) assert.equal(named(name).name, 'anonymous');
});
