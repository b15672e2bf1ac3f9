/** Bytes of requests against hand-written ones; decoders against truncated, foreign and random bytes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toHex } from '../../../../src/base/bytes.ts';
import {
  decodeAck,
  decodeAddress,
  decodeLink,
  encodeAddAddress,
  encodeAddressDump,
  encodeDeleteAddress,
  encodeDeleteLink,
  encodeLinkDump,
  encodeMessage,
  type Request,
  splitDatagram,
} from '../../../../src/io/netlink/messages.ts';
import type { AddressRequest } from '../../../../src/ports/netlink.ts';
import { ack, attr, IFF, ipv4Body, linkAttributes, linkBody, message, text, u16, u32 } from './fake.ts';

const V4: AddressRequest = {
  family: 4,
  bytes: Uint8Array.from([192, 0, 2, 100]),
  prefixLength: 24,
  interfaceIndex: 3,
  scope: 0,
};
const V6: AddressRequest = {
  family: 6,
  bytes: Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
  prefixLength: 64,
  interfaceIndex: 3,
  scope: 0,
};
const V6_HEX = '20010db8000000000000000000000001';
const SEQ = '0a000000';
const hex = (r: Request): string => toHex(Buffer.concat(encodeMessage(r, 10)));
/** nlmsghdr of RTM_NEWADDR or RTM_DELADDR with REQUEST|ACK only. */
const head = (length: number, type: number): string =>
  `${length.toString(16).padStart(2, '0')}000000${type.toString(16)}000500${SEQ}00000000`;

describe('requests', () => {
  const rows: readonly [string, Request, string][] = [
    [
      'IPv4: IFA_LOCAL and IFA_PROTO only',
      encodeAddAddress(V4, true),
      `${head(40, 20)}0218000003000000 08000200c0000264 05000b0012000000`,
    ],
    [
      'IPv4 without the mark',
      encodeAddAddress(V4, false),
      `${head(32, 20)}0218000003000000 08000200c0000264`,
    ],
    [
      'IPv4: peer gives the prefix length, broadcast, label and scope',
      encodeAddAddress(
        {
          ...V4,
          scope: 253,
          label: 'eth0:1',
          broadcast: Uint8Array.from([192, 0, 2, 255]),
          peer: { bytes: Uint8Array.from([10, 0, 0, 9]), prefixLength: 32 },
        },
        false,
      ),
      `${head(60, 20)}022000fd03000000 08000200c0000264 080001000a000009 08000400c00002ff 0b000300657468303a310000`,
    ],
    [
      'IPv6: IFA_F_NODAD, for ever',
      encodeAddAddress(V6, true),
      `${head(60, 20)}0a40020003000000 14000200${V6_HEX} 0800080002000000 05000b0012000000`,
    ],
    [
      'IPv6 /128: preferred lifetime 0, no scope, no label',
      encodeAddAddress({ ...V6, prefixLength: 128, scope: 253, label: 'x' }, false),
      `${head(72, 20)}0a80020003000000 14000200${V6_HEX} 1400060000000000ffffffff0000000000000000 0800080002000000`,
    ],
    [
      'IPv6: flags and lifetime as asked',
      encodeAddAddress({ ...V6, flags: 0x200, preferredLifetimeS: 60 }, false),
      `${head(72, 20)}0a40000003000000 14000200${V6_HEX} 140006003c000000ffffffff0000000000000000 0800080000020000`,
    ],
    [
      'delete IPv4: IFA_LOCAL and IFA_ADDRESS',
      encodeDeleteAddress(V4),
      `${head(40, 21)}0218000003000000 08000200c0000264 08000100c0000264`,
    ],
    [
      'delete IPv4 with a peer',
      encodeDeleteAddress({ ...V4, peer: { bytes: Uint8Array.from([10, 0, 0, 9]), prefixLength: 32 } }),
      `${head(40, 21)}0220000003000000 08000200c0000264 080001000a000009`,
    ],
    ['delete IPv6: IFA_LOCAL', encodeDeleteAddress(V6), `${head(44, 21)}0a40000003000000 14000200${V6_HEX}`],
    [
      'delete a link by name',
      encodeDeleteLink('vrrp.51'),
      `${head(44, 17)}00000000000000000000000000000000 0c000300767272702e353100`,
    ],
    [
      'dump of links without counters',
      encodeLinkDump(),
      `28000000120001030a00000000000000 00000000000000000000000000000000 08001d0008000000`,
    ],
    ['dump of IPv6 addresses', encodeAddressDump(6), `18000000160001030a00000000000000 0a00000000000000`],
  ];
  for (const [name, request, want] of rows)
    it(name, () => {
      assert.equal(hex(request), want.replaceAll(' ', ''));
    });
});

