/** `vipd decode`: every input form gives the same descriptions in order; mistakes name file and offset. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { toHex } from '../../../src/base/bytes.ts';
import { parseKeyOption, runDecode } from '../../../src/cli/decode.ts';
import { describeFrame } from '../../../src/wire/frame.ts';
import { type GoldenFrame, goldenFrames } from '../../golden/frames.ts';
import { pcap, pcapng, run, type Shot } from './captures.ts';

const frames = goldenFrames();
const shots: Shot[] = frames.map((f, i) => ({
  data: f.bytes,
  atNs: 1_795_415_556_123_456_789n + BigInt(i) * 1_000n,
}));
const wanted = frames.map((f) => describeFrame(f.bytes));
const parsed = (lines: readonly string[]): unknown[] => lines.map((l) => JSON.parse(l) as unknown);
const named = (name: string): GoldenFrame => {
  const found = frames.find((f) => f.name === name);
  assert.ok(found, name);
  return found;
};
const advert = named('keepalived-2.2.7/v3-ipv4-mcast/advert-a-1').bytes;
const hex = toHex(advert);

describe('decode/formats', () => {
  for (const littleEndian of [true, false]) {
    for (const nano of [true, false]) {
      it(`pcap/${littleEndian ? 'little' : 'big'}/${nano ? 'nanoseconds' : 'microseconds'}`, async () => {
        for (const chunk of [11, 65_536]) {
          const ran = await run({ f: pcap(shots, littleEndian, nano) }, {}, chunk);
          assert.deepEqual(ran.err, []);
          assert.equal(ran.status, 0);
          assert.deepEqual(parsed(ran.out), wanted);
        }
        const lines = await run({ f: pcap(shots.slice(0, 1), littleEndian, nano) }, { json: false });
        assert.match(lines.out[0] ?? '', /^2026-11-23T06:32:36\.123456Z {2}/);
      });
    }
    it(`pcapng/${littleEndian ? 'little' : 'big'}`, async () => {
      for (const chunk of [13, 65_536]) {
        const ran = await run({ f: pcapng(shots, littleEndian) }, {}, chunk);
        assert.deepEqual(ran.err, []);
        assert.deepEqual(parsed(ran.out), wanted);
      }
      const lines = await run({ f: pcapng(shots.slice(0, 2), littleEndian) }, { json: false });
      assert.match(lines.out[0] ?? '', /^2026-11-23T06:32:36\.123456Z {2}/);
      assert.match(lines.out[1] ?? '', /^- {2}/); // a simple packet block has no time
    });
  }

  it('two pcapng sections, of either byte order', async () => {
    const half = shots.slice(0, 3);
    const ran = await run({ f: Buffer.concat([pcapng(half, true), pcapng(half, false)]) });
    assert.deepEqual(parsed(ran.out), [...wanted.slice(0, 3), ...wanted.slice(0, 3)]);
  });

  it('pcap/raw IP and Linux cooked link types', async () => {
    const { eth: _, len: __, ...rest } = describeFrame(advert);
    const payload = advert.subarray(14);
    const raw = await run({ f: pcap([{ data: payload, atNs: 0n }], true, false, 101) });
    assert.deepEqual(parsed(raw.out), [{ ...rest, len: payload.length }]);
    const cooked = new Uint8Array([...new Uint8Array(14), 0x08, 0x00, ...payload]);
    const sll = await run({ f: pcap([{ data: cooked, atNs: 0n }], true, false, 113) });
    assert.deepEqual(parsed(sll.out), [{ ...rest, len: cooked.length }]);
    const other = await run({ f: pcap([{ data: cooked, atNs: 0n }], true, false, 147) });
    assert.deepEqual(parsed(other.out), [
      { len: cooked.length, kind: 'link-147', error: 'link type 147 is not known' },
    ]);
  });

  it('a capture that tcpdump wrote: every golden frame of the scenario is in it', async () => {
    const file = 'test/golden/keepalived-2.2.7-v3-ipv4-mcast.pcap';
    const ran = await run({ [file]: readFileSync(file) });
    assert.equal(ran.status, 0);
    assert.equal(ran.out.length, 25);
    for (const f of frames.filter((g) => g.name.startsWith('keepalived-2.2.7/v3-ipv4-mcast/')))
      assert.ok(ran.out.includes(JSON.stringify(describeFrame(f.bytes))), f.name);
  });
});

/** `hexdump -C` and the like of `bytes`, 16 to a line. */
function dump(bytes: Uint8Array, line: (at: number, octets: string[], ascii: string) => string): string {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const ascii = [...part].map((o) => (o > 0x20 && o < 0x7f ? String.fromCharCode(o) : '.')).join('');
    out.push(
      line(
        at,
        [...part].map((o) => toHex(Uint8Array.of(o))),
        ascii,
      ),
    );
  }
  return `${out.join('\n')}\n`;
}
const offset = (at: number, digits: number): string => at.toString(16).padStart(digits, '0');
const pairs = (octets: string[]): string => octets.join('').replace(/(.{4})(?=.)/g, '$1 ');

