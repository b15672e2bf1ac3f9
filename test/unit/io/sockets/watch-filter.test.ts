/**
 * The watch filter, run by the kernel (BPF_PROG_TEST_RUN) over random packets, against a reference of the same comparison;
 * and against the classic filter, with which it must agree on everything that nobody watches.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prng } from '../../../../src/base/prng.ts';
import { advertFilter, advertFilter6 } from '../../../../src/io/sockets/advert-filter.ts';
import { MOST_WATCHED_BYTES, RECORD_BYTES, watchFilter } from '../../../../src/io/sockets/watch-filter.ts';
import { canWatch, type Watched, WatchRecord } from '../../../../src/io/sockets/watch-record.ts';
import { native } from '../../../../src/native.ts';
import { runBpf } from '../bpf-machine.ts';

const api = native();

function obstacle(): string | false {
  try {
    api.close(api.bpfArray(8, 1).fd);
    return false;
  } catch (e) {
    return `bpf(2) is refused here: ${e instanceof Error ? e.message : String(e)}`;
  }
}
const skip = obstacle();

const LOWEST = 50;
const VRIDS = [50, 51, 53]; // and not 52, in between
const RECORDS = 4;
const GROUP_4 = Uint8Array.of(224, 0, 0, 18);
const OURS_4 = Uint8Array.of(192, 0, 2, 7);
const GROUP_6 = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);
const ROUNDS = 3000;

type Kind = {
  readonly family: 4 | 6;
  readonly mode: 'multicast' | 'unicast';
  readonly destination: Uint8Array;
};
const KINDS: Readonly<Record<string, Kind>> = {
  'IPv4 multicast': { family: 4, mode: 'multicast', destination: GROUP_4 },
  'IPv4 unicast': { family: 4, mode: 'unicast', destination: OURS_4 },
  IPv6: { family: 6, mode: 'multicast', destination: GROUP_6 },
};

type Packet = {
  readonly header: Uint8Array; // IPv4 or IPv6, options included
  readonly message: Uint8Array;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly ttl: number;
  readonly plain: boolean; // no options, no extension headers
};

/** Of a random byte source; often one that is watched, often nearly so. */
class Packets {
  readonly #random: () => number;
  readonly #kind: Kind;
  constructor(seed: number, kind: Kind) {
    this.#random = prng(seed);
    this.#kind = kind;
  }
  below(n: number): number {
    return Math.floor(this.#random() * n);
  }
  octets(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => this.below(256));
  }
  #rarely<T>(value: T, other: () => T): T {
    return this.below(12) === 0 ? other() : value;
  }
  /** As one that came before, or with one thing changed. */
  like(w: Watched, destination: Uint8Array, options = 0): Packet {
    const bit = (x: Uint8Array) => {
      const out = x.slice();
      const at = this.below(out.length);
      out[at] = (out[at] as number) ^ (1 << this.below(8));
      return out;
    };
    const length = () =>
      this.below(2) === 0
        ? w.message.subarray(0, this.below(w.message.length + 1))
        : join(w.message, this.octets(1 + this.below(8)));
    const message = this.#rarely(
      this.#rarely(w.message, () => bit(w.message)),
      length,
    );
    return packet({
      message,
      source: this.#rarely(w.source, () => bit(w.source)),
      destination: this.#rarely(destination, () => bit(destination)),
      ttl: this.#rarely(w.ttl, () => this.below(256)),
      options,
    });
  }
  watched(vrid: number): Watched {
    const length = [8, 12, 16, 20, 24, 28, 40, 88, 328, MOST_WATCHED_BYTES][this.below(10)] as number;
    const message = this.octets(length);
    message[1] = vrid;
    const multicast = this.#kind.family === 4 && this.#kind.mode === 'multicast';
    return {
      message,
      source: this.octets(this.#kind.family === 4 ? 4 : 16),
      ttl: multicast ? 255 : this.below(256),
    };
  }
}

function packet(p: {
  message: Uint8Array;
  source: Uint8Array;
  destination: Uint8Array;
  ttl: number;
  options: number;
}): Packet {
  const { source, destination, ttl, message } = p;
  if (source.length === 4) {
    const header = new Uint8Array(20 + p.options);
    const total = header.length + message.length;
    header.set([0x40 | (header.length / 4), 0xc0, total >> 8, total & 255, 1, 2, 0, 0, ttl, 112, 3, 4]);
    header.set(source, 12);
    header.set(destination, 16);
    return { ...p, header, plain: p.options === 0 };
  }
  const header = new Uint8Array(40);
  header.set([0x60, 0, 0, 0, message.length >> 8, message.length & 255, p.options === 0 ? 112 : 60, ttl]);
  header.set(source, 8);
  header.set(destination, 24);
  return { ...p, header, plain: p.options === 0 };
}

const join = (a: Uint8Array, b: Uint8Array): Uint8Array => Uint8Array.from([...a, ...b]);
const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** The comparison in plain words. */
const equals = (w: Watched, p: Packet): boolean =>
  p.plain && p.ttl === w.ttl && same(p.source, w.source) && same(p.message, w.message);

const frameOf = (p: Packet): Uint8Array => {
  const type = p.source.length === 4 ? [0x08, 0] : [0x86, 0xdd];
  return Uint8Array.from([...new Uint8Array(12), ...type, ...p.header, ...p.message]);
};