it('octets that are not of the family are a programming error', () => {
  assert.throws(() => encodeAddAddress({ ...V4, bytes: V6.bytes }, true), /4 or 16 octets/);
  assert.throws(() => encodeDeleteAddress({ ...V6, bytes: V4.bytes }), /4 or 16 octets/);
  assert.throws(
    () => encodeAddAddress({ ...V4, peer: { bytes: V6.bytes, prefixLength: 32 } }, true),
    /4 or 16 octets/,
  );
});

const buffer = (bytes: readonly number[]): Buffer => Buffer.from(bytes);
const firstAck = (bytes: readonly number[]) => {
  const m = splitDatagram(buffer(bytes)).messages[0];
  assert.ok(m);
  return decodeAck(m);
};

describe('datagrams', () => {
  const one = message(16, 0, 1, [1, 2, 3, 4]);
  it('holds several messages', () => {
    const got = splitDatagram(buffer([...one, ...message(17, 2, 9, [])]));
    assert.deepEqual(
      got.messages.map((m) => [m.type, m.flags, m.seq, [...m.data]]),
      [
        [16, 0, 1, [1, 2, 3, 4]],
        [17, 2, 9, []],
      ],
    );
    assert.equal(got.whole, true);
  });
  it('keeps what came before garbage', () => {
    for (const tail of [
      [1],
      u32(15),
      [...u32(17), ...Array<number>(12).fill(0)],
      [...u32(0xffffffff), ...u32(0)],
    ]) {
      const got = splitDatagram(buffer([...one, ...tail]));
      assert.equal(got.messages.length, 1);
      assert.equal(got.whole, false);
    }
  });
});

describe('acknowledgements', () => {
  const tlv = [...attr(2, u32(4)), ...attr(1, text('ipv4: Device not found'))];
  it('success and errno', () => {
    assert.deepEqual(firstAck(ack(7)), { seq: 7, errno: 0, text: '' });
    assert.deepEqual(firstAck(ack(8, 17)), { seq: 8, errno: 17, text: '' });
  });
  it('extended text after a capped and after a whole request', () => {
    assert.equal((firstAck(ack(7, 19, tlv)) as { text: string }).text, 'ipv4: Device not found');
    const original = [...u32(24), ...u16(20), ...u16(5), ...u32(7), ...u32(0), ...u32(1), ...u32(2)];
    const whole = message(2, 0x200, 7, [...u32(-19 >>> 0), ...original, ...tlv]);
    assert.deepEqual(firstAck(whole), { seq: 7, errno: 19, text: 'ipv4: Device not found' });
  });
  it('cut short: refused; broken text: the errno still counts', () => {
    assert.equal(firstAck(message(2, 0, 7, u32(0))), 'garbage');
    assert.deepEqual(firstAck(ack(7, 19, u32(0xffff))), { seq: 7, errno: 19, text: '' });
  });
});

