/** Advert codec: structural errors, each checksum form, padding, and what the encoder refuses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AssertionError } from '../../../src/base/assert.ts';
import { toHex } from '../../../src/base/bytes.ts';
import { parseIp } from '../../../src/base/ip.ts';
import { macs } from '../../../src/io/mac.ts';
import type { OutgoingAdvert } from '../../../src/ports/advert.ts';
import type * as accept from '../../../src/vrrp/accept.ts';
import { peekVridIpv4, type ReceivedAdvert, receiveIpv4 } from '../../../src/wire/received.ts';
import { encodeAdvertIpv4, type SignedFields } from '../../../src/wire/sent.ts';
import {
  type AdvertError,
  type AdvertFacts,
  type AdvertFields,
  decodeVrrp,
  encodedVrrpLength,
  encodeVrrp,
  encodeVrrpInto,
  vrrpLength,
} from '../../../src/wire/vrrp.ts';
import { fromHex } from '../../golden/frames.ts';

/** Compile-time: the shapes of `wire` and of `vrrp/accept` are the same, both ways; what core sends can be encoded. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const shapes: readonly [
  Same<AdvertFacts, accept.AdvertFacts>,
  Same<AdvertError, accept.AdvertError>,
  Same<ReceivedAdvert, accept.ReceivedAdvert>,
  OutgoingAdvert extends SignedFields ? true : never,
] = [true, true, true, true];

const ip = (text: string): Uint8Array => {
  const octets = parseIp(text);
  assert.ok(octets, text);
  return octets;
};
const source = ip('192.0.2.10');
const group = ip('224.0.0.18');
const peer = ip('192.0.2.20');
const v2: AdvertFields = {
  version: 2,
  vrid: 51,
  priority: 200,
  adverIntUs: 1_000_000,
  addresses: [ip('192.0.2.100')],
  authType: 0,
  authData: new Uint8Array(8),
  checksumForm: 'standard',
};
const v3: AdvertFields = { ...v2, version: 3 };
const v6: AdvertFields = { ...v3, addresses: [ip('fe80::5e:100')] };

describe('decodeVrrp', () => {
  it('agrees in shape with vrrp/accept', () => assert.equal(shapes.length, 4));

  /** Message in hex, headers in front of it -> error, or undefined where it is taken. */
  const ADVERT = '3133c801006446ef' + 'c0000264';
  const ROWS: readonly (readonly [string, string, number, AdvertError | undefined])[] = [
    ['empty', '', 20, { code: 'truncated', got: 0, want: 8 }],
    ['7 octets', ADVERT.slice(0, 14), 20, { code: 'truncated', got: 7, want: 8 }],
    ['header with count 1 and no address', ADVERT.slice(0, 16), 20, { code: 'length', got: 8, want: 12 }],
    ['version 0', `01${ADVERT.slice(2)}`, 20, { code: 'version', got: 0, want: 3 }],
    ['version 1', `11${ADVERT.slice(2)}`, 20, { code: 'version', got: 1, want: 3 }],
    ['version 4', `41${ADVERT.slice(2)}`, 20, { code: 'version', got: 4, want: 3 }],
    ['version 15', `f1${ADVERT.slice(2)}`, 20, { code: 'version', got: 15, want: 3 }],
    [
      'version 2 wants authentication data',
      `21${ADVERT.slice(2)}`,
      20,
      { code: 'length', got: 12, want: 20 },
    ],
    ['count 0 with an address', ADVERT.replace('c801', 'c800'), 20, { code: 'length', got: 12, want: 8 }],
    ['count 255', ADVERT.replace('c801', 'c8ff'), 20, { code: 'length', got: 12, want: 1028 }],
    ['whole', ADVERT, 20, undefined],
    ['one octet more', `${ADVERT}00`, 20, { code: 'length', got: 13, want: 12 }],
    ['two octets more: padding', `${ADVERT}0000`, 20, undefined],
    ['three octets more', `${ADVERT}000000`, 20, { code: 'length', got: 15, want: 12 }],
    ['four octets more: an address too many', `${ADVERT}00000000`, 20, { code: 'length', got: 16, want: 12 }],
    ['padded to 46', `${ADVERT}${'00'.repeat(14)}`, 20, undefined],
    ['a trailer, whatever is in it', `${ADVERT}${'00'.repeat(28)}`, 20, undefined],
    ['a trailer and one octet', `${ADVERT}${'00'.repeat(29)}`, 20, { code: 'length', got: 41, want: 12 }],
    [
      'two octets more behind AH: too long to need padding',
      `${ADVERT}0000`,
      44,
      { code: 'length', got: 14, want: 12 },
    ],
    ['two octets more, headers 33: 45 in all', `${ADVERT}0000`, 33, undefined],
    ['two octets more, headers 34: 46 in all', `${ADVERT}0000`, 34, { code: 'length', got: 14, want: 12 }],
  ];
  for (const [name, hex, headers, want] of ROWS) {
    it(name, () => {
      const got = decodeVrrp(fromHex(hex), 4, source, group, headers);
      if (want !== undefined) return assert.deepEqual(got, { ok: false, error: want });
      assert.ok(got.ok);
      assert.deepEqual(got.value.addresses, [ip('192.0.2.100')]);
    });
  }

  it('never takes padding over IPv6', () => {
    const message = encodeVrrp({ ...v6, addresses: [] }, 6, ip('fe80::a'), ip('ff02::12'));
    assert.equal(decodeVrrp(message, 6, ip('fe80::a'), ip('ff02::12')).ok, true);
    const padded = new Uint8Array([...message, 0, 0]);
    assert.deepEqual(decodeVrrp(padded, 6, ip('fe80::a'), ip('ff02::12')), {
      ok: false,
      error: { code: 'length', got: 10, want: 8 },
    });
  });

  it('gives type, reserved bits and interval as they are', () => {
    const message = encodeVrrp({ ...v3, adverIntUs: 40_950_000 }, 4, source, group);
    message[0] = 0x3f;
    message[4] = (message[4] as number) | 0xf0;
    const got = decodeVrrp(message, 4, source, group);
    assert.ok(got.ok);
    assert.equal(got.value.type, 15);
    assert.equal(got.value.adverIntUs, 40_950_000);
    assert.equal(got.value.checksum.standard, false);
  });

  it('takes a checksum of 0xffff for one of 0x0000, as RFC 1071 does', () => {
    // Adding the checksum to the address's last word makes the sum of the rest 0xffff.
    const message = encodeVrrp(v3, 4, source, group);
    const sum = ((message[6] as number) << 8) | (message[7] as number);
    const half = (((message[10] as number) << 8) | (message[11] as number)) + sum;
    const fixed = (half & 0xffff) + (half >> 16);
    const address = Uint8Array.of(192, 0, fixed >> 8, fixed & 0xff);
    const zero = encodeVrrp({ ...v3, addresses: [address] }, 4, source, group);
    assert.deepEqual([zero[6], zero[7]], [0, 0]);
    for (const octet of [0x00, 0xff]) {
      zero[6] = octet;
      zero[7] = octet;
      const got = decodeVrrp(zero, 4, source, group);
      assert.equal(got.ok && got.value.checksum.standard, true, `${octet}`);
    }
  });
});

