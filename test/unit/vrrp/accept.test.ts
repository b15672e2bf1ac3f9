/** The receive ladder: each row alone, the order of every pair of rows, and what is accepted with a warning. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { err, ok } from '../../../src/base/result.ts';
import {
  type AcceptRules,
  type AdvertError,
  type AdvertFacts,
  accept,
  advertEvent,
  LADDER,
  type RejectReason,
} from '../../../src/vrrp/accept.ts';
import { explainRejection } from '../../../src/vrrp/explain-rejection.ts';
import type { Learnt } from '../../../src/vrrp/proof.ts';
import {
  ah,
  ahProof,
  ahRules,
  broken,
  facts,
  hmacProof,
  hmacRules,
  NOW_S,
  PEER,
  packet,
  proof,
  rules,
  S,
  type Scene,
  SECRET,
  signed,
  sums,
  unicast,
  VIP,
  v2,
  v3,
  v6,
  withoutProof,
} from './accept-scenes.ts';

const run = (s: Scene) =>
  accept(s.rules, { ...s.packet, decoded: s.error === undefined ? ok(s.facts) : err(s.error) });

const lower = <T extends AdvertError['code']>(code: T) => ({ code, got: 7, want: 20 }) as const;
/** One way to fail each row; `touches`: what it changes, two with the same cannot be combined. */
type Fault = {
  readonly number: number;
  readonly from: Scene;
  readonly touches: string;
  readonly with: (s: Scene) => Scene;
  readonly got?: string;
  readonly want?: string;
};
const faults: readonly Fault[] = [
  { number: 1, from: v2, touches: 'state', with: (s) => rules(s, { state: 'fault' }), got: 'fault' },
  { number: 2, from: v6, touches: 'transport', with: (s) => packet(s, { multicast: false }), got: 'unicast' },
  { number: 3, from: v2, touches: 'bytes', with: (s) => broken(s, lower('authentication-header')), got: '7' },
  { number: 4, from: v2, touches: 'bytes', with: (s) => broken(s, lower('truncated')), want: '20' },
  { number: 5, from: v2, touches: 'bytes', with: (s) => broken(s, lower('ip-header')) },
  { number: 6, from: v2, touches: 'bytes', with: (s) => broken(s, lower('length')) },
  { number: 3, from: ah, touches: 'proof', with: withoutProof, got: 'none' },
  { number: 3, from: v3, touches: 'proof', with: (s) => packet(s, { proof: ahProof(10) }), got: 'one' },
  { number: 7, from: v3, touches: 'proof', with: (s) => packet(s, { proof: hmacProof() }), got: 'a trailer' },
  { number: 10, from: signed, touches: 'proof', with: withoutProof },
  {
    number: 11,
    from: rules(signed, { mode: 'unicast', peers: [] }),
    touches: 'source',
    with: (s) => packet(s, { multicast: false }),
    got: '192.0.2.20',
  },
  { number: 12, from: signed, touches: 'ext', with: (s) => proof(s, { extType: 2 }) },
  { number: 12, from: signed, touches: 'ext', with: (s) => proof(s, { reserved: 1 }) },
  { number: 13, from: signed, touches: 'time', with: (s) => proof(s, { seconds: NOW_S + 6 }), got: '6' },
  { number: 13, from: signed, touches: 'time', with: (s) => proof(s, { seconds: NOW_S - 6 }), got: '-6' },
  { number: 14, from: signed, touches: 'key', with: (s) => proof(s, { keyId: 2 }), got: '2', want: '1' },
  { number: 15, from: signed, touches: 'hmac', with: (s) => proof(s, { hmac: new Uint8Array(16) }) },
  {
    number: 16,
    from: signed,
    touches: 'marks',
    with: (s) =>
      rules(s, { hmac: { ...hmacRules, marks: [{ source: PEER, sequence: BigInt(NOW_S) << 32n }] } }),
  },
  { number: 20, from: ah, touches: 'icv', with: (s) => packet(s, { proof: { ...ahProof(10), icv: PEER } }) },
  { number: 21, from: ah, touches: 'spi', with: (s) => packet(s, { proof: { ...ahProof(10), spi: VIP } }) },
  {
    number: 22,
    from: ah,
    touches: 'sequence',
    with: (s) => rules(s, { authentication: ahRules(10) }),
    got: '10',
    want: 'more than 10',
  },
  { number: 8, from: v2, touches: 'ttl', with: (s) => packet(s, { ttl: 254 }), got: '254', want: '255' },
  { number: 9, from: v2, touches: 'version', with: (s) => facts(s, { version: 3 }), got: '3', want: '2' },
  { number: 9, from: v2, touches: 'bytes', with: (s) => broken(s, { code: 'version', got: 4, want: 3 }) },
  { number: 17, from: v2, touches: 'auth', with: (s) => facts(s, { authType: 3 }), got: 'type 3' },
  { number: 18, from: v2, touches: 'auth', with: (s) => facts(s, { authType: 0 }), want: 'a password' },
  { number: 19, from: v2, touches: 'secret', with: (s) => facts(s, { authData: new Uint8Array(8) }) },
  { number: 23, from: v2, touches: 'interval', with: (s) => facts(s, { adverIntUs: 2 * S }), got: '2 s' },
  { number: 24, from: v2, touches: 'type', with: (s) => facts(s, { type: 2 }), got: '2', want: '1' },
  { number: 25, from: unicast, touches: 'interval', with: (s) => facts(s, { adverIntUs: 0 }), got: '0 s' },
  { number: 26, from: unicast, touches: 'checksum', with: (s) => sums(s, { standard: false }) },
  { number: 27, from: unicast, touches: 'transport', with: (s) => packet(s, { multicast: true }) },
  {
    number: 28,
    from: unicast,
    touches: 'owner',
    with: (s) => rules(s, { ownerIgnoreAdverts: true, basePriority: 255 }),
  },
  {
    number: 29,
    from: unicast,
    touches: 'source',
    with: (s) => packet(s, { source: '192.0.2.99', sourceBytes: Uint8Array.of(192, 0, 2, 99) }),
    got: '192.0.2.99',
  },
  {
    number: 30,
    from: unicast,
    touches: 'ttl',
    with: (s) => packet(s, { ttl: 249 }),
    got: '249',
    want: '250..254',
  },
];
const reasonOf = (number: number): RejectReason => {
  const row = LADDER.find((r) => r.number === number);
  assert.ok(row);
  return row.reason;
};
const refuse = (s: Scene, reason: RejectReason) => {
  const verdict = run(s);
  assert.ok(!verdict.accepted, `accepted, want ${reason}`);
  assert.equal(verdict.reason, reason);
  return verdict.detail;
};
const REQUIREMENTS: Readonly<Record<number, string>> = {
  1: '[RFC9568-6.4.1-04+]',
  4: '[RFC9568-7.1-03-] [RFC3768-7.1-03-]',
  6: '[RFC9568-7.1-03-] [RFC3768-7.1-03-]',
  8: '[RFC9568-7.1-01-] [RFC9568-5.1.1.3-02-] [RFC3768-7.1-01-]',
  9: '[RFC9568-7.1-02-] [RFC3768-7.1-02-]',
  17: '[RFC3768-7.1-07-]',
  18: '[RFC3768-7.1-07-]',
  23: '[RFC3768-7.1-08-]',
  24: '[RFC9568-5.2.2-01-]',
  25: '[RFC9568-7.1-07-]',
  26: '[RFC9568-7.1-04-] [RFC3768-7.1-04-]',
  28: '[RFC3768-7.1-06+]',
};
const V3_GOOD =
  '[RFC9568-7.1-01+] [RFC9568-7.1-02+] [RFC9568-7.1-03+] [RFC9568-7.1-04+] [RFC9568-7.1-07+] [RFC9568-5.1.1.3-02+] [RFC9568-5.2.2-01+]';
