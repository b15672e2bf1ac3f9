/** AgentX: PDUs between keepalived 2.2.7 and net-snmp 5.9.3 as captured, round trips in both byte orders, damage. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Body,
  decodePdu,
  encodePdu,
  MAX_PAYLOAD_LENGTH,
  type Pdu,
  pduLength,
  type SnmpValue,
} from '../../../src/wire/agentx.ts';

const SEED = { seed: 2741 };
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const MIB = [1, 3, 6, 1, 4, 1, 9586, 100, 5];
const EMPTY = new Uint8Array(0);
const GET_NEXT =
  '010608000600000001000000020000003c000000000000000604010001000000722500006400000005000000010000000100000006040000010000007225000064000000050000000100000002000000';

function pdu(packetId: number, body: Body, given: Partial<Pdu> = {}): Pdu {
  return { sessionId: 6, transactionId: 0, packetId, body, ...given };
}

const GOLDEN: readonly (readonly [string, string, Pdu])[] = [
  [
    'Open',
    '01010000000000000000000087f60f353c000000010000000504000001000000881f000003000000020000000a000000190000004e65742d534e4d50204167656e7458207375622d6167656e74000000',
    pdu(
      0x350ff687,
      {
        type: 'open',
        timeoutS: 1,
        id: [1, 3, 6, 1, 4, 1, 8072, 3, 2, 10],
        description: text('Net-SNMP AgentX sub-agent'),
      },
      { sessionId: 0 },
    ),
  ],
  [
    'Register, in a context of no name',
    '01030800060000000000000088f60f352400000000000000ff7f000006040000010000007225000064000000050000000100000001000000',
    pdu(
      0x350ff688,
      {
        type: 'register',
        timeoutS: 255,
        priority: 127,
        rangeSubid: 0,
        subtree: [...MIB, 1, 1],
        upperBound: 0,
      },
      { context: EMPTY },
    ),
  ],
  [
    'GetNext',
    GET_NEXT,
    pdu(
      2,
      { type: 'get-next', ranges: [{ start: [...MIB, 1, 1], include: true, end: [...MIB, 1, 2] }] },
      { transactionId: 1, context: EMPTY },
    ),
  ],
  [
    'its Response',
    '01120800060000000100000002000000540000000000000000000000000000000400000007040000010000007225000064000000050000000100000001000000000000001e0000004b656570616c697665642076322e322e37202830312f31362c32303232290000',
    pdu(
      2,
      {
        type: 'response',
        sysUpTimeTicks: 0,
        error: 0,
        index: 0,
        varBinds: [
          {
            oid: [...MIB, 1, 1, 0],
            value: { type: 'octets', bytes: text('Keepalived v2.2.7 (01/16,2022)') },
          },
        ],
      },
      { transactionId: 1, context: EMPTY },
    ),
  ],
  [
    'TestSet',
    '01080800060000008103000082030000340000000000000002000000090400000100000072250000640000000500000002000000030000000100000007000000010000004d000000',
    pdu(
      0x382,
      {
        type: 'test-set',
        varBinds: [{ oid: [...MIB, 2, 3, 1, 7, 1], value: { type: 'integer', value: 77 } }],
      },
      { transactionId: 0x381, context: EMPTY },
    ),
  ],
  [
    'CommitSet',
    '0109000006000000810300008303000000000000',
    pdu(0x383, { type: 'commit-set' }, { transactionId: 0x381 }),
  ],
  [
    'CleanupSet',
    '010b000006000000810300008403000000000000',
    pdu(0x384, { type: 'cleanup-set' }, { transactionId: 0x381 }),
  ],
  [
    'Close',
    '010200000600000000000000aaa894220400000005000000',
    pdu(0x2294a8aa, { type: 'close', reason: 5 }),
  ],
];

describe('captured', () => {
  for (const [name, hex, value] of GOLDEN)
    it(name, () => assert.deepEqual(decodePdu(bytes(hex)), { ok: true, value }));
});

it('a trap of a sync group is decoded whole', () => {
  const trap = decodePdu(
    bytes(
      '010c00000600000000000000b8f70f35f0000000430000000402000001000000010000000300000000000000b700000006000000060600000300000001000000010000000400000001000000000000000804010001000000722500006400000005000000020000000a000000000000000100000004000000080400000100000072250000640000000500000002000000010000000100000002000000020000004731000002000000080400000100000072250000640000000500000002000000010000000100000003000000010000000400000007040000010000007225000064000000050000000100000002000000000000000a0000006c61622d726f757465720000',
    ),
  );
  assert.ok(trap.ok && trap.value.body.type === 'notify');
  assert.deepEqual(trap.value.body.varBinds, [
    { oid: [1, 3, 6, 1, 2, 1, 1, 3, 0], value: { type: 'timeticks', value: 183 } },
    { oid: [1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0], value: { type: 'oid', oid: [...MIB, 2, 10, 0, 1] } },
    { oid: [...MIB, 2, 1, 1, 2], value: { type: 'octets', bytes: text('G1') } },
    { oid: [...MIB, 2, 1, 1, 3], value: { type: 'integer', value: 1 } },
    { oid: [...MIB, 1, 2, 0], value: { type: 'octets', bytes: text('lab-router') } },
  ]);
});

/** RFC 2741 8.1: the flag, and 20 octets of header in network order; written down by hand from its figures. */
it('what is written is in network byte order', () => {
  const request = pdu(
    0x01020304,
    {
      type: 'register',
      timeoutS: 0,
      priority: 127,
      rangeSubid: 0,
      subtree: [1, 3, 6, 1, 2, 1, 68],
      upperBound: 0,
    },
    { transactionId: 9 },
  );
  assert.equal(
    Buffer.from(encodePdu(request)).toString('hex'),
    '0103100000000006000000090102030400000010007f0000020200000000000100000044',
  );
});

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u8 = fc.integer({ min: 0, max: 255 });
const oid = fc.oneof(
  fc.array(u32, { maxLength: 20 }),
  fc.array(u32, { maxLength: 20 }).map((rest) => [1, 3, 6, 1, ...rest]),
);
const octets = fc.uint8Array({ maxLength: 40 });
const value: fc.Arbitrary<SnmpValue> = fc.oneof(
  fc.integer().map((n): SnmpValue => ({ type: 'integer', value: n })),
  fc
    .tuple(fc.constantFrom('counter32' as const, 'gauge32' as const, 'timeticks' as const), u32)
    .map(([type, n]): SnmpValue => ({ type, value: n })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n): SnmpValue => ({ type: 'counter64', value: n })),
  fc
    .tuple(fc.constantFrom('octets' as const, 'opaque' as const), octets)
    .map(([type, b]): SnmpValue => ({ type, bytes: b })),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((b): SnmpValue => ({ type: 'ip-address', bytes: b })),
  oid.map((o): SnmpValue => ({ type: 'oid', oid: o })),
  fc
    .constantFrom(
      'null' as const,
      'no-such-object' as const,
      'no-such-instance' as const,
      'end-of-mib-view' as const,
    )
    .map((type): SnmpValue => ({ type })),
);
const varBinds = fc
  .array(fc.tuple(oid, value), { maxLength: 6 })
  .map((l) => l.map(([o, v]) => ({ oid: o, value: v })));
