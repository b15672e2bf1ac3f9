/** Captured frames cut at every octet and with octets changed: no decoder throws, reads beside the frame or believes them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIp } from '../../../src/base/ip.ts';
import { prng } from '../../../src/base/prng.ts';
import { announcedBy } from '../../../src/wire/announced.ts';
import { describeFrame } from '../../../src/wire/frame.ts';
import { decodeIpv4 } from '../../../src/wire/ipv4.ts';
import { peekVridIpv4, receiveIpv4, receiveIpv6 } from '../../../src/wire/received.ts';
import { type AdvertError, decodeVrrp } from '../../../src/wire/vrrp.ts';
import { type GoldenFrame, goldenFrames } from '../../golden/frames.ts';

const frames = goldenFrames();

/** The same octets with others on both sides: what a decoder that leaves its view would see. */
function surrounded(bytes: Uint8Array, filler: number): Uint8Array {
  const arena = new Uint8Array(bytes.length + 512).fill(filler);
  arena.set(bytes, 256);
  return arena.subarray(256, 256 + bytes.length);
}

/** Everything that all decoders have to say about a frame, as text: quick to compare. */
function readings(bytes: Uint8Array, { secrets }: GoldenFrame): string {
  const any = new Uint8Array(16);
  return JSON.stringify([
    describeFrame(bytes, secrets),
    announcedBy(bytes),
    decodeIpv4(bytes.subarray(14)),
    receiveIpv4(bytes.subarray(14)),
    peekVridIpv4(bytes.subarray(14)),
    receiveIpv6(bytes.subarray(54), any, any, 255),
    decodeVrrp(bytes.subarray(34), 4, any.subarray(0, 4), any.subarray(0, 4)),
  ]);
}

type Message = { pdu: Uint8Array; family: 4 | 6; source: Uint8Array; destination: Uint8Array };

/** Where the VRRP message stands in the frame, and its addresses; undefined where no plain checksum covers it. */
function message({ bytes, expect }: GoldenFrame): Message | undefined {
  const { ip, vrrp, ah } = expect;
  if (ip === undefined || vrrp === undefined) return undefined;
  // Over IPv6 the kernel's sum covers a trailer as well: the message alone never fits it.
  if (ip.version === 6 && vrrp.hmac_trailer !== undefined) return undefined;
  const at = 14 + (ip.version === 4 ? ip.ihl + (ah === undefined ? 0 : 24) : 40);
  const source = parseIp(ip.src);
  const destination = parseIp(ip.dst);
  assert.ok(source && destination);
  return { pdu: bytes.slice(at, at + vrrp.pdu_len), family: ip.version, source, destination };
}

describe('cut frames', () => {
  it('of every length describe with an error, and nothing beside them is read', () => {
    for (const frame of frames) {
      for (let length = 0; length < frame.bytes.length; length++) {
        const cut = frame.bytes.subarray(0, length);
        const seen = readings(surrounded(cut, 0), frame);
        assert.equal(readings(surrounded(cut, 0xff), frame), seen, `${frame.name} cut at ${length}`);
        const description = describeFrame(cut, frame.secrets);
        assert.equal(typeof description.error, 'string', `${frame.name} cut at ${length}`);
        assert.equal(description.len, length);
      }
    }
  });

  it('of the message alone are structural errors at every length', () => {
    for (const frame of frames) {
      const m: Message | undefined = message(frame);
      if (m === undefined) continue;
      for (let length = 0; length < m.pdu.length; length++) {
        const got = decodeVrrp(m.pdu.subarray(0, length), m.family, m.source, m.destination);
        const error: AdvertError =
          length < 8
            ? { code: 'truncated', got: length, want: 8 }
            : { code: 'length', got: length, want: m.pdu.length };
        assert.deepEqual(got, { ok: false, error }, `${frame.name} cut at ${length}`);
      }
    }
  });
});

describe('changed frames', () => {
  it('any octet, seeded values: no decoder throws or reads beside the frame', () => {
    const random = prng(20_051);
    for (const frame of frames) {
      for (let at = 0; at < frame.bytes.length; at++) {
        const changed = frame.bytes.slice();
        changed[at] = (changed[at] as number) ^ (1 + Math.floor(random() * 255));
        const seen = readings(surrounded(changed, 0), frame);
        assert.equal(readings(surrounded(changed, 0xff), frame), seen, `${frame.name} at ${at}`);
      }
    }
  });

  it('any octet of the message, all 255 values: a structural error or a checksum that does not fit', () => {
    // One changed octet moves the sum by less than 65535, so RFC 1071 always sees it.
    let tried = 0;
    const distinct = new Map(frames.map((f) => [f.expect.vrrp?.checksum ?? f.name, f]));
    for (const frame of distinct.values()) {
      const m: Message | undefined = message(frame);
      if (m === undefined) continue;
      assert.ok(believed(m.pdu, m), frame.name);
      for (let at = 0; at < m.pdu.length; at++) {
        const original = m.pdu[at] as number;
        for (let value = 0; value < 256; value++) {
          if (value === original) continue;
          m.pdu[at] = value;
          assert.equal(believed(m.pdu, m), false, `${frame.name} octet ${at} = ${value}`);
          tried++;
        }
        m.pdu[at] = original;
      }
    }
    assert.ok(tried > 200_000, `${tried}`);
  });

  it('a word 0x0000 turned into 0xffff is the change that the sum cannot see, and the only one of a word', () => {
    let unseen = 0;
    for (const frame of frames) {
      const m: Message | undefined = message(frame);
      if (m === undefined) continue;
      for (let at = 0; at < m.pdu.length; at += 2) {
        const changed: Uint8Array = m.pdu.slice();
        changed[at] = (changed[at] as number) ^ 0xff;
        changed[at + 1] = (changed[at + 1] as number) ^ 0xff;
        const word: number = ((m.pdu[at] as number) << 8) | (m.pdu[at + 1] as number);
        const blind: boolean = word === 0x0000 || word === 0xffff;
        const structural: boolean = !decodeVrrp(changed, m.family, m.source, m.destination).ok;
        assert.equal(believed(changed, m), blind && !structural, `${frame.name} word at ${at}`);
        if (blind && !structural) unseen++;
      }
    }
    assert.ok(unseen > 0);
  });
});

/** Decoded, and a checksum rule that the original obeys is obeyed. */
function believed(pdu: Uint8Array, m: Message): boolean {
  const got = decodeVrrp(pdu, m.family, m.source, m.destination);
  return got.ok && (got.value.checksum.standard || got.value.checksum.oldUnicast);
}
