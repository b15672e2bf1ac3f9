/** Sequence numbers of signed adverts: packing, RFC 1982 order, what a sender takes next. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import {
  aheadS,
  isAfter,
  LAST_AH_SEQUENCE,
  nextAhSequence,
  nextHmacSequence,
  packSequence,
  sequenceAt,
  unpackSequence,
} from '../../../src/vrrp/sequence.ts';

const NOW_MS = 1_795_415_600_500;
const NOW = packSequence({ seconds: 1_795_415_600, subseconds: 32_768, counter: 0 });
const HOUR_MS = 3_600_000;

it('sequence/pack and unpack', () =>
  fc.assert(
    fc.property(
      fc.record(
        { seconds: fc.nat(2 ** 32 - 1), subseconds: fc.nat(65_535), counter: fc.nat(65_535) },
        { noNullPrototype: true },
      ),
      (s) => assert.deepEqual(unpackSequence(packSequence(s)), s),
    ),
    { seed: 42 },
  ));

it('sequence/the clock is seconds and 1/65536 of them, low 32 bits', () => {
  assert.equal(sequenceAt(NOW_MS), NOW);
  assert.deepEqual(unpackSequence(sequenceAt(2 ** 32 * 1000 + 999)), {
    seconds: 0,
    subseconds: 65_470,
    counter: 0,
  });
});

it('sequence/later is by RFC 1982, over the wrap too', () => {
  assert.equal(isAfter(NOW, NOW), false);
  assert.equal(isAfter(NOW + 1n, NOW), true);
  assert.equal(isAfter(NOW, NOW + 1n), false);
  assert.equal(isAfter(0n, 2n ** 64n - 1n), true);
  assert.equal(isAfter(2n ** 64n - 1n, 0n), false);
});

it('sequence/seconds ahead, over the wrap of 32 bits too', () => {
  assert.equal(aheadS(1_795_415_603, NOW_MS), 3);
  assert.equal(aheadS(1_795_415_590, NOW_MS), -10);
  assert.equal(aheadS(2, (2 ** 32 - 3) * 1000), 5);
});

it('sequence/auth_hmac: the clock, else one more; time: from the clock again when far ahead of it', () => {
  const next = (last: bigint | undefined, mode: 'time' | 'monotonic') =>
    nextHmacSequence(last, NOW_MS, mode, 5);
  for (const mode of ['time', 'monotonic'] as const) {
    assert.equal(next(undefined, mode), NOW);
    assert.equal(next(NOW - 1n, mode), NOW);
    assert.equal(next(NOW, mode), NOW + 1n, 'two in one millisecond');
    assert.equal(
      next(sequenceAt(NOW_MS + 5_000), mode),
      sequenceAt(NOW_MS + 5_000) + 1n,
      'set back a little',
    );
  }
  const far = sequenceAt(NOW_MS + HOUR_MS);
  assert.equal(next(far, 'time'), NOW);
  assert.equal(next(far, 'monotonic'), far + 1n);
});

it('sequence/AH counts from 1 and stays at its end', () => {
  assert.equal(nextAhSequence(0), 1);
  assert.equal(nextAhSequence(LAST_AH_SEQUENCE - 1), 0xffff_fffe);
  assert.equal(nextAhSequence(LAST_AH_SEQUENCE), 0xffff_fffe);
});
