/** The bookkeeping over the records: what may be watched, for whom, and what the counts say after losses and new filters. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SeenAt } from '../../../../src/io/precise-timer.ts';
import { Field, RECORD_BYTES } from '../../../../src/io/sockets/watch-filter.ts';
import { Watchdog } from '../../../../src/io/watchdog/watchdog.ts';
import type { SocketSpec } from '../../../../src/ports/advert.ts';
import { receiveIpv4 } from '../../../../src/wire/received.ts';

const GROUP = Uint8Array.of(224, 0, 0, 18);
const SPEC: SocketSpec = {
  family: 4,
  protocol: 112,
  interface: 'eth0',
  interfaceIndex: 2,
  mode: 'multicast',
  group: '224.0.0.18',
  source: '',
  vrids: [51],
  receiveBufferBytes: 0,
};

/** Arrays are memory; the trial's test runs do what the trial wants to see. */
class PaperKernel {
  readonly arrays: ArrayBuffer[] = [];
  readonly closed: number[] = [];
  refuse: string | undefined;
  #fd = 100;
  bpfArray(bytes: number, entries: number): { fd: number; memory: ArrayBuffer } {
    if (this.refuse !== undefined) throw Object.assign(new Error('bpf'), { code: this.refuse });
    const memory = new ArrayBuffer(bytes * entries);
    this.arrays.push(memory);
    return { fd: this.#fd++, memory };
  }
  bpfFilter(): number {
    return this.#fd++;
  }
  bpfTestRun(_fd: number, frame: Uint8Array): number {
    const words = new BigUint64Array(this.arrays.at(-1) as ArrayBuffer, 0, 2);
    if (frame.at(-1) !== 2) return 1;
    words.set([process.hrtime.bigint(), 1n]);
    return 0;
  }
  close(fd: number): void {
    this.closed.push(fd);
  }
  /** Number of the record of VRID 51. */
  get record(): number {
    return (this.arrays.at(-1) as ArrayBuffer).byteLength === 256 * RECORD_BYTES ? 51 : 0;
  }
  word(at: number, record = this.record): number {
    return new Uint32Array(this.arrays.at(-1) as ArrayBuffer)[(record * RECORD_BYTES + at) / 4] as number;
  }
  /** The filter lets a packet of the record in. */
  passes(record = this.record): void {
    this.#add(Field.passed, 1, record);
  }
  notes(count: number): void {
    this.#add(Field.count, count, this.record);
  }
  stamps(lastUs: number): void {
    const at = this.record * RECORD_BYTES + Field.lastNs;
    new DataView(this.arrays.at(-1) as ArrayBuffer).setBigUint64(at, BigInt(lastUs) * 1000n, true);
  }
  #add(at: number, count: number, record: number): void {
    const words = new Uint32Array(this.arrays.at(-1) as ArrayBuffer, record * RECORD_BYTES);
    words[at / 4] = (words[at / 4] as number) + count;
  }
}

/** What the timer was asked for: "from, for how long, from where". */
class PaperVigils {
  readonly kept: Map<number, string> = new Map<number, string>();
  keepVigil(id: number, atUs: number, longerUs: number, seen: SeenAt | undefined): boolean {
    this.kept.set(id, `${atUs} ${longerUs} ${seen === undefined ? 'nothing' : seen.offset}`);
    return true;
  }
  endVigil(id: number): void {
    this.kept.delete(id);
  }
  due(nowUs: number): number[] {
    return [...this.kept].filter(([, text]) => Number.parseInt(text, 10) <= nowUs).map(([id]) => id);
  }
}

function setup(vrids: readonly number[] = [51]) {
  const kernel = new PaperKernel();
  const said: string[] = [];
  const vigils = new PaperVigils();
  const dog = new Watchdog({
    native: kernel,
    vigils,
    onProblem: (key, what, code) => said.push(`${key} ${what} ${code}`),
    onObstacle: (why) => said.push(why),
  });
  const attached: number[] = [];
  const attach = (list = vrids, spec = SPEC) =>
    dog.attach('k', spec, { vrids: list, destination: GROUP, put: (fd) => attached.push(fd) });
  return { kernel, dog, vigils, said, attach, attached };
}

