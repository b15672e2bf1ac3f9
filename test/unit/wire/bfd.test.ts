/** BFD control packets: frames of keepalived 2.2.7 and FRR 8.4.4, round trips, every malformed kind, arbitrary bytes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BFD_LENGTH, type ControlFacts, decodeControl, encodeControl } from '../../../src/wire/bfd.ts';

const SEED = { seed: 20_052 };
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const DOWN = '20400418b2efe52000000000000f42400000c35000000000';

const facts: fc.Arbitrary<ControlFacts> = fc.record(
  {
    state: fc.constantFrom('admin-down' as const, 'down' as const, 'init' as const, 'up' as const),
    diag: fc.integer({ min: 0, max: 31 }),
    poll: fc.boolean(),
    final: fc.boolean(),
    authentication: fc.constant(false),
    demand: fc.boolean(),
    multiplier: fc.integer({ min: 1, max: 255 }),
    myDiscriminator: fc.integer({ min: 1, max: 0xffff_ffff }),
    yourDiscriminator: fc.integer({ min: 0, max: 0xffff_ffff }),
    desiredMinTxUs: fc.integer({ min: 0, max: 0xffff_ffff }),
    requiredMinRxUs: fc.integer({ min: 0, max: 0xffff_ffff }),
    requiredMinEchoRxUs: fc.integer({ min: 0, max: 0xffff_ffff }),
  },
  { noNullPrototype: true },
);

function encoded(f: ControlFacts): Uint8Array {
  const out = new Uint8Array(BFD_LENGTH).fill(0xa5);
  encodeControl(f, out);
  return out;
}

/** The octets as captured, and what tcpdump says of them. */
const GOLDEN: readonly (readonly [string, string, Partial<ControlFacts>])[] = [
  [
    'keepalived: down, nobody heard',
    DOWN,
    {
      state: 'down',
      diag: 0,
      multiplier: 4,
      myDiscriminator: 0xb2efe520,
      yourDiscriminator: 0,
      desiredMinTxUs: 1_000_000,
      requiredMinRxUs: 50_000,
    },
  ],
  [
    'FRR: up, with a poll',
    '20e00318913a8dc3ca918b42000186a0000186a00000c350',
    {
      state: 'up',
      poll: true,
      final: false,
      multiplier: 3,
      myDiscriminator: 0x913a8dc3,
      yourDiscriminator: 0xca918b42,
      desiredMinTxUs: 100_000,
      requiredMinRxUs: 100_000,
      requiredMinEchoRxUs: 50_000,
    },
  ],
  [
    'FRR: up, the answer to a poll',
    '20d00318913a8dc3ca918b42000186a0000186a00000c350',
    { state: 'up', poll: false, final: true },
  ],
];

describe('captured packets', () => {
  for (const [name, hex, want] of GOLDEN) {
    it(name, () => {
      const got = decodeControl(bytes(hex));
      assert.ok(got.ok);
      assert.deepEqual({ ...got.value, ...want }, got.value);
    });
    it(`${name}: written again`, () => {
      const got = decodeControl(bytes(hex));
      assert.ok(got.ok);
      assert.equal(Buffer.from(encoded(got.value)).toString('hex'), hex);
    });
  }
});

describe('malformed packets', () => {
  const changed = (at: number, value: number): Uint8Array => {
    const out = bytes(DOWN);
    out[at] = value;
    return out;
  };
  const rows: readonly (readonly [string, Uint8Array])[] = [
    ['truncated', bytes(DOWN).subarray(0, 23)],
    ['truncated', new Uint8Array(0)],
    ['version', changed(0, 0x00)],
    ['version', changed(0, 0x40)],
    ['length', changed(3, 23)],
    ['length', changed(3, 25)],
    ['multiplier-zero', changed(2, 0)],
    ['multipoint', changed(1, 0x41)],
  ];
  for (const [code, data] of rows)
    it(`${code} ${data.length}`, () => assert.deepEqual(decodeControl(data), { ok: false, error: code }));

  it('my-discriminator-zero', () => {
    const data = bytes(DOWN);
    data.fill(0, 4, 8);
    assert.deepEqual(decodeControl(data), { ok: false, error: 'my-discriminator-zero' });
  });
  it('authentication needs a section', () => {
    const data = changed(1, 0x44);
    assert.deepEqual(decodeControl(data), { ok: false, error: 'length' });
    const longer = new Uint8Array(28);
    longer.set(data);
    longer[3] = 28;
    const got = decodeControl(longer);
    assert.ok(got.ok && got.value.authentication);
  });
  it('octets behind the length field do not matter', () => {
    const longer = new Uint8Array(60).fill(0xff);
    longer.set(bytes(DOWN));
    assert.deepEqual(decodeControl(longer), decodeControl(bytes(DOWN)));
  });
});

describe('properties', () => {
  it('round trip', () =>
    fc.assert(
      fc.property(facts, (f) => {
        assert.deepEqual(decodeControl(encoded(f)), { ok: true, value: f });
      }),
      SEED,
    ));
  it('any bytes: a value or a code, never an exception', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (data) => {
        const got = decodeControl(data);
        if (got.ok) assert.ok(got.value.multiplier > 0 && got.value.myDiscriminator > 0);
      }),
      { ...SEED, numRuns: 2000 },
    ));
  it('any damage to a good packet likewise', () =>
    fc.assert(
      fc.property(facts, fc.nat(23), fc.nat(255), (f, i, value) => {
        const data = encoded(f);
        data[i] = value;
        decodeControl(data);
      }),
      { ...SEED, numRuns: 2000 },
    ));
});

it('an encoder refuses what the fields cannot hold', () => {
  const got = decodeControl(bytes(DOWN));
  assert.ok(got.ok);
  const good = got.value;
  for (const bad of [
    { diag: 32 },
    { multiplier: 0 },
    { multiplier: 256 },
    { myDiscriminator: 0 },
    { desiredMinTxUs: 2 ** 32 },
    { authentication: true },
  ])
    assert.throws(() => encoded({ ...good, ...bad }), { name: 'AssertionError' });
});
