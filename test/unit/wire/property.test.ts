/** Properties: what is encoded is decoded again; no decoder throws, whatever the bytes. Fixed seeds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeAh } from '../../../src/wire/ah.ts';
import { announcedBy } from '../../../src/wire/announced.ts';
import { decodeArp, encodeGratuitousArp, encodeGratuitousArpInto } from '../../../src/wire/arp.ts';
import { decodeEthernet } from '../../../src/wire/ethernet.ts';
import { describeFrame, describePacket } from '../../../src/wire/frame.ts';
import { decodeHmacTrailer } from '../../../src/wire/hmac-trailer.ts';
import { decodeIpv4, encodeIpv4 } from '../../../src/wire/ipv4.ts';
import { decodeIpv6 } from '../../../src/wire/ipv6.ts';
import { decodeNa, encodeUnsolicitedNa, encodeUnsolicitedNaInto } from '../../../src/wire/nd.ts';
import { peekVridIpv4, receiveIpv4, receiveIpv6 } from '../../../src/wire/received.ts';
import { type AdvertFields, decodeVrrp, encodeVrrp } from '../../../src/wire/vrrp.ts';
import { NO_SECRETS } from '../../golden/frames.ts';

const SEED = { seed: 20_051 };
const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const mac = octets(6);

const advert = (version: 2 | 3, family: 4 | 6): fc.Arbitrary<AdvertFields> =>
  fc.record(
    {
      version: fc.constant(version),
      vrid: fc.integer({ min: 1, max: 255 }),
      priority: fc.integer({ min: 0, max: 255 }),
      adverIntUs:
        version === 2
          ? fc.integer({ min: 0, max: 255 }).map((s) => s * 1_000_000)
          : fc.integer({ min: 0, max: 4095 }).map((cs) => cs * 10_000),
      addresses: fc.array(octets(family === 4 ? 4 : 16), { maxLength: 255 }),
      authType: version === 2 ? fc.integer({ min: 0, max: 255 }) : fc.constant(0),
      authData: version === 2 && family === 4 ? octets(8) : fc.constant(new Uint8Array(0)),
      checksumForm: fc.constantFrom('standard' as const, 'no-pseudo' as const, 'old-unicast' as const),
    },
    { noNullPrototype: true },
  );

describe('round trips', () => {
  for (const version of [2, 3] as const) {
    for (const family of [4, 6] as const) {
      it(`advert/v${version}/ipv${family}`, () => {
        const address = octets(family === 4 ? 4 : 16);
        fc.assert(
          fc.property(advert(version, family), address, address, (fields, source, destination) => {
            const got = decodeVrrp(
              encodeVrrp(fields, family, source, destination),
              family,
              source,
              destination,
            );
            assert.ok(got.ok);
            const { checksumForm, ...want } = fields;
            const { checksum, type, trailer, ...rest } = got.value;
            assert.equal(trailer.length, 0);
            assert.deepEqual(rest, want);
            assert.equal(type, 1);
            const form = version === 3 && family === 4 ? checksumForm : 'standard';
            const flag = {
              standard: 'standard',
              'no-pseudo': 'noPseudo',
              'old-unicast': 'oldUnicast',
            } as const;
            assert.equal(checksum[flag[form]], true);
          }),
          { ...SEED, numRuns: 300 },
        );
      });
    }
  }

  it('ipv4', () => {
    const arbitrary = fc.record(
      {
        id: fc.integer({ min: 0, max: 0xffff }),
        ttl: fc.nat(255),
        protocol: fc.nat(255),
        source: octets(4),
        destination: octets(4),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(arbitrary, fc.uint8Array({ maxLength: 100 }), (fields, payload) => {
        const got = decodeIpv4(encodeIpv4(fields, payload));
        assert.ok(got.ok);
        const { id, ttl, protocol, source, destination } = got.value;
        assert.deepEqual({ id, ttl, protocol, source, destination }, fields);
        assert.deepEqual(got.value.payload, payload);
        assert.equal(got.value.headerChecksumOk, true);
        assert.equal(got.value.tos, 0xc0);
        assert.equal(got.value.flagsFragment, 0);
      }),
      SEED,
    );
  });

  it('gratuitous ARP, every octet written', () => {
    fc.assert(
      fc.property(mac, octets(4), (sender, address) => {
        const frame = encodeGratuitousArp(sender, address);
        const dirty = new Uint8Array(frame.length).fill(0xa5);
        encodeGratuitousArpInto(sender, address, dirty);
        assert.deepEqual(dirty, frame);
        assert.deepEqual(announcedBy(frame), { address, mac: sender });
        assert.deepEqual(decodeArp(frame.subarray(14)).ok, true);
      }),
      SEED,
    );
  });

  it('unsolicited NA, every octet written', () => {
    fc.assert(
      fc.property(mac, octets(16), fc.boolean(), (sender, address, router) => {
        const frame = encodeUnsolicitedNa(sender, address, router);
        const dirty = new Uint8Array(frame.length).fill(0xa5);
        encodeUnsolicitedNaInto(sender, address, router, dirty);
        assert.deepEqual(dirty, frame);
        assert.deepEqual(announcedBy(frame), { address, mac: sender });
        const { na } = describeFrame(frame);
        assert.deepEqual(na?.flags, { router, solicited: false, override: true });
        assert.equal(na?.checksum_ok, true);
      }),
      SEED,
    );
  });
});

/** Random bytes rarely get past the first header; these begin like the real thing. */
const plausible = fc
  .tuple(
    fc.constantFrom(
      [],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x06],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00, 0x45, 0, 0, 60, 0, 0, 0, 0, 255],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 32],
    ),
    fc.constantFrom([], [112], [51], [2], [58], [0]),
    fc.uint8Array({ maxLength: 120 }),
  )
  .map(([head, next, tail]) => Uint8Array.of(...head, ...next, ...tail));

describe('total decoders', () => {
  it('take any bytes', () => {
    const secrets = { ...NO_SECRETS, keys: new Map([[1, new Uint8Array(32)]]), authPass: new Uint8Array(3) };
    const any4 = new Uint8Array(4);
    const any16 = new Uint8Array(16);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), plausible), (bytes) => {
        const before = bytes.slice();
        const description = describeFrame(bytes, secrets);
        assert.deepEqual(JSON.parse(JSON.stringify(description)), description);
        for (const link of [1, 101, 113, 0, 147]) describePacket(link, bytes, secrets);
        for (const decode of [decodeEthernet, decodeArp, decodeNa, decodeAh, decodeIpv4, decodeIpv6])
          assert.equal(typeof decode(bytes).ok, 'boolean');
        decodeHmacTrailer(bytes);
        announcedBy(bytes);
        receiveIpv4(bytes);
        receiveIpv6(bytes, any16, any16, 0);
        assert.ok(peekVridIpv4(bytes) >= -1);
        decodeVrrp(bytes, 4, any4, any4);
        decodeVrrp(bytes, 6, any16, any16);
        assert.deepEqual(bytes, before);
      }),
      { ...SEED, numRuns: 5000 },
    );
  });
});