function packet(vrid = 51, addresses = 1): Uint8Array {
  const message = Uint8Array.from([
    0x21,
    vrid,
    100,
    addresses,
    0,
    1,
    0,
    0,
    ...new Uint8Array(addresses * 4 + 8),
  ]);
  const total = 20 + message.length;
  return Uint8Array.from([
    0x45,
    0,
    total >> 8,
    total & 255,
    0,
    0,
    0,
    0,
    255,
    112,
    0,
    0,
    192,
    0,
    2,
    1,
    ...GROUP,
    ...message,
  ]);
}

type Lab = ReturnType<typeof setup>;
/** A packet goes all the way; `then` is core. */
function deliver(
  { dog }: Lab,
  octets: Uint8Array,
  then: (received: ReturnType<typeof receiveIpv4>) => void = () => {},
) {
  const received = receiveIpv4(octets);
  dog.reading('k', received, octets);
  then(received);
  dog.read('k', received);
}
const effective = ({ kernel }: Lab): boolean =>
  kernel.word(Field.length) > 0 && kernel.word(Field.passed) === kernel.word(Field.handled);

describe('io/watchdog', () => {
  it('the record becomes effective when all that was let in is read', () => {
    const lab = setup();
    lab.attach();
    assert.equal(lab.attached.length, 1);
    lab.kernel.passes();
    lab.kernel.passes();
    deliver(lab, packet(), (received) => {
      assert.equal(lab.dog.watch(7, 'k', received), true);
      assert.equal(effective(lab), false, 'one still waits');
    });
    assert.equal(effective(lab), false);
    deliver(lab, packet(), (received) => assert.equal(lab.dog.watch(7, 'k', received), true));
    assert.equal(effective(lab), true);
    lab.dog.unwatch(7);
    assert.equal(effective(lab), false);
  });

  it('only the packet that is being handed over, and only what can be compared', () => {
    const lab = setup([51, 60]);
    lab.attach();
    deliver(lab, packet(), () => assert.equal(lab.dog.watch(7, 'k', receiveIpv4(packet())), false));
    deliver(lab, packet(51, 100), (received) =>
      assert.equal(lab.dog.watch(7, 'k', received), false, 'too long'),
    );
    deliver(lab, packet(99), (received) => assert.equal(lab.dog.watch(7, 'k', received), false, 'not ours'));
    deliver(lab, packet(), (received) => {
      assert.equal(lab.dog.watch(7, 'other', received), false, 'another socket');
      assert.equal(lab.dog.watch(7, 'k', received), true);
      assert.equal(lab.dog.watch(8, 'k', received), false, 'it is watched for another');
    });
  });

  it('what was noted counts over changes of the record, of the filter and of the socket', () => {
    const lab = setup([51, 52]);
    lab.attach();
    const watch = () => deliver(lab, packet(), (received) => assert.ok(lab.dog.watch(7, 'k', received)));
    watch();
    lab.kernel.notes(3);
    assert.equal(lab.dog.noted(7), 3);
    watch();
    assert.equal(lab.dog.noted(7), 3);
    assert.equal(lab.dog.admit('k', [51]), true, 'fewer VRIDs: the same filter');
    assert.equal(lab.kernel.word(Field.admitted, 1), 0);
    assert.equal(lab.dog.admit('k', [51, 70]), false);
    lab.attach([51, 70]);
    assert.equal(lab.dog.admit('k', [1, 51, 70, 255]), true, 'room for all that may follow');
    assert.equal(lab.attached.length, 2);
    assert.equal(lab.dog.noted(7), 3);
    watch();
    lab.kernel.notes(2);
    assert.equal(lab.dog.noted(7), 5);
    lab.dog.closeKey('k');
    assert.equal(lab.dog.noted(7), 5);
    lab.dog.forget(7);
    assert.equal(lab.dog.noted(7), 0);
  });
});

