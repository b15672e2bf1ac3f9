/**
 * The typed face of `native/` (C17 on node_api.h): what Node and raw-socket cannot do. Loads the addon on first use.
 * Every function throws an Error with `errno`, `code` and `syscall`, as Node's own do, unless it says otherwise.
 */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { packageRoot } from './package-root.ts';

/** Opaque handle of a poll watcher. */
export type PollHandle = { readonly brand: 'poll' };
/** Opaque handle of the timer. */
export type TimerHandle = { readonly brand: 'timer' };

export type Native = {
  // --- fd.c: descriptors
  /** EBUSY while a watch is on `fd`: pollStop first. */
  close(fd: number): void;
  /** Sets FD_CLOEXEC on every descriptor from `fd` up (close_range): scripts must not inherit raw-socket's sockets. */
  closeOnExecFrom(fd: number): void;
  /**
   * Calls `ready(status)` when `fd` is readable; `status` is 0 or a negative errno (then: read, expect ENOBUFS or ENETDOWN,
   * go on: an error that is not read off is reported again at once). Keeps the loop alive, also when the handle is
   * dropped. What `ready` throws becomes an uncaughtException. EEXIST: already watched. EPERM: a regular file.
   */
  pollStart(fd: number, ready: (status: number) => void): PollHandle;
  /** Ends a watch; harmless when repeated, allowed inside `ready`. `fd` may be closed right after it. */
  pollStop(handle: PollHandle): void;
  /** 16-byte `struct sock_fprog` that points at `instructions` (1..4096 of 8 bytes); keep both alive during setsockopt. */
  sockFprog(instructions: Uint8Array): Buffer;

  // --- timer.c: one alarm to the microsecond, which others may push on without waking JavaScript
  /**
   * Calls `ring(dueUs)` at or a little after the time that it was set to, and once a millisecond at most: that is spent then. Or when
   * a vigil is due, or when it could only be served 100 ms or more behind `dueUs`. Keeps the loop alive while something is to
   * ring. Vigils ring `leadUs` (up to 1e6) early. What `ring` throws becomes an uncaughtException. EMFILE.
   */
  timerStart(leadUs: number, ring: (dueUs: number) => void): TimerHandle;
  /** Monotonic, up to 9e15; in the past: at once; 0 = never. */
  timerSet(handle: TimerHandle, atUs: number): void;
  /**
   * Vigil `slot` (0..65535) is due at the later of `atUs` and `longerUs` behind what stands at `offset` of `memory`: 64 bits,
   * aligned, nanoseconds of CLOCK_MONOTONIC, 0 = never. Replaces what the slot had; `longerUs` 0: nothing is in it.
   */
  timerVigil(
    handle: TimerHandle,
    slot: number,
    atUs: number,
    longerUs: number,
    memory: ArrayBuffer | undefined,
    offset: number,
  ): void;
  /** The slots of vigils that are due at `atUs`, as uint32 in the host's order, as many as `out` holds; how many. */
  timerDue(handle: TimerHandle, atUs: number, out: Uint8Array): number;
  /** Returns at `untilUs` (monotonic), after 10 ms at the latest, without giving the processor away. */
  timerStandBy(untilUs: number): void;
  /** Ends it; what comes after that is EBADF. */
  timerStop(handle: TimerHandle): void;

  // --- datagram.c: what raw-socket does not tell of an IPv6 packet
  /** The open descriptor whose SO_COOKIE is these 8 octets: raw-socket shows no descriptor. ENOENT: none has it. */
  socketOfCookie(cookie: Uint8Array): number;
  /**
   * Octets of the next packet copied into `out`; -1 when there is none. `about` (40 octets) becomes the source (0..15), the
   * destination (16..31, zero without IPV6_RECVPKTINFO) and two numbers in the host's byte order: the hop limit (32, -1
   * without IPV6_RECVHOPLIMIT) and the interface index (36). EMSGSIZE: it did not fit and is gone. Other errors (ENETDOWN)
   * are read off: the next call goes on.
   */
  receiveIpv6(fd: number, out: Uint8Array, about: Uint8Array): number;

  // --- packet.c: AF_PACKET
  /**
   * Opens AF_PACKET/SOCK_RAW, non-blocking, close-on-exec; never hears frames that this host sends. `etherType` 0: send
   * only (interfaceIndex 0: on any interface). `filter`: cBPF instructions or empty. EPERM, ENODEV, EINVAL (filter).
   */
  packetOpen(interfaceIndex: number, etherType: number, filter: Uint8Array): number;
  /**
   * Sends whole Ethernet frames (14..65535 octets), one sendmmsg for every 256; returns how many the kernel took. Throws only
   * when it took none: ENETDOWN, ENXIO (interface gone), ENOBUFS, EAGAIN, EMSGSIZE. Fewer than all: call again with the rest.
   */
  packetSend(fd: number, interfaceIndex: number, frames: readonly Uint8Array[]): number;
  /** Length of the next frame copied into `out`, 0 when there is none. EMSGSIZE: did not fit, lost. ENETDOWN: the link went down. */
  packetReceive(fd: number, out: Uint8Array): number;
  /**
   * Closes on another thread, a little later: the kernel takes 5..30 ms to end a packet socket, and `close` would stand
   * still for it. `fd` must not be used again. EBUSY while a watch is on it; EBADF, ENOTSOCK.
   */
  packetClose(fd: number): void;

  // --- pacer.c, pacer-calls.c, keeper.c: a thread that repeats packets; one for the process, for the environment that started it (else ESRCH)
  /** Starts the thread. EEXIST: it runs. */
  pacerStart(): void;
  /** Ends it and forgets all entries; harmless when it does not run. Done at the end of the environment too. */
  pacerStop(): void;
  /** SCHED_FIFO with `priority` 1..99 for the thread, 0 = the default class. EPERM without CAP_SYS_NICE. */
  pacerUrgency(priority: number): void;
  /**
   * Sends `packets` ([octets, sockaddr], 1..256 of 1..65535 octets) on `fd` at `nextAtUs` (monotonic) and every `intervalUs`
   * (at least 1000) from then on. `counterAt`: offset of a 16-bit counter (network order, 1..65535) that counts up before
   * each sending, -1 = none. `will` and `final` (netlink messages, at most 1 MiB) are sent if the lease runs out. Replaces
   * what the slot (0..65535) had, and keeps its numbers. `fd` must stay open until disarmed.
   */
  pacerArm(
    slot: number,
    fd: number,
    packets: readonly (readonly [Uint8Array, Uint8Array])[],
    intervalUs: number,
    nextAtUs: number,
    counterAt: number,
    will: readonly (readonly [Uint8Array, Uint8Array])[],
    final: Uint8Array,
  ): void;
  /** When this has returned nothing more is sent for the slot. */
  pacerDisarm(slot: number): void;
  /** Disarms, and the slot's numbers start anew. */
  pacerForget(slot: number): void;
  /** All that is still to be sent for the slot comes `byUs` earlier, at once what is then past. Harmless when disarmed. */
  pacerAdvance(slot: number, byUs: number): void;
  /** [packets sent, failed, last errno, time of the next in monotonic us, 1 armed | 0 disarmed | -1 never armed]. */
  pacerRead(slot: number): [number, number, number, number, number];
  /** The lease ends at `untilUs` (monotonic; 0 = never). false: it had ended before this call, nothing is armed any more. */
  pacerRenew(untilUs: number): boolean;
  /**
   * A lease of `leaseUs` (3000 and more) begins when something is armed where nothing was, and is renewed three times in it,
   * without a call into JavaScript, for as long as the event loop turns. One that has run out stays so until `pacerRenew` says
   * it; `lost` is called, from the loop when that turns again, and again until then.
   */
  pacerKeep(leaseUs: number, lost: () => void): void;
  /** Longest delay of a packet behind its time since the start, us. */
  pacerLateness(): number;
  /** A raw socket (AF_INET 2, AF_INET6 10), non-blocking, close-on-exec. EPERM, EMFILE. */
  socketOpen(domain: number, protocol: number): number;
  socketOption(fd: number, level: number, option: number, value: Uint8Array): void;
  /** One packet to a struct sockaddr; never waits. ENETDOWN, ENODEV, EPERM, EAGAIN, EINVAL (address), … */
  socketSend(fd: number, address: Uint8Array, data: Uint8Array): void;

  // --- netlink.c
  /**
   * AF_NETLINK socket, bound, non-blocking; `groups` is the RTMGRP bit mask; tries SO_RCVBUFFORCE then SO_RCVBUF
   * (`receiveBufferBytes` 0: neither; the kernel doubles what it is given); extended and capped acknowledgements and
   * strict checking where the kernel has them.
   */
  netlinkOpen(protocol: number, groups: number, receiveBufferBytes: number): number;
  /** One datagram to the kernel, whole messages. rtnetlink has answered by the time it returns. */
  netlinkSend(fd: number, message: Uint8Array): void;
  /**
   * Bytes of the next datagram copied into `out`; 0 when there is none. ENOBUFS: notifications were lost; what is still
   * queued can be read, and nothing new is queued until it was read to the end. EMSGSIZE: it did not fit and is gone.
   * Steps over what other processes send.
   */
  netlinkReceive(fd: number, out: Uint8Array): number;

  // --- unix.c: unix datagrams (sd_notify, journald, syslog)
  /** Non-blocking datagram socket connected to `path` ('@' first = abstract). */
  unixOpen(path: string): number;
  /** false: the receiver is full or gone (EAGAIN, ECONNREFUSED, ENOBUFS): never blocks. */
  unixSend(fd: number, data: Uint8Array): boolean;
  /** Non-blocking datagram socket bound to `path` ('@' first = abstract): the receiving end, for tests and the demo. */
  unixBind(path: string): number;
  /** Bytes of the next datagram copied into `out`; 0 when there is none; EMSGSIZE: it did not fit and is gone. */
  unixReceive(fd: number, out: Uint8Array): number;
  /** Writes what fits now to a socket, pipe, terminal or file and never waits: octets taken, 0 when it is full. */
  writeSome(fd: number, data: Uint8Array): number;

  // --- udp.c: UDP with the TTL and the interface of each datagram
  /**
   * Non-blocking, close-on-exec socket bound to `address` (4 or 16 octets, zeros = any; IPv6 never takes IPv4 datagrams)
   * and `port`; `scopeId` is the interface of a link-local address, else 0. `ttl`, 1..255, is that of what it sends.
   * `receiveBufferBytes` 0: the kernel's default. EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT (no IPv6), EINVAL (scope).
   */
  udpOpen(
    address: Uint8Array,
    scopeId: number,
    port: number,
    ttl: number,
    receiveBufferBytes: number,
  ): number;
  /** Never waits. ENETUNREACH, EHOSTUNREACH, ENETDOWN, EPERM (firewall), ENOBUFS, EAGAIN, EINVAL (scope). */
  udpSend(fd: number, address: Uint8Array, scopeId: number, port: number, data: Uint8Array): void;
  /**
   * How many datagrams were read, at most 32 and as many as fit; 0: none is there. Number i begins in `out` at
   * i * slotBytes, and at i * 48 in `info` there are, in the host's order, four int32: its length (more than slotBytes:
   * it was cut), TTL (-1 not known), interface index, source port; then 16 octets each of source and destination (IPv4:
   * the first four).
   */
  udpReceive(fd: number, slotBytes: number, out: Uint8Array, info: Uint8Array): number;

  // --- process.c
  /** OFD write lock on the whole file; false: another process holds it. Held until the descriptor is closed. */
  lockFile(fd: number): boolean;
  /** Catches a signal that Node cannot (real-time signals 36 and 63), by number, until the process ends. Does not keep the loop alive. EINVAL: cannot be caught. */
  signalStart(signum: number, caught: () => void): void;
  /** SCHED_FIFO/RR/OTHER with SCHED_RESET_ON_FORK. */
  setScheduler(policy: 'other' | 'fifo' | 'rr', priority: number): void;
  /** CPU numbers that the calling thread may run on, ascending. */
  getAffinity(): number[];
  /** Of the calling thread, 0..1023 each; processes it starts inherit it. EINVAL: none of them is there. */
  setAffinity(cpus: readonly number[]): void;
  setNetworkNamespace(path: string): void;
  setProcessName(name: string): void;
  /** Effective capability bits of this process (CapEff), low 64 bits. */
  effectiveCapabilities(): bigint;

  // --- memory.c
  /**
   * Keeps code and constants in memory once they were touched (mlock2, MLOCK_ONFAULT); returns how many bytes that may
   * become. Not the heap, which V8 could then not give back. EPERM, ENOMEM: CAP_IPC_LOCK or a higher RLIMIT_MEMLOCK.
   */
  lockCode(): number;
  /** Memory freed at the end of a C heap (there is one for most threads) goes back to the kernel once it is so much. */
  trimHeapFrom(bytes: number): void;
  /** Gives back every free page of all C heaps, at once. */
  trimHeap(): void;
  /**
   * Gives back the pages from `from` to before `to` (addresses, whole pages) of code and constants; what is used again comes from the
   * file or the page cache. false, and nothing done: not inside one read-only part of the program or of a library. The caller
   * has seen that nothing was written there. EINVAL: locked, or not whole pages.
   */
  dropCode(from: number, to: number): boolean;

  // --- inotify.c
  /** Non-blocking, close-on-exec; read with fs.readSync, watched with pollStart. EMFILE: too many of this user. */
  inotifyOpen(): number;
  /** Number of the watch; `mask` of IN_*. A directory that is watched already keeps its number. ENOENT, ENOTDIR, ENOSPC (limit). */
  inotifyWatch(fd: number, path: string, mask: number): number;
  /** false: the kernel has ended it already. */
  inotifyUnwatch(fd: number, watch: number): boolean;

  // --- link.c
  /** Whether the interface has its carrier; 'flags': IFF_UP and IFF_RUNNING. ENODEV, ENOTSUP, EPERM. */
  linkCarrier(name: string, method: 'mii' | 'ethtool' | 'flags'): boolean;

  // --- bpf.c: needs CAP_BPF (EPERM) and Linux 5.5 (EINVAL, ENOSYS)
  /**
   * An array of `entries` (1..65536) values of `valueBytes` (a multiple of 8) that programs know by `fd` and that `memory` is:
   * what a program stores is there at once, zero at first. It lives as long as `memory`, a program or `fd` does.
   */
  bpfArray(valueBytes: number, entries: number): { readonly fd: number; readonly memory: ArrayBuffer };
  /** Descriptor of a socket filter of 1..4096 eBPF instructions, 8 octets each. The verifier's words are the error's `log`. */
  bpfFilter(instructions: Uint8Array): number;
  /** What the filter returns for a frame with its Ethernet header, which it does not see. */
  bpfTestRun(fd: number, frame: Uint8Array): number;

  // --- users.c: what starting a script needs
  /** Account by name, null when there is none. May block on NSS (LDAP): not on the advert path. */
  lookupUser(
    name: string,
  ): { readonly uid: number; readonly gid: number; readonly name: string; readonly home: string } | null;
  /** Account by number, 0..4294967295. */
  lookupUserId(
    uid: number,
  ): { readonly uid: number; readonly gid: number; readonly name: string; readonly home: string } | null;
  lookupGroup(name: string): { readonly gid: number; readonly name: string } | null;
  /** pipe2(O_CLOEXEC): [read end, write end]. Node's own stdio pipes are sockets, which scripts cannot reopen. */
  openPipe(): readonly [number, number];
  /** A named pipe, mode 0600 less the umask. EEXIST, ENOENT, EACCES, … */
  makeFifo(path: string): void;
};

const require = createRequire(import.meta.url);
const NATIVE_FOLDER = fileURLToPath(new URL('native/', packageRoot()));

/** Where node-gyp-build looks first too, after some milliseconds of asking what machine this is. */
function builtHere(): Native | undefined {
  const file = `${NATIVE_FOLDER}build/Release/vipd.node`;
  return statSync(file, { throwIfNoEntry: false }) === undefined ? undefined : (require(file) as Native);
}

let loaded: Native | undefined;
/** The addon; throws with a remedy when it was not built. */
export function native(): Native {
  if (loaded === undefined) {
    // VIPD_NATIVE: another build of the addon, for test/native/asan.sh.
    const file = process.env['VIPD_NATIVE'];
    try {
      if (file !== undefined) loaded = require(file) as Native;
      else loaded = builtHere() ?? (require('node-gyp-build') as (folder: string) => Native)(NATIVE_FOLDER);
    } catch (e) {
      throw new Error(
        `the native addon ${file ?? `in ${NATIVE_FOLDER}`} cannot be loaded: ${String(e)}; run 'npm run build:native'`,
      );
    }
  }
  return loaded;
}