/** What the filter without a watchdog says. */
function plainFilter(kind: Kind, p: Packet): boolean {
  if (kind.family === 6) return runBpf(advertFilter6(kind.destination, VRIDS), p.message, p.header) > 0;
  return runBpf(advertFilter(kind.mode, 112, kind.destination, VRIDS), join(p.header, p.message)) > 0;
}

function load(kind: Kind): { fd: number; records: WatchRecord[] } {
  const { fd: mapFd, memory } = api.bpfArray(RECORD_BYTES, RECORDS);
  const fd = api.bpfFilter(watchFilter({ ...kind, mapFd, lowestVrid: LOWEST, messageAt6: 40 }));
  api.close(mapFd);
  const records = Array.from({ length: RECORDS }, (_, i) => new WatchRecord(memory, i));
  for (const vrid of VRIDS) records[vrid - LOWEST]?.admit(true);
  return { fd, records };
}

function agreesWithClassic(kind: Kind): void {
  const { fd, records } = load(kind);
  const packets = new Packets(1, kind);
  let passed = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const p = packets.like(
      packets.watched(48 + packets.below(8)),
      kind.destination,
      packets.below(20) === 0 ? 4 : 0,
    );
    const lets = plainFilter(kind, p);
    assert.equal(api.bpfTestRun(fd, frameOf(p)) > 0, lets, `round ${i}`);
    if (lets) passed++;
  }
  assert.ok(passed > ROUNDS / 10 && passed < ROUNDS, `${passed} passed`);
  assert.equal(
    records.reduce((sum, r) => sum + r.passed(), 0),
    passed,
  );
  api.close(fd);
}

function stampsEqual(kind: Kind): void {
  const { fd, records } = load(kind);
  const packets = new Packets(2, kind);
  let stamped = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const vrid = VRIDS[packets.below(VRIDS.length)] as number;
    const record = records[vrid - LOWEST] as WatchRecord;
    const watched = packets.watched(vrid);
    record.arm(watched, record.passed());
    const p = packets.like(watched, kind.destination, packets.below(20) === 0 ? 4 : 0);
    const [count, handled] = [record.count(), record.passed()];
    const lets = plainFilter(kind, p);
    const equal = lets && equals(watched, p);
    if (lets) assert.equal(p.plain && record.matches(p), equal, `round ${i}: as JavaScript sees it`);
    const beforeUs = Number(process.hrtime.bigint() / 1000n);
    const passes = api.bpfTestRun(fd, frameOf(p)) > 0;
    const where = `round ${i}: ${watched.message.length} octets, VRID ${p.message[1]}`;
    assert.equal(passes, lets && !equal, where);
    assert.equal(record.count() - count, equal ? 1 : 0, where);
    if (p.message[1] === vrid) assert.equal(record.passed() - handled, passes ? 1 : 0, where);
    if (equal) {
      stamped++;
      assert.ok(
        record.lastUs() >= beforeUs && record.lastUs() <= Number(process.hrtime.bigint() / 1000n),
        where,
      );
    }
    record.disarm();
    assert.equal(api.bpfTestRun(fd, frameOf(p)) > 0, lets, `disarmed, ${where}`);
  }
  assert.ok(stamped > ROUNDS / 4 && stamped < ROUNDS, `${stamped} stamped`);
  api.close(fd);
}

function keepsOrder(kind: Kind): void {
  const { fd, records } = load(kind);
  const packets = new Packets(3, kind);
  const record = records[1] as WatchRecord;
  const watched = { ...packets.watched(51), ttl: 255 };
  const frame = frameOf(packet({ ...watched, destination: kind.destination, options: 0 }));
  const other = packet({
    ...watched,
    message: join(watched.message, Uint8Array.of(0, 0, 0, 0)),
    destination: kind.destination,
    options: 0,
  });
  record.arm(watched, 0);
  assert.equal(api.bpfTestRun(fd, frame), 0);
  assert.ok(api.bpfTestRun(fd, frameOf(other)) > 0, 'another one is let in');
  for (let i = 0; i < 3; i++) assert.ok(api.bpfTestRun(fd, frame) > 0, 'and from then on all are');
  assert.deepEqual([record.count(), record.passed()], [1, 4]);
  record.handle(3);
  assert.ok(api.bpfTestRun(fd, frame) > 0);
  record.handle(5);
  assert.equal(api.bpfTestRun(fd, frame), 0, 'all were read');
  assert.equal(record.count(), 2);
  api.close(fd);
}

describe('the watch filter in the kernel', { skip }, () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    it(`${name}: nobody is watched: it lets in what the classic filter lets in`, () =>
      agreesWithClassic(kind));
    it(`${name}: equal is dropped and stamped, all else as before`, () => stampsEqual(kind));
    it(`${name}: while a packet of the VRID waits to be read nothing is stamped`, () => keepsOrder(kind));
  }

  it('what can be watched', () => {
    assert.deepEqual([0, 4, 8, 10, MOST_WATCHED_BYTES, MOST_WATCHED_BYTES + 4].map(canWatch), [
      false,
      true,
      true,
      false,
      true,
      false,
    ]);
  });
});