describe('io/watchdog: over time', () => {
  it('one that waited behind others is noted as the filter would have, while it is watched', () => {
    const lab = setup([51, 52]);
    lab.attach();
    const watched = (octets: Uint8Array) => ({
      message: octets.subarray(20),
      source: octets.subarray(12, 16),
      ttl: 255,
    });
    assert.equal(lab.dog.repeated('k', watched(packet())), false, 'nothing is watched');
    lab.kernel.passes();
    deliver(lab, packet(), (received) => assert.ok(lab.dog.watch(7, 'k', received)));
    for (let i = 0; i < 3; i++) lab.kernel.passes();
    const beforeUs = Number(process.hrtime.bigint() / 1000n);
    assert.equal(lab.dog.repeated('k', watched(packet())), true);
    assert.equal(lab.dog.repeated('k', watched(packet())), true);
    assert.equal(effective(lab), false, 'one still waits');
    assert.equal(lab.dog.repeated('k', watched(packet())), true);
    lab.dog.drained('k');
    assert.equal(effective(lab), true);
    assert.equal(lab.dog.noted(7), 3);
    assert.ok(lab.dog.lastUs(7) >= beforeUs);
    for (const other of [
      { ...watched(packet()), ttl: 254 },
      { ...watched(packet()), source: Uint8Array.of(192, 0, 2, 9) },
      watched(packet(52)),
      watched(packet(51, 2)),
      watched(packet().fill(7, 24)),
      watched(new Uint8Array(20)),
    ])
      assert.equal(lab.dog.repeated('k', other), false);
    assert.equal(lab.dog.repeated('other', watched(packet())), false);
    lab.dog.unwatch(7);
    assert.equal(lab.dog.repeated('k', watched(packet())), false, 'it is watched no more');
    assert.equal(lab.dog.noted(7), 3);
  });

  it('a vigil looks at the record, and ends where it would have when the socket goes', () => {
    const lab = setup();
    lab.attach();
    deliver(lab, packet(), (received) => assert.ok(lab.dog.watch(7, 'k', received)));
    lab.dog.keepVigil(7, 5_000_000, 3_000_000);
    assert.equal(lab.vigils.kept.get(7), `5000000 3000000 ${Field.lastNs}`);
    assert.deepEqual([lab.dog.due(4_999_999), lab.dog.due(5_000_000)], [[], [7]]);
    lab.kernel.stamps(4_000_000);
    lab.dog.closeKey('k');
    assert.equal(lab.vigils.kept.get(7), '7000000 3000000 nothing');
    lab.dog.keepVigil(7, 9_000_000, 3_000_000);
    assert.equal(lab.vigils.kept.get(7), '9000000 3000000 nothing', 'nobody watches any more');
    lab.dog.endVigil(7);
    assert.equal(lab.vigils.kept.size, 0);
    lab.dog.keepVigil(7, 9_000_000, 3_000_000);
    lab.dog.forget(7);
    assert.equal(lab.vigils.kept.size, 0);
  });

  it('after a packet was lost, and behind an older filter, two rounds put the counts right', () => {
    for (const renew of [false, true]) {
      const lab = setup();
      lab.attach();
      if (renew) lab.attach([51, 52]);
      else lab.kernel.passes(); // let in, and no room
      const round = () => {
        lab.kernel.passes();
        deliver(lab, packet(), (received) => void lab.dog.watch(7, 'k', received));
        lab.dog.drained('k');
        return effective(lab);
      };
      assert.deepEqual([round(), round(), round()], [false, true, true], String(renew));
    }
  });
});

describe('io/watchdog: without', () => {
  it('signed adverts keep the classic filter', () => {
    const lab = setup();
    lab.attach([51], { ...SPEC, protocol: 51 });
    assert.deepEqual([lab.attached, lab.said], [[], []]);
  });

  it('no eBPF: said once, and nothing is watched', () => {
    const lab = setup();
    lab.kernel.refuse = 'EPERM';
    lab.attach();
    lab.attach();
    assert.deepEqual([lab.attached, lab.said], [[], ['bpf: EPERM, CAP_BPF is missing']]);
    deliver(lab, packet(), (received) => assert.equal(lab.dog.watch(7, 'k', received), false));
    assert.equal(lab.dog.obstacle(), 'bpf: EPERM, CAP_BPF is missing');
  });

  it('no memory for one socket: that one keeps the classic filter', () => {
    const lab = setup();
    assert.equal(lab.dog.obstacle(), '');
    lab.kernel.refuse = 'ENOMEM';
    lab.attach();
    assert.deepEqual([lab.attached, lab.said], [[], ['k watchdog ENOMEM']]);
    lab.kernel.refuse = undefined;
    const opened = lab.kernel.closed.length;
    lab.attach();
    assert.equal(lab.kernel.closed.length, opened + 2, 'map and program descriptors are closed');
  });
});
