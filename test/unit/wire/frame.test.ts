/** Descriptions of what the golden frames do not hold: other protocols, damage with a remedy in its words, leftovers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIp } from '../../../src/base/ip.ts';
import { announcedBy } from '../../../src/wire/announced.ts';
import { encodeGratuitousArp } from '../../../src/wire/arp.ts';
import { describeFrame } from '../../../src/wire/frame.ts';
import type { FrameDescription } from '../../../src/wire/frame-description.ts';
import { encodeIpv4 } from '../../../src/wire/ipv4.ts';
import { encodeUnsolicitedNa } from '../../../src/wire/nd.ts';
import { encodeVrrp } from '../../../src/wire/vrrp.ts';

const ip = (text: string): Uint8Array => {
  const octets = parseIp(text);
  assert.ok(octets, text);
  return octets;
};
const source = ip('192.0.2.10');
const destination = ip('224.0.0.18');
const mac = Uint8Array.of(2, 0, 0, 0, 0, 10);
const message = encodeVrrp(
  {
    version: 3,
    vrid: 51,
    priority: 200,
    adverIntUs: 1_000_000,
    addresses: [ip('192.0.2.100'), ip('192.0.2.101')],
    authType: 0,
    authData: new Uint8Array(8),
    checksumForm: 'standard',
  },
  4,
  source,
  destination,
);
const ethernet = (type: number, payload: Uint8Array): Uint8Array =>
  Uint8Array.of(...new Uint8Array(12), type >> 8, type & 0xff, ...payload);
const v4 = (protocol: number, payload: Uint8Array): Uint8Array =>
  ethernet(0x0800, encodeIpv4({ id: 1, ttl: 255, protocol, source, destination }, payload));
const v6 = (nextHeader: number, payload: readonly number[]): Uint8Array =>
  ethernet(
    0x86dd,
    Uint8Array.of(0x60, 0, 0, 0, 0, payload.length, nextHeader, 255, ...new Uint8Array(32), ...payload),
  );
const MLD = [143, 0, 0, 0, 0, 0, 0, 0];
const ROUTER_ALERT = [58, 0, 5, 2, 0, 0, 1, 0];
const AH = [112, 4, 0, 0, 192, 0, 2, 10, 0, 0, 0, 9, ...new Uint8Array(12)];

describe('describeFrame', () => {
  const KINDS: readonly (readonly [string, Uint8Array, string, RegExp | undefined])[] = [
    ['an EtherType nobody needs', ethernet(0x88cc, new Uint8Array(20)), 'eth', undefined],
    ['UDP', v4(17, new Uint8Array(8)), 'ip-17', undefined],
    ['UDP over IPv6', v6(17, [0, 0]), 'ip6-17', undefined],
    ['a neighbor solicitation', v6(58, [135, 0, 0, 0]), 'icmp6-135', undefined],
    ['a cut neighbor advertisement', v6(58, [136, 0, 0, 0]), 'na', /NA: truncated, got 4, want 24/],
    ['ICMPv6 without a type', v6(58, []), 'ip6-58', /ICMPv6: truncated/],
    ['MLD behind hop-by-hop options', v6(0, [...ROUTER_ALERT, ...MLD]), 'icmp6-143', undefined],
    ['hop-by-hop options alone', v6(0, ROUTER_ALERT), 'ip6-58', /ICMPv6: truncated/],
    [
      'hop-by-hop options cut',
      v6(0, ROUTER_ALERT.with(1, 1)),
      'ip6-0',
      /hop-by-hop options: truncated, got 8, want 16/,
    ],
    ['hop-by-hop options absent', v6(0, []), 'ip6-0', /hop-by-hop options: truncated, got 0, want 8/],
    ['AH around VRRP', v4(51, Uint8Array.of(...AH, ...message)), 'vrrp', undefined],
    ['AH around UDP', v4(51, Uint8Array.of(...AH.with(0, 17), ...message)), 'ip-17', undefined],
    [
      'AH of another length',
      v4(51, Uint8Array.of(...AH.with(1, 5), ...message)),
      'ip-51',
      /AH: length, got 5, want 4/,
    ],
    ['AH cut', v4(51, Uint8Array.from(AH.slice(1))), 'ip-51', /AH: truncated, got 23, want 24/],
    ['IGMP without a type', v4(2, new Uint8Array(0)), 'igmp', /IGMP: truncated/],
    ['a first fragment', v4(112, message).with(20, 0x20), 'ip-112', /a fragment/],
    ['a later fragment', v4(112, message).with(21, 1), 'ip-112', /a fragment/],
    ['DF is no fragment', v4(112, message).with(20, 0x40), 'vrrp', undefined],
    ['ARP of other address lengths', encodeGratuitousArp(mac, source).with(18, 8), 'arp', /address-length/],
    ['ARP that asks', encodeGratuitousArp(mac, source).with(41, 1), 'arp', undefined],
    ['VRRP of 7 octets', v4(112, message.subarray(0, 7)), 'vrrp', /VRRP: truncated, 7 octets of 8/],
    ['VRRP version 7', v4(112, message.with(0, 0x71)), 'vrrp', /unknown version 7/],
  ];
  for (const [name, frame, kind, error] of KINDS) {
    it(name, () => {
      const got = describeFrame(frame);
      assert.equal(got.kind, kind);
      if (error === undefined) assert.equal(got.error, undefined);
      else assert.match(got.error ?? '', error);
    });
  }

  const vrrp = (payload: Uint8Array): NonNullable<FrameDescription['vrrp']> => {
    const got = describeFrame(v4(112, payload)).vrrp;
    assert.ok(got);
    return got;
  };

  it('a message with too few addresses shows those that are there, and no checksum verdict', () => {
    const { addresses, pdu_len, checksum_matches, count } = vrrp(message.subarray(0, 15));
    assert.deepEqual(
      { addresses, pdu_len, checksum_matches, count },
      {
        addresses: ['192.0.2.100'],
        pdu_len: 15,
        checksum_matches: [],
        count: 2,
      },
    );
  });

  it('octets behind the message are kept apart from it', () => {
    const { trailing_hex, pdu_len, checksum_matches } = vrrp(Uint8Array.of(...message, 1, 2, 0xff));
    assert.equal(trailing_hex, '0102ff');
    assert.equal(pdu_len, 16);
    assert.deepEqual(checksum_matches, ['pseudo', 'pseudo_mcast_dst']);
  });

  it('a capture cut inside the message still shows its header', () => {
    const got = describeFrame(v4(112, message).subarray(0, 46));
    assert.match(got.error ?? '', /^IPv4: truncated, got 32, want 36$/);
    assert.equal(got.vrrp?.vrid, 51);
    assert.deepEqual(got.vrrp?.addresses, ['192.0.2.100']);
  });

  it('Ethernet padding is not counted', () => {
    const frame = Uint8Array.of(...v4(112, message), ...new Uint8Array(10));
    assert.deepEqual(describeFrame(frame), { ...describeFrame(v4(112, message)), len: frame.length });
    const arp = Uint8Array.of(...encodeGratuitousArp(mac, source), ...new Uint8Array(18));
    assert.equal(describeFrame(arp).arp?.padding, 18);
  });
});

describe('announcedBy', () => {
  const na = encodeUnsolicitedNa(mac, ip('2001:db8::1'), false);
  const IGNORED: readonly (readonly [string, Uint8Array])[] = [
    ['a request for another', encodeGratuitousArp(mac, source).with(41, 1)],
    ['a routed NA', na.with(14 + 7, 254)],
    ['an NA with a bad checksum', na.with(85, 0)],
    ['an advert', v4(112, message)],
    ['nothing', new Uint8Array(0)],
  ];
  for (const [name, frame] of IGNORED)
    it(`not by ${name}`, () => assert.equal(announcedBy(frame), undefined));

  it('by an ARP reply to itself as well', () => {
    const reply = encodeGratuitousArp(mac, source).with(21, 2);
    assert.deepEqual(announcedBy(reply), { address: source, mac });
  });
});