describe('checksum forms', () => {
  const facts = (advert: AdvertFields, to: Uint8Array): AdvertFacts['checksum'] => {
    const got = decodeVrrp(encodeVrrp(advert, 4, source, to), 4, source, to);
    assert.ok(got.ok);
    return got.value.checksum;
  };
  const ROWS: readonly (readonly [string, AdvertFields, Uint8Array, AdvertFacts['checksum']])[] = [
    ['v2/standard', v2, group, { standard: true, noPseudo: true, oldUnicast: false }],
    [
      'v2/no-pseudo is the same',
      { ...v2, checksumForm: 'no-pseudo' },
      group,
      { standard: true, noPseudo: true, oldUnicast: false },
    ],
    [
      'v2/old-unicast is the same',
      { ...v2, checksumForm: 'old-unicast' },
      peer,
      { standard: true, noPseudo: true, oldUnicast: false },
    ],
    ['v3/standard/multicast', v3, group, { standard: true, noPseudo: false, oldUnicast: true }],
    ['v3/standard/unicast', v3, peer, { standard: true, noPseudo: false, oldUnicast: false }],
    [
      'v3/no-pseudo',
      { ...v3, checksumForm: 'no-pseudo' },
      group,
      { standard: false, noPseudo: true, oldUnicast: false },
    ],
    [
      'v3/old-unicast',
      { ...v3, checksumForm: 'old-unicast' },
      peer,
      { standard: false, noPseudo: false, oldUnicast: true },
    ],
  ];
  for (const [name, advert, to, want] of ROWS) it(name, () => assert.deepEqual(facts(advert, to), want));

  it('over IPv6 there is one form, whatever is asked for', () => {
    const to = ip('ff02::12');
    for (const version of [2, 3] as const) {
      const forms = (['standard', 'no-pseudo', 'old-unicast'] as const).map((checksumForm) =>
        toHex(encodeVrrp({ ...v6, version, checksumForm }, 6, ip('fe80::a'), to)),
      );
      assert.equal(new Set(forms).size, 1);
      const got = decodeVrrp(fromHex(forms[0] as string), 6, ip('fe80::a'), to);
      assert.ok(got.ok);
      assert.deepEqual(got.value.checksum, { standard: true, noPseudo: false, oldUnicast: false });
    }
  });
});