const V2_GOOD =
  '[RFC3768-7.1-01+] [RFC3768-7.1-02+] [RFC3768-7.1-03+] [RFC3768-7.1-04+] [RFC3768-7.1-07+] [RFC3768-7.1-08+]';
const GOOD: Readonly<Record<string, string>> = {
  v2: V2_GOOD,
  v3: V3_GOOD,
  unicast: '',
  v6: '',
  signed: '',
  ah: '',
};

const LEARNT: Readonly<Record<string, Learnt>> = {
  signed: {
    type: 'hmac',
    marks: [{ source: PEER, sequence: BigInt(NOW_S) << 32n }],
    keyId: 1,
    aheadMs: 0,
  },
  ah: { type: 'ah', sequence: 10 },
};

describe('accept', () => {
  for (const [name, scene] of Object.entries({ v2, v3, unicast, v6, signed, ah }))
    it(`${name} as it should be ${GOOD[name]}`.trim(), () => {
      const verdict = run(scene);
      assert.deepEqual(verdict, {
        accepted: true,
        advert: scene.facts,
        warnings: [],
        learnedOldChecksum: false,
        learnt: LEARNT[name],
      });
    });

  for (const f of faults)
    it(
      `row ${f.number}, ${reasonOf(f.number)}, by ${f.touches} ${REQUIREMENTS[f.number] ?? ''}`.trim(),
      () => {
        const detail = refuse(f.with(f.from), reasonOf(f.number));
        if (f.got !== undefined) assert.equal(detail.got, f.got);
        if (f.want !== undefined) assert.equal(detail.want, f.want);
        assert.ok(explainRejection(reasonOf(f.number), detail).length > 10);
      },
    );

  it('every row has a fault here, numbers count up', () => {
    assert.deepEqual(
      LADDER.map((r) => r.number),
      LADDER.map((_, i) => i + 1),
    );
    assert.deepEqual(
      LADDER.filter((r) => !faults.some((f) => f.number === r.number)),
      [],
    );
  });

  it('two faults: the earlier row is the reason', () => {
    let pairs = 0;
    for (const first of faults)
      for (const second of faults) {
        if (first.number >= second.number || first.touches === second.touches) continue;
        for (const from of first.from === second.from ? [first.from] : [first.from, second.from]) {
          // Only where each alone fails in this scene; the two rows of one reason belong to one family each.
          const alone = [first, second].every((f) => {
            if (f.number === (from.rules.family === 6 ? 27 : 2)) return false;
            const verdict = run(f.with(from));
            return !verdict.accepted && verdict.reason === reasonOf(f.number);
          });
          if (!alone) continue;
          refuse(first.with(second.with(from)), reasonOf(first.number));
          pairs++;
        }
      }
    assert.ok(pairs > 100, `only ${pairs} pairs`);
  });
});

