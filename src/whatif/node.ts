/**
 * One node: the real core of the daemon with hands that reach into a simulated host and a simulated wire. Nothing here
 * decides an election; the decisions are core's and those of the machines it runs.
 */
import type { Config, ScriptConfig } from '../config/config.ts';
import type { Ports } from '../core/context.ts';
import { Core } from '../core/core.ts';
import type { InstanceSnapshot } from '../core/snapshot.ts';
import type { OutgoingAdvert, SocketSpec } from '../ports/advert.ts';
import type { Announcement } from '../ports/announce.ts';
import type { MacPort } from '../ports/mac.ts';
import type { ReceivedAdvert } from '../vrrp/accept.ts';
import type { Agenda } from './agenda.ts';
import type { Host } from './host.ts';
import type { PlannedNode } from './plan.ts';

/** What a node needs of the network around it. */
export type Wire = {
  send(from: Node, interfaceIndex: number, advert: OutgoingAdvert): { sent: number; error?: string };
  announce(from: Node, list: readonly Announcement[]): void;
};

type Watch = {
  readonly interfaceIndex: number;
  readonly addresses: readonly Uint8Array[];
  readonly seen: (address: Uint8Array, mac: Uint8Array) => void;
};

/** How long a track script runs, microseconds. */
const SCRIPT_RUN_US = 10_000;
/** The wall clock at the beginning: any time will do. */
const EPOCH_MS = 1_800_000_000_000;

export class Node {
  readonly id: number;
  readonly name: string;
  readonly config: Config;
  readonly host: Host;
  readonly sockets: Map<string, SocketSpec> = new Map();
  readonly watches: Set<Watch> = new Set();
  /** How far its wall clock is ahead of true time. */
  clockAheadMs: number = 0;
  readonly #agenda: Agenda;
  readonly #wire: Wire;
  readonly #macs: MacPort;
  readonly #originUs: number;
  #core: Core | undefined;
  #armed = 0; // counts armings; only the last one rings
  readonly #delayed = new Set<string>(); // scripts whose first run is still to be drawn out
  #scriptPhase = 0;

  constructor(
    id: number,
    { name, config }: PlannedNode,
    host: Host,
    agenda: Agenda,
    wire: Wire,
    macs: MacPort,
  ) {
    this.id = id;
    this.name = name;
    this.config = config;
    this.host = host;
    this.#agenda = agenda;
    this.#wire = wire;
    this.#macs = macs;
    // Monotonic clocks of two hosts have nothing in common.
    this.#originUs = (id + 1) * 1_000_000_007;
  }

  get alive(): boolean {
    return this.#core !== undefined;
  }

  /**
   * `scriptPhase`, 0..1: how far into their intervals the scripts lie against all else. After days of running that is
   * anything; right after a start it is always the same. Their first run is drawn out for it.
   */
  start(scriptPhase: number = 0): void {
    if (this.#core !== undefined) return;
    this.#scriptPhase = scriptPhase;
    this.#delayed.clear();
    if (scriptPhase > 0) for (const s of this.config.scripts) this.#delayed.add(s.name);
    const core = new Core(
      this.#ports(),
      {
        version: '',
        node: this.name,
        pid: 1,
        configFile: this.config.files[0] ?? '',
        makeBeforeBreak: true,
        keepAddresses: false,
      },
      this.config,
    );
    this.#core = core;
    // A notification is read in a turn of its own, after the call that caused it.
    this.host.notify = (event) => this.#later(core, 0, () => core.onNetlink(event));
    core.start({ errors: 0, warnings: 0 });
  }

  /** Orderly, as at SIGTERM. */
  stop(): void {
    const core = this.#core;
    core?.stop(() => this.#end(core));
  }

  /** The host loses power: no word to anyone, and its addresses are gone with it. */
  crash(): void {
    if (this.#core === undefined) return;
    this.#end(this.#core);
    this.host.reset();
    this.host.changed();
  }

  #end(core: Core): void {
    if (this.#core !== core) return;
    this.#core = undefined;
    this.sockets.clear();
    this.watches.clear();
    this.host.notify = () => {};
    this.host.changed();
  }

  deliver(key: string, received: ReceivedAdvert): void {
    this.#core?.onAdvert(key, received);
  }

  instance(name: string): InstanceSnapshot | undefined {
    return this.#core?.snapshot().instances.find((i) => i.name === name);
  }

  instances(): readonly InstanceSnapshot[] {
    return this.#core?.snapshot().instances ?? [];
  }

  /** A tracked file holds something else now; its change is told in a turn of its own. */
  writeFile(file: string, text: string): void {
    this.host.files.texts.set(file, text);
    const core = this.#core;
    if (core !== undefined) this.#later(core, 0, () => core.onTrackFile(file));
  }

  /** So many processes of this 'vrrp_track_process' run now. */
  setProcesses(name: string, count: number): void {
    this.host.processes.counts.set(name, count);
    const core = this.#core;
    if (core !== undefined) this.#later(core, 0, () => core.onProcessCount(name, count));
  }

  #later(core: Core, delayUs: number, run: () => void): void {
    this.#agenda.at(this.#agenda.nowUs + delayUs, () => {
      if (this.#core === core) run();
    });
  }

  #nowUs(): number {
    return this.#agenda.nowUs + this.#originUs;
  }