describe('encodeVrrp', () => {
  it('writes every octet of its buffer', () => {
    for (const [advert, family, from, to] of [
      [v2, 4, source, group],
      [v3, 4, source, peer],
      [v6, 6, ip('fe80::a'), ip('ff02::12')],
      [{ ...v6, version: 2 }, 6, ip('fe80::a'), ip('ff02::12')],
    ] as const) {
      const out = new Uint8Array(encodedVrrpLength(advert, family)).fill(0xa5);
      encodeVrrpInto(advert, family, from, to, out);
      assert.deepEqual(out, encodeVrrp(advert, family, from, to));
    }
  });

  const REFUSED: readonly (readonly [string, Partial<AdvertFields>, RegExp])[] = [
    ['vrid 0', { vrid: 0 }, /vrid 0 is not in 1\.\.255/],
    ['vrid 256', { vrid: 256 }, /vrid 256/],
    ['priority 256', { priority: 256 }, /priority 256/],
    ['priority -1', { priority: -1 }, /priority -1/],
    ['half seconds in v2', { adverIntUs: 1_500_000 }, /seconds 1\.5/],
    ['256 s in v2', { adverIntUs: 256_000_000 }, /seconds 256/],
    ['half centiseconds in v3', { version: 3, adverIntUs: 15_000 }, /centiseconds 1\.5/],
    ['40.96 s in v3', { version: 3, adverIntUs: 40_960_000 }, /centiseconds 4096/],
    ['an IPv6 address over IPv4', { addresses: [ip('fe80::1')] }, /family|length/],
    ['7 octets of authentication data', { authData: new Uint8Array(7) }, /8 octets/],
    ['256 addresses', { addresses: Array.from({ length: 256 }, () => source) }, /count of addresses 256/],
  ];
  for (const [name, change, message] of REFUSED) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => encodeVrrp({ ...v2, ...change }, 4, source, group),
        (e: unknown) => e instanceof AssertionError && message.test(e.message),
      );
    });
  }

  it('refuses a buffer of another length', () => {
    for (const length of [19, 21])
      assert.throws(() => encodeVrrpInto(v2, 4, source, group, new Uint8Array(length)), AssertionError);
  });

  it('fits 255 addresses', () => {
    const addresses = Array.from({ length: 255 }, (_, i) => Uint8Array.of(10, 0, 0, i));
    const got = decodeVrrp(encodeVrrp({ ...v3, addresses }, 4, source, group), 4, source, group);
    assert.ok(got.ok);
    assert.deepEqual(got.value.addresses, addresses);
    assert.equal(vrrpLength(3, 4, 255), 1028);
  });
});

describe('receiveIpv4', () => {
  const packet = encodeAdvertIpv4(v3, { id: 7, ttl: 254, source, destination: peer }, macs);

  it('passes on addresses, TTL and facts', () => {
    const got = receiveIpv4(packet);
    assert.equal(got.source, '192.0.2.10');
    assert.equal(got.destination, '192.0.2.20');
    assert.equal(got.multicast, false);
    assert.equal(got.ttl, 254);
    assert.equal(got.vrid, 51);
    assert.ok(got.decoded.ok);
  });

  it('skips options', () => {
    const withOptions = new Uint8Array([
      0x46,
      ...packet.subarray(1, 20),
      0x94,
      4,
      0,
      0,
      ...packet.subarray(20),
    ]);
    withOptions[3] = withOptions.length;
    const got = receiveIpv4(withOptions);
    assert.equal(got.decoded.ok, true);
    assert.equal(got.vrid, 51);
    assert.equal(peekVridIpv4(withOptions), 51);
  });

  const broken: readonly (readonly [string, (p: Uint8Array) => Uint8Array, AdvertError])[] = [
    ['cut in the IP header', (p) => p.subarray(0, 19), { code: 'ip-header', got: 19, want: 20 }],
    ['cut in the message', (p) => p.subarray(0, 27), { code: 'ip-header', got: 27, want: 32 }],
    ['IHL of 4 words', (p) => p.with(0, 0x44), { code: 'ip-header', got: 16, want: 20 }],
    ['IHL beyond the end', (p) => p.with(0, 0x4f), { code: 'ip-header', got: 32, want: 60 }],
    ['total length below IHL', (p) => p.with(3, 19), { code: 'ip-header', got: 19, want: 20 }],
    ['version 6', (p) => p.with(0, 0x65), { code: 'ip-header', got: 6, want: 4 }],
    ['UDP', (p) => p.with(9, 17), { code: 'ip-header', got: 17, want: 112 }],
    ['AH, and no header of it', (p) => p.with(9, 51), { code: 'authentication-header', got: 12, want: 24 }],
  ];
  for (const [name, change, error] of broken)
    it(name, () => assert.deepEqual(receiveIpv4(change(packet)).decoded, { ok: false, error }));

  it('an octet behind the total length is not the message', () => {
    assert.equal(receiveIpv4(new Uint8Array([...packet, 1, 2, 3])).decoded.ok, true);
  });
});