describe('accept/state', () => {
  for (const state of ['init', 'fault'] as const)
    it(`${state}: nothing is heard`, () =>
      assert.equal(refuse(rules(v3, { state }), 'not-running').got, state));
  for (const state of ['backup', 'master', 'leaving'] as const)
    it(`${state}: heard`, () => assert.ok(run(rules(v3, { state })).accepted));
});

describe('accept/authentication', () => {
  const none = rules(v2, { authentication: { type: 'none' } });
  it('none: the 8 octets are not looked at [RFC3768-5.3.10-01+]', () =>
    assert.ok(run(facts(none, { authType: 0, authData: SECRET })).accepted));
  it('none: a password is refused [RFC3768-7.1-07-]', () =>
    assert.equal(refuse(none, 'auth-type').want, 'none'));
  it('AH is a known type, and not ours', () =>
    assert.equal(refuse(facts(v2, { authType: 2 }), 'auth-type').got, 'AH'));
  it('each of the 8 octets counts', () => {
    for (let i = 0; i < 8; i++) {
      const data = SECRET.slice();
      data[i] = (data[i] as number) ^ 1;
      refuse(facts(v2, { authData: data }), 'auth-data');
    }
  });
  it('another length', () => void refuse(facts(v2, { authData: SECRET.subarray(0, 6) }), 'auth-data'));
  it('no password in the explanation', () => {
    const text = explainRejection(
      'auth-data',
      refuse(facts(v2, { authData: new Uint8Array(8) }), 'auth-data'),
    );
    assert.ok(!text.includes('secret'), text);
  });
  it('v3 knows none', () =>
    assert.ok(run(rules(v3, { authentication: { type: 'pass', data: SECRET } })).accepted));
});

