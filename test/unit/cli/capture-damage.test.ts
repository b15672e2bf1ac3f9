/** Capture files cut, changed and lying about their lengths: an error with a place, never a crash, never much memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../../src/base/bytes.ts';
import { prng } from '../../../src/base/prng.ts';
import { runDecode } from '../../../src/cli/decode.ts';
import { describeFrame } from '../../../src/wire/frame.ts';
import { goldenFrames } from '../../golden/frames.ts';
import { block, pcap, pcapng, run, type Shot, Writer } from './captures.ts';

const frames = goldenFrames().slice(0, 3);
const shots: Shot[] = frames.map((f) => ({ data: f.bytes, atNs: 0n }));
const wanted = frames.map((f) => JSON.stringify(describeFrame(f.bytes)));
const FORMS: readonly (readonly [string, Uint8Array])[] = [
  ['pcap/little', pcap(shots, true, false)],
  ['pcap/big', pcap(shots, false, true)],
  ['pcapng/little', pcapng(shots, true)],
  ['pcapng/big', pcapng(shots, false)],
  ['hex', Buffer.from(frames.map((f) => `${toHex(f.bytes)}\n`).join(''))],
];
const PLACED = /^vipd decode: f: offset \d+: ./;

describe('damaged captures', () => {
  for (const [name, bytes] of FORMS) {
    it(`${name}: cut at every octet shows a beginning of the frames and at most one mistake`, async () => {
      for (let length = 0; length < bytes.length; length++) {
        const ran = await run({ f: bytes.subarray(0, length) });
        assert.equal(ran.status, ran.err.length, `${length}`);
        for (const line of ran.err) assert.match(line, PLACED);
        const whole = name === 'hex' && ran.err.length === 0 ? ran.out.slice(0, -1) : ran.out;
        assert.deepEqual(whole, wanted.slice(0, whole.length), `${length}`);
      }
    });

    it(`${name}: changed octets never crash it`, async () => {
      const random = prng(7);
      let bad = 0;
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes);
        changed[at] = Math.floor(random() * 256);
        const ran = await run({ f: changed }, { json: at % 2 === 0 });
        assert.equal(ran.status, ran.err.length, `${at}`);
        for (const line of ran.err) assert.match(line, PLACED);
        bad += ran.status;
      }
      assert.ok(bad > 0);
    });
  }
});

describe('lying pcapng blocks', () => {
  const le = () => new Writer(true);
  const section = block(true, 0x0a0d0d0a, le().u32(0x1a2b3c4d).u16(1, 0).u32(0, 0).done());
  const ethernet = block(true, 1, le().u16(1, 0).u32(0).done());
  const LIES: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['section of length 0', le().u32(0x0a0d0d0a, 0, 0x1a2b3c4d).done(), /block length 0/],
    ['section without magic', le().u32(0x0a0d0d0a, 28, 5).done(), /byte-order magic/],
    ['odd block length', Buffer.concat([section, le().u32(5, 13, 0).done()]), /offset 28: block length 13/],
    [
      'packet block of 4 GiB',
      Buffer.concat([section, ethernet, le().u32(6, 0xfffffffc, 0).done()]),
      /offset 48: block of 4294967292 octets, more than/,
    ],
    [
      'packet longer than its block',
      Buffer.concat([section, ethernet, block(true, 6, le().u32(0, 0, 0, 5, 5, 0).done())]),
      /packet of 5 octets in a block with room for 4/,
    ],
    [
      'packet block too short',
      Buffer.concat([section, ethernet, block(true, 6, le().u32(0).done())]),
      /packet block of 4 octets/,
    ],
    [
      'simple packet too short',
      Buffer.concat([section, ethernet, block(true, 3, new Uint8Array(0))]),
      /packet block of 0 octets/,
    ],
    [
      'interface block too short',
      Buffer.concat([section, block(true, 1, le().u32(1).done())]),
      /interface block of 4 octets/,
    ],
    [
      'no such interface',
      Buffer.concat([section, block(true, 6, le().u32(3, 0, 0, 0, 0).done())]),
      /interface 3, which no block describes/,
    ],
    [
      'interfaces without end',
      Buffer.concat([section, ...Array.from({ length: 1025 }, () => ethernet)]),
      /more than 1024 interfaces/,
    ],
  ];
  for (const [name, bytes, message] of LIES) {
    it(name, async () => {
      const ran = await run({ f: bytes });
      assert.equal(ran.status, 1);
      assert.match(ran.err[0] ?? '', message);
    });
  }

  it('an option length beyond its block ends the options', async () => {
    const wild = block(true, 1, le().u16(1, 0).u32(0).u16(9, 0xffff).bytes(new Uint8Array(4)).done());
    const data = shots[0]?.data ?? new Uint8Array(0);
    const simple = block(true, 3, le().u32(data.length).bytes(data).done());
    const ran = await run({ f: Buffer.concat([section, wild, simple]) });
    assert.deepEqual(ran, { status: 0, err: [], out: [wanted[0]] });
  });
});

describe('endless input', () => {
  /** Decodes `head` and then 64 MiB of `fill`; how much of that was taken before the answer. */
  async function feed(head: Uint8Array, fill: number): Promise<{ err: string; taken: number; peak: number }> {
    let taken = 0;
    let peak = 0;
    const chunk = new Uint8Array(65_536).fill(fill);
    async function* open(): AsyncGenerator<Uint8Array> {
      yield head;
      for (let i = 0; i < 1024; i++) {
        taken += chunk.length;
        peak = Math.max(peak, process.memoryUsage().arrayBuffers);
        yield chunk;
      }
    }
    const err: string[] = [];
    const ignore = (): void => undefined;
    await runDecode(['f'], { json: true, keys: new Map() }, ignore, (line) => err.push(line), open);
    return { err: err.join('\n'), taken, peak };
  }

  it('a record that claims 4 GiB is refused unread', async () => {
    const { err, taken } = await feed(pcapRecordOf(0xffffffff), 0);
    assert.match(err, /record of 4294967295 octets/);
    assert.equal(taken, 0);
  });

  it('a line without end is refused', async () => {
    const { err, taken } = await feed(Buffer.from('00'), 0x30);
    assert.match(err, /line of more than 1048576 characters/);
    assert.ok(taken < 2 ** 21, `${taken}`);
  });

  it('an unknown block of 4 GiB is passed over without being held', async () => {
    const section = block(true, 0x0a0d0d0a, new Writer(true).u32(0x1a2b3c4d).u16(1, 0).u32(0, 0).done());
    const before = process.memoryUsage().arrayBuffers;
    const { err, taken, peak } = await feed(
      Buffer.concat([section, new Writer(true).u32(5, 0xfffffffc, 0).done()]),
      0,
    );
    assert.match(err, /offset 28: block cut short/);
    assert.equal(taken, 2 ** 26);
    assert.ok(peak - before < 2 ** 24, `${peak - before} octets held`);
  });
});

function pcapRecordOf(length: number): Uint8Array {
  return new Writer(true)
    .bytes(pcap([], true, false))
    .u32(0, 0, length, length)
    .done();
}
