/** Frames captured from keepalived, both directions: bytes to description, and description to the same bytes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../../src/base/bytes.ts';
import { parseIp } from '../../../src/base/ip.ts';
import { macs } from '../../../src/io/mac.ts';
import { ahKey } from '../../../src/wire/ah.ts';
import { announcedBy } from '../../../src/wire/announced.ts';
import { decodeArp, encodeGratuitousArp } from '../../../src/wire/arp.ts';
import { formatMac } from '../../../src/wire/ethernet.ts';
import { describeFrame } from '../../../src/wire/frame.ts';
import type { FrameDescription, VrrpDescription } from '../../../src/wire/frame-description.ts';
import { encodeIpv6HeaderInto } from '../../../src/wire/ipv6.ts';
import { encodeUnsolicitedNa } from '../../../src/wire/nd.ts';
import { type Proof, receiveIpv4, receiveIpv6 } from '../../../src/wire/received.ts';
import { encodeAdvertIpv4, encodePayloadIpv6, type Signature } from '../../../src/wire/sent.ts';
import type { AdvertFields } from '../../../src/wire/vrrp.ts';
import { fromHex, type GoldenFrame, goldenFrames } from '../../golden/frames.ts';

const frames = goldenFrames();
const adverts = frames.filter((f) => f.expect.vrrp !== undefined);

const ip = (text: string): Uint8Array => {
  const octets = parseIp(text);
  assert.ok(octets, text);
  return octets;
};
const mac = (text: string): Uint8Array => fromHex(text.replaceAll(':', ''));

function fieldsOf(v: VrrpDescription, family: 4 | 6): AdvertFields {
  const fits = (form: string) => (v.checksum_matches as string[]).includes(form);
  const old = v.version === 3 && family === 4 && !fits('pseudo') && fits('pseudo_mcast_dst');
  return {
    version: v.version === 2 ? 2 : 3,
    vrid: v.vrid,
    priority: v.priority,
    adverIntUs: (v.adver_int_s ?? 0) * 1_000_000 + (v.max_adver_int_cs ?? 0) * 10_000,
    addresses: v.addresses.map(ip),
    authType: v.auth_type ?? 0,
    authData: fromHex(v.auth_data_hex ?? ''),
    checksumForm: old ? 'old-unicast' : 'standard',
  };
}

/** The Ethernet header of `expect` in front of `payload`. */
const framed = ({ eth }: FrameDescription, payload: Uint8Array): string =>
  `${toHex(mac(eth?.dst ?? ''))}${toHex(mac(eth?.src ?? ''))}${(eth?.type ?? '').slice(2)}${toHex(payload)}`;

/** What the sender of the frame signed it with: the key, and the sequence number that the frame shows. */
function signatureOf({ expect, secrets }: GoldenFrame): Signature | undefined {
  if (expect.ah !== undefined)
    return { type: 'ah', key: ahKey(secrets.authPass ?? new Uint8Array(0)), sequence: expect.ah.seq };
  const t = expect.vrrp?.hmac_trailer;
  if (t === undefined) return undefined;
  const key = secrets.keys.get(t.key_id);
  assert.ok(key);
  return { type: 'hmac', key, keyId: t.key_id, seconds: t.sec, subseconds: t.subsec, counter: t.ctr };
}

/** The whole frame from the expected fields, and the key where it is signed. */
function rebuildAdvert(frame: GoldenFrame): string {
  const { expect } = frame;
  const { ip: h, vrrp } = expect;
  assert.ok(h && vrrp);
  const source = ip(h.src);
  const destination = ip(h.dst);
  const signature = signatureOf(frame);
  const advert = { ...fieldsOf(vrrp, h.version), ...(signature === undefined ? {} : { signature }) };
  if (h.version === 4)
    return framed(expect, encodeAdvertIpv4(advert, { id: h.id, ttl: h.ttl, source, destination }, macs));
  const payload = encodePayloadIpv6(advert, source, destination, macs);
  const packet = new Uint8Array(40 + payload.length);
  encodeIpv6HeaderInto(
    {
      trafficClass: Number(h.tclass),
      flowLabel: Number(h.flow),
      nextHeader: 112,
      hopLimit: h.hop_limit,
      source,
      destination,
    },
    packet,
  );
  packet.set(payload, 40);
  return framed(expect, packet);
}