describe('accept/checksum', () => {
  const short = sums(v3, { standard: false, noPseudo: true });
  const old = sums(unicast, { standard: false, oldUnicast: true });
  it('v3 without pseudo header is told so [RFC9568-5.2.8-02-] [RFC5798-5.2.8-01+]', () =>
    assert.match(
      explainRejection('checksum', refuse(short, 'checksum')),
      /without pseudo header, we expect one with it/,
    ));
  it('v3_checksum_as_v2 verifies nothing [RFC9568-5.2.8-02+]', () => {
    assert.ok(run(rules(short, { checksumAsV2: true })).accepted);
    assert.ok(run(rules(sums(v3, { standard: false }), { checksumAsV2: true })).accepted);
  });
  it('v3_checksum_as_v2 changes nothing for v2', () =>
    void refuse(rules(sums(v2, { standard: false }), { checksumAsV2: true }), 'checksum'));
  it('old unicast form is learnt once', () => {
    assert.deepEqual(run(old), {
      accepted: true,
      advert: old.facts,
      warnings: [],
      learnedOldChecksum: true,
      learnt: undefined,
    });
    const verdict = run(rules(old, { learnedOldChecksum: true }));
    assert.ok(verdict.accepted && !verdict.learnedOldChecksum);
  });
  it('old_unicast_checksum never', () =>
    void refuse(rules(old, { oldUnicastChecksum: 'never' }), 'checksum'));
  it('old_unicast_checksum: only the old form', () => {
    const always = { oldUnicastChecksum: 'always' } as const;
    const verdict = run(rules(old, always));
    assert.ok(verdict.accepted && !verdict.learnedOldChecksum);
    void refuse(rules(unicast, always), 'checksum');
  });
  it('the old form is nothing for multicast', () =>
    void refuse(sums(v3, { standard: false, oldUnicast: true }), 'checksum'));
});

describe('accept/warnings', () => {
  const warned = (s: Scene): readonly string[] => {
    const verdict = run(s);
    assert.ok(verdict.accepted);
    return verdict.warnings;
  };
  const other = facts(v3, { addresses: [VIP, PEER] });
  const skipping = rules(other, { skipCheckAddresses: true, lastMaster: PEER });
  it('fewer addresses [RFC9568-7.1-06+]', () =>
    assert.deepEqual(warned(facts(v3, { addresses: [VIP] })), ['address-count']));
  it('another address [RFC9568-7.1-06+]', () => assert.deepEqual(warned(other), ['address-list']));
  it('one address twice in place of two', () =>
    assert.deepEqual(warned(facts(v3, { addresses: [VIP, VIP] })), ['address-list']));
  it('skip_check_adv_addr: same master', () => assert.deepEqual(warned(skipping), []));
  it('skip_check_adv_addr: another master', () =>
    assert.deepEqual(warned(rules(skipping, { lastMaster: VIP })), ['address-list']));
  it('skip_check_adv_addr: first advert', () =>
    assert.deepEqual(warned(rules(skipping, { lastMaster: undefined })), ['address-list']));
  it('skip_check_adv_addr: a master always compares', () =>
    assert.deepEqual(warned(rules(skipping, { state: 'master' })), ['address-list']));
  it('skip_check_adv_addr: the count always', () =>
    assert.deepEqual(warned(facts(skipping, { addresses: [VIP] })), ['address-count']));
  it('v3: another interval is used [RFC9568-7.1-08+]', () =>
    assert.deepEqual(warned(facts(v3, { adverIntUs: 2 * S })), ['interval']));
});

describe('accept/unicast', () => {
  const stranger = { source: '192.0.2.99', sourceBytes: Uint8Array.of(192, 0, 2, 99) };
  const open = rules(unicast, { checkUnicastSource: false, peers: [] });
  it('unchecked: any source', () => assert.ok(run(packet(open, stranger)).accepted));
  it('a TTL bound of one peer checks all', () => {
    const peer = { bytes: PEER, minTtl: 0, maxTtl: 255 };
    assert.ok(run(packet(rules(open, { peers: [{ ...peer, ttlGiven: false }] }), stranger)).accepted);
    refuse(packet(rules(open, { peers: [{ ...peer, ttlGiven: true }] }), stranger), 'unicast-source');
  });
  it('TTL bounds are inclusive', () => {
    for (const ttl of [250, 254]) assert.ok(run(packet(unicast, { ttl })).accepted);
    for (const ttl of [249, 255]) refuse(packet(unicast, { ttl }), 'unicast-ttl');
  });
  it('TTL 255 is not asked for', () => assert.ok(run(packet(open, { ttl: 3 })).accepted));
});

