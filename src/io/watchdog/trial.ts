/**
 * Whether this kernel runs a watch filter for us, tried out on two packets that no network sees: that covers missing rights,
 * old kernels, and a clock of a time namespace that is not the kernel's.
 */
import { ebpfByteOrder } from '../ebpf.ts';
import { codeOf } from '../errno.ts';
import { RECORD_BYTES, watchFilter } from '../sockets/watch-filter.ts';
import { WatchRecord } from '../sockets/watch-record.ts';
import type { WatchdogNative } from './watchdog.ts';

const VRID = 1;
const SOURCE = Uint8Array.of(192, 0, 2, 1);
const GROUP = Uint8Array.of(224, 0, 0, 18);
const MESSAGE = Uint8Array.of(0x21, VRID, 100, 1, 0, 1, 0, 0, 192, 0, 2, 2);

function frame(last: number): Uint8Array {
  const header = [0x45, 0, 0, 32, 0, 0, 0, 0, 255, 112, 0, 0, ...SOURCE, ...GROUP];
  return Uint8Array.from([...new Uint8Array(12), 8, 0, ...header, ...MESSAGE.subarray(0, 11), last]);
}

/** '' = it does; else why not, for people. */
export function trial(native: WatchdogNative): string {
  if (!ebpfByteOrder()) return 'not on processors with this byte order';
  try {
    return tried(native);
  } catch (e) {
    const code = codeOf(e);
    if (code === 'EPERM') return 'bpf: EPERM, CAP_BPF is missing';
    return code === 'EINVAL' || code === 'ENOSYS'
      ? `bpf: ${code}, Linux 5.5 or newer is needed`
      : `bpf: ${code}`;
  }
}

function tried(native: WatchdogNative): string {
  const { fd: mapFd, memory } = native.bpfArray(RECORD_BYTES, 1);
  let program = -1;
  try {
    program = native.bpfFilter(
      watchFilter({ mode: 'multicast', destination: GROUP, mapFd, lowestVrid: VRID }),
    );
    const record = new WatchRecord(memory, 0);
    record.admit(true);
    record.arm({ message: MESSAGE, source: SOURCE, ttl: 255 }, 0);
    const nowUs = () => Number(process.hrtime.bigint() / 1000n);
    const beforeUs = nowUs();
    const [equal, other] = [native.bpfTestRun(program, frame(2)), native.bpfTestRun(program, frame(3))];
    if (equal !== 0 || other === 0 || record.count() !== 1) return 'the filter does not do what it should';
    const fits = record.lastUs() >= beforeUs && record.lastUs() <= nowUs();
    return fits ? '' : "this process has another clock than the kernel's (time namespace)";
  } finally {
    native.close(mapFd);
    if (program >= 0) native.close(program);
  }
}