describe('decode/hex', () => {
  const one = [describeFrame(advert)];
  const two = [...one, ...one];
  const xxd = dump(advert, (at, o, a) => `${offset(at, 8)}: ${pairs(o).padEnd(40)} ${a}`);
  const hexdump = `${dump(advert, (at, o, a) => `${offset(at, 8)}  ${o.slice(0, 8).join(' ')}  ${o.slice(8).join(' ')}  |${a}|`)}${offset(advert.length, 8)}\n`;
  const wireshark = dump(advert, (at, o, a) => `${offset(at, 4)}   ${o.join(' ').padEnd(48)}  ${a}`);
  const tcpdump = dump(advert, (at, o) => `\t0x${offset(at, 4)}:  ${pairs(o)}`);
  const wrapped = hex.replace(/(.{60})/g, '$1\n');
  const ROWS: readonly (readonly [string, string, unknown[]])[] = [
    ['one line without an end', hex, one],
    ['upper case, CR LF', `${hex.toUpperCase()}\r\n`, one],
    ['blanks between octets', hex.replace(/(..)/g, '$1 '), one],
    ['colons between octets', hex.replace(/(..)(?=.)/g, '$1:'), one],
    ['0x in front', `0x${hex}`, one],
    ['a frame a line', `${hex}\n${hex}\n`, two],
    ['comments and empty lines', `# a\n\n${hex} # b\n; c\n// d\n\n${hex}//e\n`, two],
    ['xxd -p, wrapped at 60 digits', `${wrapped}\n${wrapped}\n`, two],
    ['xxd -p, an empty line between', `${wrapped}\n\n${wrapped}\n`, two],
    ['xxd', xxd, one],
    ['xxd, twice', `${xxd}${xxd}`, two],
    ['hexdump -C', hexdump, one],
    ['hexdump -C, twice', `${hexdump}${hexdump}`, two],
    ['Wireshark', `${wireshark}\n${wireshark}`, two],
    ['tcpdump -xx', `${tcpdump}${tcpdump}`, two],
    [
      'a cut frame and a whole one',
      `${hex.slice(0, 40)}\n${hex}\n`,
      [describeFrame(advert.subarray(0, 20)), ...one],
    ],
  ];
  for (const [name, text, want] of ROWS) {
    it(name, async () => {
      for (const chunk of [1, 17, 65_536]) {
        const ran = await run({ f: text }, {}, chunk);
        assert.deepEqual(ran.err, []);
        assert.deepEqual(parsed(ran.out), want);
      }
    });
  }

  it('a packet without an Ethernet header is known by its lengths', async () => {
    const ran = await run({ f: toHex(advert.subarray(14)) });
    const { eth: _, len: __, ...rest } = describeFrame(advert);
    assert.deepEqual(parsed(ran.out), [{ ...rest, len: advert.length - 14 }]);
  });

  it('all golden frames in one file', async () => {
    const ran = await run({ f: frames.map((f) => toHex(f.bytes)).join('\n') });
    assert.deepEqual(parsed(ran.out), wanted);
  });
});

describe('decode/mistakes', () => {
  const good = pcap(shots.slice(0, 2), true, false);
  const ROWS: readonly (readonly [string, Uint8Array | string, number, RegExp])[] = [
    ['empty file', '', 0, /^vipd decode: f: offset 0: the file is empty$/],
    [
      'something else',
      Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1),
      0,
      /offset 0: neither pcap, pcapng nor hex/,
    ],
    ['pcap header cut', good.subarray(0, 20), 0, /offset 0: pcap header: 20 octets of 24/],
    ['record header cut', good.subarray(0, 24 + 16 + 54 + 9), 1, /offset 94: record header: 9 octets of 16/],
    ['record cut', good.subarray(0, good.length - 1), 1, /offset 94: record cut short: 53 octets of 54/],
    [
      'record longer than any',
      withU32(good, 24 + 8, 262_145),
      0,
      /offset 24: record of 262145 octets, more than 262144/,
    ],
    ['record of 4 GiB', withU32(good, 24 + 8, 0xffffffff), 0, /offset 24: record of 4294967295 octets/],
    ['no digit', `${hex}\n\nzz\n`, 1, /offset 94: "z" is not a hex digit/],
    ['half an octet', `${hex}\nabc\n`, 1, /offset 93: odd number of hex digits \(3\)/],
    ['a gap in the offsets', '0000: 0102\n0010: 0304\n', 0, /offset 11: hex offset 16 follows 2 octets/],
  ];
  for (const [name, file, packets, message] of ROWS) {
    it(name, async () => {
      const ran = await run({ f: file, next: hex });
      assert.equal(ran.status, 1);
      assert.equal(ran.err.length, 1);
      assert.match(ran.err[0] ?? '', message);
      // The frames in front of the mistake and the next file are shown all the same.
      assert.equal(ran.out.length, packets + 1);
      assert.deepEqual(JSON.parse(ran.out.at(-1) ?? ''), describeFrame(advert));
    });
  }

  it('a file that is not there and a directory, with the real file system', async () => {
    const err: string[] = [];
    const out: string[] = [];
    const status = await runDecode(
      ['test/golden/none', 'test/golden', 'test/golden/keepalived-2.2.7-v3-ipv4-mcast.pcap'],
      { json: true, keys: new Map() },
      (line) => out.push(line),
      (line) => err.push(line),
    );
    assert.equal(status, 1);
    assert.match(err[0] ?? '', /test\/golden\/none: ENOENT/);
    assert.match(err[1] ?? '', /test\/golden: EISDIR/);
    assert.equal(out.length, 25);
  });

  it('a damaged frame is a result, not a bad file', async () => {
    const ran = await run({ f: hex.slice(0, 60) });
    assert.equal(ran.status, 0);
    assert.match(String((JSON.parse(ran.out[0] ?? '') as { error: string }).error), /IPv4: truncated/);
  });
});

