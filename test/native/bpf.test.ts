/** bpf(2) through the addon. Where this process may not use it, that it says so is what is tested. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  assembleEbpf,
  atomicAdd64,
  call,
  exit,
  FRAME,
  jumpIfNull,
  KTIME_NS,
  loadMap,
  MAP_LOOKUP,
  move,
  packetAt,
  set,
  store32,
  store64,
} from '../../src/io/ebpf.ts';
import { native } from '../../src/native.ts';

const api = native();
const call0 = api as unknown as Record<string, (...a: unknown[]) => unknown>;
const ask = (name: string, ...a: unknown[]): unknown => call0[name]?.(...a);
const FRAME_OF_60 = new Uint8Array(60).fill(7);

/** undefined: bpf(2) works here. */
function refusal(): string | undefined {
  try {
    api.close(api.bpfArray(8, 1).fd);
    return undefined;
  } catch (e) {
    return e instanceof Error && 'code' in e ? String(e.code) : String(e);
  }
}
const refused = refusal();

/** Stores the time and counts, for record 0; lets through the packet's first octet. */
const stamping = (fd: number): Uint8Array =>
  assembleEbpf([
    move(6, 1),
    set(1, 0),
    store32(FRAME, -4, 1),
    move(2, FRAME),
    { code: 0x07, dst: 2, src: 0, offset: 0, imm: -4 },
    loadMap(1, fd),
    call(MAP_LOOKUP),
    jumpIfNull(0, 'out'),
    move(8, 0),
    call(KTIME_NS),
    store64(8, 0, 0),
    set(1, 1),
    atomicAdd64(8, 8, 1),
    'out',
    packetAt('byte', 0),
    exit(),
  ]);

describe('native/bpf', () => {
  it('arguments', () => {
    for (const wrong of [[0, 1], [12, 1], [1 << 17, 1], [8, 0], [8, 1 << 17], ['8', 1], [8], []])
      assert.throws(() => ask('bpfArray', ...wrong), TypeError);
    for (const wrong of [[], ['x'], [new Uint8Array(0)], [new Uint8Array(7)], [new Uint8Array(8 * 4097)]])
      assert.throws(() => ask('bpfFilter', ...wrong), TypeError);
    for (const wrong of [[], [0], [-1, FRAME_OF_60], [0, new Uint8Array(13)], [0, new Uint8Array(20_000)]])
      assert.throws(() => ask('bpfTestRun', ...wrong), TypeError);
    assert.throws(() => api.bpfTestRun(1_000_000, FRAME_OF_60), { syscall: 'bpf' });
  });

  if (refused !== undefined) {
    it(`bpf is refused here (${refused}), with a code`, () => {
      assert.throws(() => api.bpfArray(8, 1), { code: refused, syscall: 'bpf' });
    });
    return;
  }

  it('an array is memory that a program writes to, and outlives its descriptor', () => {
    const { fd, memory } = api.bpfArray(64, 3);
    assert.equal(memory.byteLength % 4096, 0);
    const program = api.bpfFilter(stamping(fd));
    api.close(fd);
    const numbers = new BigUint64Array(memory);
    const beforeNs = process.hrtime.bigint();
    assert.equal(api.bpfTestRun(program, FRAME_OF_60), 7);
    assert.equal(api.bpfTestRun(program, FRAME_OF_60), 7);
    const stamp = numbers[0] as bigint;
    assert.ok(stamp >= beforeNs && stamp <= process.hrtime.bigint(), 'not our clock');
    assert.equal(numbers[1], 2n);
    api.close(program);
    assert.equal(numbers[1], 2n);
  });

  it('what the verifier has against a program', () => {
    // Register 0 was never set.
    assert.throws(
      () => api.bpfFilter(assembleEbpf([exit()])),
      (e) =>
        e instanceof Error && 'code' in e && e.code === 'EACCES' && 'log' in e && /R0/.test(String(e.log)),
    );
  });

  it('no descriptor is left behind', () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let i = 0; i < 20; i++) {
      assert.throws(() => api.bpfFilter(assembleEbpf([exit()])));
      api.close(api.bpfArray(400, 256).fd);
    }
    assert.equal(open(), before);
  });
});