const ranges = fc
  .array(fc.tuple(oid, fc.boolean(), oid), { maxLength: 6 })
  .map((l) => l.map(([start, include, end]) => ({ start, include, end })));
const body: fc.Arbitrary<Body> = fc.oneof(
  fc.tuple(u8, oid, octets).map(
    ([timeoutS, id, description]): Body => ({
      type: 'open',
      timeoutS,
      id,
      description,
    }),
  ),
  u8.map((reason): Body => ({ type: 'close', reason })),
  fc.tuple(fc.constantFrom('register' as const, 'unregister' as const), u8, u8, u8, oid, u32).map(
    ([type, timeoutS, priority, rangeSubid, subtree, bound]): Body => ({
      type,
      timeoutS,
      priority,
      rangeSubid,
      subtree,
      upperBound: rangeSubid === 0 ? 0 : bound,
    }),
  ),
  fc
    .tuple(fc.constantFrom('get' as const, 'get-next' as const), ranges)
    .map(([type, r]): Body => ({ type, ranges: r })),
  fc.tuple(u16, u16, ranges).map(
    ([nonRepeaters, maxRepetitions, r]): Body => ({
      type: 'get-bulk',
      nonRepeaters,
      maxRepetitions,
      ranges: r,
    }),
  ),
  fc
    .tuple(
      fc.constantFrom(
        'test-set' as const,
        'notify' as const,
        'index-allocate' as const,
        'index-deallocate' as const,
      ),
      varBinds,
    )
    .map(([type, v]): Body => ({ type, varBinds: v })),
  fc
    .constantFrom('commit-set' as const, 'undo-set' as const, 'cleanup-set' as const, 'ping' as const)
    .map((type): Body => ({ type })),
  fc.tuple(oid, octets).map(([id, description]): Body => ({ type: 'add-agent-caps', id, description })),
  oid.map((id): Body => ({ type: 'remove-agent-caps', id })),
  fc.tuple(u32, u16, u16, varBinds).map(
    ([sysUpTimeTicks, error, index, v]): Body => ({
      type: 'response',
      sysUpTimeTicks,
      error,
      index,
      varBinds: v,
    }),
  ),
);
const anyPdu: fc.Arbitrary<Pdu> = fc
  .tuple(u32, u32, u32, fc.option(octets, { nil: undefined }), body)
  .map(([sessionId, transactionId, packetId, context, b]) => ({
    sessionId,
    transactionId,
    packetId,
    ...(context === undefined ? {} : { context }),
    body: b,
  }));