function withU32(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const out = Buffer.from(bytes);
  out.writeUInt32LE(value, at);
  return out;
}

describe('decode/keys', () => {
  it('verify HMAC and AH, in JSON and in words', async () => {
    const signed = named('keepalived-2.4.3/hmac-v3-ipv6-mcast/advert-a-1');
    const ah = named('keepalived-2.2.7/v2-mcast-ah/advert-a-1');
    const file = { f: `${toHex(signed.bytes)}\n${toHex(ah.bytes)}\n` };
    const keys = signed.secrets.keys;
    const json = await run(file, { keys, authPass: 'ahkey' });
    assert.deepEqual(parsed(json.out), [signed.expect, ah.expect]);
    const words = await run(file, { json: false, keys, authPass: 'ahkey' });
    assert.match(words.out[0] ?? '', /HMAC key 1 ok {2}checksum ok$/);
    assert.match(words.out[1] ?? '', /AH sequence 1 ok {2}checksum ok$/);
    const wrong = await run(file, { json: false, keys: new Map([[1, new Uint8Array(32)]]), authPass: 'x' });
    assert.match(wrong.out[0] ?? '', /HMAC key 1 BAD/);
    assert.match(wrong.out[1] ?? '', /AH sequence 1 BAD/);
  });

  it('--key ID=HEX', () => {
    const key = '00'.repeat(32);
    assert.deepEqual(parseKeyOption(`7=${key}`), { id: 7, key: new Uint8Array(32) });
    assert.deepEqual(parseKeyOption(`255=hex:${key}`), { id: 255, key: new Uint8Array(32) });
    for (const text of [
      '',
      '7',
      `0=${key}`,
      `256=${key}`,
      `7=${key}0`,
      '7=00',
      `7=${key}${key}00`,
      `x=${key}`,
    ])
      assert.equal(typeof parseKeyOption(text), 'string', text);
  });
});

describe('decode/words', () => {
  const line = async (bytes: Uint8Array): Promise<string> =>
    (await run({ f: toHex(bytes) }, { json: false })).out[0] ?? '';
  const ROWS: readonly (readonly [string, string])[] = [
    [
      'v2-mcast-pass/advert-a-1',
      '-  192.0.2.10 > 224.0.0.18  VRRPv2  vrid 51  priority 200  interval 1s  addresses 192.0.2.100  auth password  checksum ok',
    ],
    [
      'v3-ipv4-centisec-001/advert-a-1',
      '-  192.0.2.10 > 224.0.0.18  VRRPv3  vrid 51  priority 200  interval 0.01s  addresses 192.0.2.100  checksum ok',
    ],
    [
      'v3-ipv4-ucast-old-checksum/advert-a-1',
      '-  192.0.2.10 > 192.0.2.20  VRRPv3  vrid 51  priority 200  interval 1s  addresses 192.0.2.100  checksum ok in the old unicast form (old_unicast_checksum)',
    ],
    [
      'v2-mcast-noauth/garp-a-192_0_2_100',
      '-  02:00:00:00:00:0a > ff:ff:ff:ff:ff:ff  gratuitous ARP  192.0.2.100 is at 02:00:00:00:00:0a',
    ],
    ['v2-mcast-noauth/igmp-a', '-  192.0.2.20 > 224.0.0.22  IGMP v3 report'],
  ];
  for (const [name, want] of ROWS)
    it(name, async () => assert.equal(await line(named(`keepalived-2.2.7/${name}`).bytes), want));

  it('a changed octet is a bad checksum, of the header or of the message', async () => {
    assert.match(await line(advert.with(14 + 20 + 2, 1)), /priority 1 .*checksum BAD$/);
    assert.match(await line(advert.with(14 + 8, 64)), /ttl 64 .*checksum ok {2}IP header checksum BAD$/);
  });

  it('a cut frame says where', async () => {
    assert.match(await line(advert.subarray(0, 44)), /\[IPv4: truncated, got 30, want 32\]$/);
  });
});