it('owner_ignore_adverts is for owners that ask for it [RFC3768-7.1-06-]', () => {
  assert.ok(run(rules(v3, { basePriority: 255 })).accepted);
  assert.ok(run(rules(v3, { ownerIgnoreAdverts: true })).accepted);
});

it('explainRejection names theirs and ours [RFC9568-7.1-10+]', () => {
  assert.match(
    explainRejection('interval', refuse(facts(v2, { adverIntUs: 2 * S }), 'interval')),
    /their advert_int is 2 s, ours is 1 s/,
  );
  assert.match(
    explainRejection('version', refuse(facts(v2, { version: 3 }), 'version')),
    /they speak VRRP version 3, we speak version 2/,
  );
});

it('advertEvent compares unsigned, in network order [RFC9568-6.4.3-10+]', () => {
  const order = (a: number, b: number) =>
    advertEvent(v3.facts, Uint8Array.of(10, 0, 0, a), Uint8Array.of(10, 0, 0, b)).sourceOrder;
  assert.deepEqual([order(200, 20), order(20, 200), order(20, 20)], [1, -1, 0]);
});

it('is total: any facts, any rules', () => {
  const bytes = fc.uint8Array({ maxLength: 16 });
  const anyRules = fc.record<AcceptRules>(
    {
      family: fc.constantFrom(4, 6),
      version: fc.constantFrom(2, 3),
      mode: fc.constantFrom('multicast', 'unicast'),
      authentication: fc.constantFrom<AcceptRules['authentication']>(
        { type: 'none' },
        { type: 'pass', data: SECRET },
      ),
      adverIntUs: fc.constantFrom(S, 2 * S),
      addresses: fc.array(bytes, { maxLength: 3 }),
      checksumAsV2: fc.boolean(),
      oldUnicastChecksum: fc.constantFrom('auto', 'always', 'never'),
      learnedOldChecksum: fc.boolean(),
      skipCheckAddresses: fc.boolean(),
      lastMaster: fc.option(bytes, { nil: undefined }),
      checkUnicastSource: fc.boolean(),
      peers: fc.constantFrom([], unicast.rules.peers),
      ownerIgnoreAdverts: fc.boolean(),
      basePriority: fc.constantFrom(1, 255),
      state: fc.constantFrom('init', 'fault', 'backup', 'master', 'leaving'),
    },
    { noNullPrototype: true },
  );
  const anyFacts = fc.record<AdvertFacts>(
    {
      version: fc.constantFrom(2, 3),
      type: fc.constantFrom(1, 1, 1, 2),
      vrid: fc.nat(255),
      priority: fc.nat(255),
      adverIntUs: fc.constantFrom(0, S),
      addresses: fc.array(bytes, { maxLength: 3 }),
      authType: fc.constantFrom(0, 1, 2, 255),
      authData: fc.constantFrom(SECRET, new Uint8Array(0)),
      trailer: fc.constant(new Uint8Array(0)),
      checksum: fc.record({ standard: fc.boolean(), noPseudo: fc.boolean(), oldUnicast: fc.boolean() }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(anyRules, anyFacts, fc.boolean(), fc.nat(255), bytes, (r, a, multicast, ttl, sourceBytes) => {
      const verdict = accept(r, { ...v3.packet, multicast, ttl, sourceBytes, decoded: ok(a) });
      if (verdict.accepted) {
        assert.ok(r.state !== 'init' && r.state !== 'fault');
        assert.equal(a.version, r.version);
        assert.equal(multicast, r.mode === 'multicast');
      } else assert.ok(LADDER.some((row) => row.reason === verdict.reason));
    }),
    { seed: 42, numRuns: 2000 },
  );
});