describe('any PDU', () => {
  it('comes back as it was', () =>
    fc.assert(
      fc.property(anyPdu, (p) => {
        const encoded = encodePdu(p);
        assert.deepEqual(pduLength(encoded), { ok: true, value: encoded.length });
        assert.deepEqual(decodePdu(encoded), { ok: true, value: p });
      }),
      SEED,
    ));

  it('cut short or damaged gives an error or a PDU, never an exception', () =>
    fc.assert(
      fc.property(anyPdu, u16, u16, u8, (p, cut, at, octet) => {
        const whole = encodePdu(p);
        const damaged = whole.slice();
        damaged[at % damaged.length] = octet;
        decodePdu(damaged);
        assert.equal(decodePdu(whole.subarray(0, cut % whole.length)).ok, false);
      }),
      SEED,
    ));
});

it('arbitrary bytes never throw', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (b) => {
      decodePdu(b);
      decodePdu(Uint8Array.from([1, (b[0] ?? 0) % 20, 0x10, 0, ...b]));
    }),
    SEED,
  ));

describe('refused', () => {
  const changed = (at: number, octet: number): Uint8Array => {
    const b = bytes(GET_NEXT);
    b[at] = octet;
    return b;
  };
  const rows: readonly (readonly [string, Uint8Array, string])[] = [
    ['another version', changed(0, 2), 'version'],
    ['an unknown type', changed(1, 19), 'type'],
    ['a length that is no multiple of four', changed(16, 0x3d), 'length'],
    ['a length beyond the bound', changed(18, 0xff), 'length'],
    ['fewer octets than it says', changed(16, 0x40), 'truncated'],
    ['an OID longer than the PDU', changed(24, 100), 'body'],
    ['an OID of more than 128 numbers', changed(24, 200), 'body'],
    ['a context longer than the PDU', changed(22, 1), 'body'],
    ['half a range', bytes(`${GET_NEXT.slice(0, 32)}20000000${GET_NEXT.slice(40, 104)}`), 'body'],
  ];
  for (const [name, b, error] of rows) it(name, () => assert.deepEqual(decodePdu(b), { ok: false, error }));

  it('a header that is not complete yet is no error', () => {
    assert.deepEqual(pduLength(bytes(GET_NEXT).subarray(0, 19)), { ok: true, value: 0 });
    assert.ok(MAX_PAYLOAD_LENGTH > 65_535);
  });
});