describe('links', () => {
  it('flags, name, MTU and MAC', () => {
    const flags = IFF.up | IFF.running | IFF.multicast;
    assert.deepEqual(decodeLink(buffer(linkBody(5, flags, linkAttributes('eth0', 9000)))), {
      index: 5,
      up: true,
      running: true,
      loopback: false,
      multicast: true,
      noArp: false,
      name: 'eth0',
      mtu: 9000,
      mac: Uint8Array.from([2, 0, 0, 0, 0, 1]),
    });
  });
  it('a hardware address of another length is no MAC', () => {
    const got = decodeLink(buffer(linkBody(5, IFF.noArp, linkAttributes('tun0', 1400, [10, 0, 0, 1]))));
    assert.ok(typeof got !== 'string');
    assert.deepEqual([got.noArp, got.mac], [true, new Uint8Array(0)]);
  });
  it('a bridge port (AF_BRIDGE) is none of ours', () => {
    assert.equal(decodeLink(buffer(linkBody(5, 0, linkAttributes('eth0'), 7))), 'other');
  });
  it('truncated anywhere: refused', () => {
    const whole = linkBody(5, 0, linkAttributes('eth0'));
    for (const length of [0, 1, 15, 17, 18, 19, 21, whole.length - 5])
      assert.equal(decodeLink(buffer(whole.slice(0, length))), 'garbage', `${length} octets`);
    assert.equal(decodeLink(buffer(linkBody(5, 0, attr(4, [1, 2])))), 'garbage');
  });
});

describe('addresses', () => {
  it('IPv4 with label, long flags and mark', () => {
    const extra = [...attr(3, text('eth0:1')), ...attr(8, u32(0x201)), ...attr(11, [18])];
    assert.deepEqual(decodeAddress(buffer(ipv4Body(4, [192, 0, 2, 7], extra))), {
      family: 4,
      bytes: Uint8Array.from([192, 0, 2, 7]),
      prefixLength: 24,
      interfaceIndex: 4,
      scope: 0,
      label: 'eth0:1',
      flags: 0x201,
      protocol: 18,
    });
  });
  it('a peer, and an IPv6 address without IFA_LOCAL', () => {
    const peer = [2, 32, 0x80, 253, ...u32(4), ...attr(1, [10, 0, 0, 9]), ...attr(2, [192, 0, 2, 7])];
    const got = decodeAddress(buffer(peer));
    assert.ok(typeof got !== 'string');
    assert.deepEqual([got.peer, got.prefixLength, got.scope], [Uint8Array.from([10, 0, 0, 9]), 32, 253]);
    const six = decodeAddress(buffer([10, 64, 0xa0, 0, ...u32(4), ...attr(1, [...V6.bytes])]));
    assert.ok(typeof six !== 'string');
    assert.deepEqual([six.family, six.bytes, six.flags, six.peer], [6, V6.bytes, 0xa0, undefined]);
  });
  it('another family; too short; of the wrong length; none at all', () => {
    assert.equal(decodeAddress(buffer([7, 24, 0, 0, ...u32(4)])), 'other');
    assert.equal(decodeAddress(buffer([2, 24, 0])), 'garbage');
    assert.equal(decodeAddress(buffer([2, 24, 0, 0, ...u32(4)])), 'garbage');
    assert.equal(decodeAddress(buffer(ipv4Body(4, [192, 0, 2]))), 'garbage');
    assert.equal(decodeAddress(buffer(ipv4Body(4, [192, 0, 2, 7], attr(11, [1, 2])))), 'garbage');
  });
  it('does not keep the receive buffer', () => {
    const data = buffer(ipv4Body(4, [192, 0, 2, 7]));
    const got = decodeAddress(data);
    data.fill(0);
    assert.ok(typeof got !== 'string');
    assert.deepEqual(got.bytes, Uint8Array.from([192, 0, 2, 7]));
  });
});

it('decoders are total: random and damaged bytes', () => {
  const valid = buffer([
    ...message(16, 0, 1, linkBody(5, 1, linkAttributes('eth0'))),
    ...message(20, 0, 2, ipv4Body(4, [192, 0, 2, 7], attr(3, text('eth0')))),
    ...ack(3, 17, attr(1, text('no'))),
  ]);
  const damaged = fc
    .array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 })
    .map((changes) => {
      const copy = Buffer.from(valid);
      for (const [at, value] of changes) copy[at] = value;
      return copy;
    });
  const random = fc.uint8Array({ maxLength: 120 }).map((b) => Buffer.from(b));
  fc.assert(
    fc.property(fc.oneof(damaged, random), (data) => {
      for (const m of splitDatagram(data).messages) {
        decodeAck(m);
        decodeLink(m.data);
        decodeAddress(m.data);
      }
      decodeLink(data);
      decodeAddress(data);
    }),
    { seed: 7, numRuns: 3000 },
  );
});