  /** One time for all, unlike the monotonic clocks. */
  #wallMs(): number {
    return EPOCH_MS + Math.floor(this.#agenda.nowUs / 1000) + this.clockAheadMs;
  }

  #arm(atUs: number): void {
    const mine = ++this.#armed;
    if (atUs === Number.POSITIVE_INFINITY) return;
    this.#agenda.at(atUs - this.#originUs, () => {
      if (this.#armed === mine) this.#core?.wake();
    });
  }

  #ports(): Ports {
    const nothing = (): void => {};
    return {
      clock: { nowUs: () => this.#nowUs(), wallMs: () => this.#wallMs() },
      timer: { arm: (atUs) => this.#arm(atUs) },
      log: { log: nothing },
      macs: this.#macs,
      adverts: {
        open: (key, spec) => void this.sockets.set(key, spec),
        share: (key, { vrids }) => {
          const spec = this.sockets.get(key);
          if (spec !== undefined) this.sockets.set(key, { ...spec, vrids });
        },
        close: (key) => void this.sockets.delete(key),
        send: (key, advert) => {
          const spec = this.sockets.get(key);
          return spec === undefined
            ? { sent: 0, error: 'EBADF' }
            : this.#wire.send(this, spec.interfaceIndex, advert);
        },
        prepare: nothing,
        encode: () => [], // only for the release file, which nobody reads here
        drain: () => 0, // a packet is handed over when it arrives; none waits
        waiting: () => 0,
      },
      netlink: {
        addAddresses: (list) => list.map((r) => this.host.add(r)),
        deleteAddresses: (list) => list.map((r) => this.host.delete(r)),
        links: () => this.host.links,
        addresses: () => this.host.addresses,
        drain: nothing,
        close: nothing,
      },
      routing: {
        add: (list) => list.map(() => ({ ok: true, already: false })),
        delete: (list) => list.map(() => ({ ok: true, already: false })),
        prepareDelete: () => ({ type: 0, flags: 0, body: new Uint8Array(0) }),
        present: (list) => list.map(() => true),
        watch: nothing,
        close: nothing,
      },
      announce: {
        announce: (_owner, list) => this.#wire.announce(this, list),
        forget: nothing,
        sentCount: () => 0,
        watch: (interfaceIndex, _mac, addresses, seen) => {
          const watch = { interfaceIndex, addresses, seen };
          this.watches.add(watch);
          return () => void this.watches.delete(watch);
        },
        close: nothing,
      },
      hooks: { run: nothing, pendingCount: () => 0, settle: (_boundUs, done) => done() },
      notices: { tell: nothing },
      scripts: {
        prepare: (script) => prepared(script),
        run: (script) => this.#runScript(script),
        cancel: nothing,
        cancelAll: nothing,
      },
      trackFiles: this.host.files,
      processes: this.host.processes,
      carrier: { carrier: (name) => this.host.hasCarrier(name) },
      bfd: { stateOf: () => ({ up: true, detail: '' }) },
      release: { write: nothing, prepare: nothing },
      service: { ready: nothing, reloading: nothing, stopping: nothing, status: nothing, watchdog: nothing },
      settings: { promoteSecondaries: nothing, restore: nothing },
      urgency: { raise: () => 0 },
    };
  }

  #runScript(script: ScriptConfig): boolean {
    const core = this.#core;
    if (core === undefined) return true;
    const durationUs = this.#delayed.delete(script.name)
      ? Math.floor(script.intervalUs * (1 + this.#scriptPhase))
      : Math.min(SCRIPT_RUN_US, script.timeoutUs);
    this.#later(core, durationUs, () => {
      const ok = !this.host.failing.has(script.name);
      core.onScriptResult({
        script: script.name,
        ok,
        exitCode: ok ? 0 : 1,
        timedOut: false,
        inconclusive: false,
        durationUs,
        output: '',
        detail: '',
      });
    });
    return true;
  }
}

/** Every script can be run here: whether the file exists is for `vipd check` on its own machine. */
function prepared(script: ScriptConfig): ReturnType<Ports['scripts']['prepare']> {
  const argv = script.command.argv;
  return {
    ok: true,
    path: argv[0] ?? '',
    argv,
    uid: 0,
    gid: 0,
    userName: 'root',
    home: '/root',
    warnings: [],
  };
}