describe('golden frames', () => {
  it('are all there: 322, of every kind', () => {
    const kinds = new Map<string, number>();
    for (const { expect } of frames) kinds.set(expect.kind, (kinds.get(expect.kind) ?? 0) + 1);
    assert.deepEqual(Object.fromEntries(kinds), { vrrp: 225, garp: 52, igmp: 22, na: 23 });
  });

  for (const [form, of] of [
    ['Uint8Array', (b: Uint8Array) => b],
    ['Buffer', (b: Uint8Array) => Buffer.from(b)], // its slice() is a view: nothing may write through it
  ] as const) {
    it(`describe as expected from a ${form}, and the bytes stay as they are`, () => {
      for (const { name, bytes, expect, secrets } of frames) {
        const input = of(bytes);
        assert.deepEqual(describeFrame(input, secrets), expect, name);
        assert.equal(toHex(input), toHex(bytes), name);
      }
    });
  }

  it('without secrets tell no verdicts, and with wrong ones a refusal', () => {
    let signed = 0;
    for (const { name, bytes, expect, secrets } of frames) {
      const plain = describeFrame(bytes);
      assert.equal(plain.ah?.icv_ok, undefined, name);
      assert.equal(plain.vrrp?.hmac_trailer?.hmac_ok, undefined, name);
      const keys = new Map([...secrets.keys].map(([id, key]) => [id, key.map((o) => o ^ 1)]));
      const wrong = describeFrame(bytes, { ...secrets, keys, authPass: new TextEncoder().encode('no') });
      if (expect.ah !== undefined) assert.equal(wrong.ah?.icv_ok, false, name);
      if (expect.vrrp?.hmac_trailer !== undefined)
        assert.equal(wrong.vrrp?.hmac_trailer?.hmac_ok, false, name);
      if (expect.ah !== undefined || expect.vrrp?.hmac_trailer !== undefined) signed++;
    }
    assert.equal(signed, 42);
  });

  it('adverts are rebuilt octet for octet from their fields', () => {
    for (const frame of adverts) assert.equal(rebuildAdvert(frame), toHex(frame.bytes), frame.name);
  });

  it('gratuitous ARPs and unsolicited NAs are rebuilt octet for octet', () => {
    let rebuilt = 0;
    for (const { name, bytes, expect } of frames) {
      if (expect.arp !== undefined) {
        const made = encodeGratuitousArp(mac(expect.arp.sha), ip(expect.arp.spa));
        assert.equal(toHex(made), toHex(bytes), name);
        const arp = decodeArp(bytes.subarray(14));
        assert.ok(arp.ok);
        assert.equal(formatMac(arp.value.sha), expect.arp.sha);
        rebuilt++;
      } else if (expect.na !== undefined && !expect.na.flags.solicited) {
        const made = encodeUnsolicitedNa(
          mac(expect.na.option?.lladdr ?? ''),
          ip(expect.na.target),
          expect.na.flags.router,
        );
        assert.equal(toHex(made), toHex(bytes), name);
        rebuilt++;
      }
    }
    assert.equal(rebuilt, 52 + frames.filter((f) => f.expect.na?.flags.solicited === false).length);
  });

  it('say who announced what: every garp and unsolicited NA, nothing else', () => {
    for (const { name, bytes, expect } of frames) {
      const heard = announcedBy(bytes);
      const want =
        expect.arp !== undefined
          ? { address: expect.arp.spa, mac: expect.arp.sha }
          : expect.na !== undefined && !expect.na.flags.solicited
            ? { address: expect.na.target, mac: expect.na.option?.lladdr }
            : undefined;
      assert.equal(heard === undefined, want === undefined, name);
      if (heard === undefined || want === undefined) continue;
      assert.deepEqual(heard.address, ip(want.address), name);
      assert.equal(formatMac(heard.mac), want.mac, name);
    }
  });
});

/** The form of the sum that the standard, or keepalived where there is none, asks for. */
const sumOf = (v: VrrpDescription, family: 4 | 6): string =>
  family === 4 && v.version === 2
    ? 'no_pseudo'
    : family === 6 && v.hmac_trailer !== undefined
      ? 'pseudo_whole_payload'
      : 'pseudo';

/** The proof is that of the frame, and the key of its sender makes the same hash of the covered octets. */
function provenBy(frame: GoldenFrame, proof: Proof | undefined): boolean {
  const signature = signatureOf(frame);
  if (signature === undefined || proof === undefined) return signature === undefined && proof === undefined;
  if (signature.type === 'ah')
    return (
      proof.type === 'ah' &&
      proof.sequence === signature.sequence &&
      toHex(macs.hmacMd5(signature.key, proof.covered)).startsWith(toHex(proof.icv))
    );
  const { keyId, seconds, subseconds, counter } = signature;
  return (
    proof.type === 'hmac' &&
    toHex(macs.hmacSha256(signature.key, proof.covered)).startsWith(toHex(proof.hmac)) &&
    [proof.keyId, proof.seconds, proof.subseconds, proof.counter].join() ===
      [keyId, seconds, subseconds, counter].join()
  );
}

describe('golden adverts as received', () => {
  for (const frame of adverts) {
    const { name, bytes, expect } = frame;
    const { ip: h, vrrp } = expect;
    assert.ok(h && vrrp);
    const got = (b: Uint8Array) =>
      h.version === 4
        ? receiveIpv4(b.subarray(14))
        : receiveIpv6(b.subarray(54), ip(h.src), ip(h.dst), h.hop_limit);
    it(name, () => {
      const buffer = Buffer.from(bytes); // as raw-socket delivers, and reuses
      const received = got(buffer);
      buffer.fill(0xa5);
      assert.equal(received.source, h.src);
      assert.deepEqual(received.sourceBytes, ip(h.src));
      assert.equal(received.destination, h.dst);
      assert.equal(received.multicast, h.dst === '224.0.0.18' || h.dst === 'ff02::12');
      assert.equal(received.ttl, h.version === 4 ? h.ttl : h.hop_limit);
      assert.equal(received.vrid, vrrp.vrid);
      assert.equal(provenBy(frame, received.proof), true);
      const { checksumForm: _, ...fields } = fieldsOf(vrrp, h.version);
      const fits = (form: string) => (vrrp.checksum_matches as string[]).includes(form);
      assert.deepEqual(received.decoded, {
        ok: true,
        value: {
          ...fields,
          type: vrrp.type,
          checksum: {
            standard: fits(sumOf(vrrp, h.version)),
            noPseudo: fits('no_pseudo'),
            oldUnicast: vrrp.version === 3 && fits('pseudo_mcast_dst'),
          },
          trailer: vrrp.hmac_trailer === undefined ? new Uint8Array(0) : bytes.slice(-28),
        },
      });
    });
  }
});
