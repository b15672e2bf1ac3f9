/**
 * 'enable_dbus': the daemon and its instances on the system bus. A bus that is not there, or goes away, is said once and tried
 * again after 1 s, doubling to 60 s; nothing waits for it.
 */
import type { Config, Notice, NoticeListener } from '../../ports/notice.ts';
import type { Log } from '../../ports/system.ts';
import { type Bus, DO_NOT_QUEUE, type Library, OWNED } from './library.ts';
import { instancePath, type Place, type StateName, vrrpPath } from './names.ts';
import { type DaemonActions, type InstanceObject, objectMakers, type VrrpObject } from './objects.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** At the end the last signal is given this long to leave. */
const FLUSH_MS = 100;

export type DbusDeps = {
  readonly library: Library;
  readonly log: Log;
  readonly namespace: string;
  readonly actions: DaemonActions;
};

type Known = {
  readonly path: string;
  readonly name: string;
  state: StateName;
  object: InstanceObject | undefined;
};

export class Dbus implements NoticeListener {
  readonly #deps: DbusDeps;
  #place: Place | undefined;
  #bus: Bus | undefined;
  #vrrp: VrrpObject | undefined;
  #instances = new Map<string, Known>(); // by path
  #started = false;
  #closed = false;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;
  #complained = false;

  constructor(deps: DbusDeps) {
    this.#deps = deps;
  }

  reconfigure(config: Config): void {
    const { dbus, instanceName = '' } = config.global;
    const { serviceName, noInterfaceName } = dbus;
    const place = { serviceName, noInterfaceName, instance: instanceName, namespace: this.#deps.namespace };
    const moved = this.#place !== undefined && this.#place.serviceName !== serviceName;
    this.#place = place;
    const before = this.#instances;
    this.#instances = new Map();
    for (const c of config.instances) {
      const path = instancePath(place, c);
      const old = before.get(path);
      before.delete(path);
      const same = old !== undefined && old.name === c.name && !moved;
      if (!same && old?.object !== undefined) this.#bus?.unexport(path);
      this.#instances.set(
        path,
        same ? old : { path, name: c.name, state: old?.state ?? 'INIT', object: undefined },
      );
    }
    for (const { path, object } of before.values()) if (object !== undefined) this.#bus?.unexport(path);
    if (this.#bus === undefined || moved) this.#connect();
    else this.#exportInstances();
  }

  tell(notice: Notice): void {
    switch (notice.type) {
      case 'started':
        this.#started = true;
        this.#vrrp?.VrrpStarted();
        break;
      case 'stopped':
        this.#vrrp?.VrrpStopped();
        break;
      case 'reloaded':
        for (const i of notice.instances) this.#become(i.config, i.state);
        this.#vrrp?.VrrpReloaded();
        break;
      case 'instance':
        this.#become(notice.config, stateOf(notice.state));
        break;
      default:
        break;
    }
  }

  #become(config: Config['instances'][number], state: StateName): void {
    const known =
      this.#place === undefined ? undefined : this.#instances.get(instancePath(this.#place, config));
    if (known === undefined) return;
    known.state = state;
    known.object?.become(state);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#bus === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    this.#bus.disconnect();
    this.#bus = undefined;
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#drop();
    if (this.#closed || this.#place === undefined) return;
    const { serviceName } = this.#place;
    const bus = this.#deps.library.systemBus();
    this.#bus = bus;
    const lost = (e: unknown) => {
      if (this.#bus === bus) this.#lost(e instanceof Error ? e.message : String(e));
    };
    bus.on('error', lost);
    bus._connection.on('end', () => lost('the connection ended'));
    bus.requestName(serviceName, DO_NOT_QUEUE).then((reply) => {
      if (this.#bus !== bus) return;
      if (!OWNED.includes(reply)) return lost(`${serviceName} has another owner`);
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#complained = false;
      this.#exportAll(bus);
    }, lost);
  }

  #exportAll(bus: Bus): void {
    const place = this.#place as Place;
    this.#vrrp = this.#makers(place).vrrp();
    bus.export(vrrpPath(place), this.#vrrp);
    this.#exportInstances();
    if (this.#started) this.#vrrp.VrrpStarted();
  }

  #makers(place: Place) {
    return objectMakers(this.#deps.library, place.serviceName, this.#deps.actions);
  }

  #exportInstances(): void {
    if (this.#vrrp === undefined || this.#place === undefined) return;
    const makers = this.#makers(this.#place);
    for (const known of this.#instances.values()) {
      if (known.object !== undefined) continue;
      known.object = makers.instance(known.name, known.state);
      this.#bus?.export(known.path, known.object);
    }
  }

  #drop(): void {
    const bus = this.#bus;
    this.#bus = undefined;
    this.#vrrp = undefined;
    for (const known of this.#instances.values()) known.object = undefined;
    bus?.disconnect();
  }

  #lost(why: string): void {
    this.#drop();
    if (this.#closed) return;
    if (!this.#complained)
      this.#deps.log.log('warning', `D-Bus: ${why}; VRRP runs without it, tried again every now and then`);
    this.#complained = true;
    this.#timer = setTimeout(() => this.#connect(), this.#pauseMs);
    this.#timer.unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }
}

/** The end of an instance is its beginning state. */
const stateOf = (word: string): StateName =>
  word === 'MASTER' || word === 'BACKUP' || word === 'FAULT' ? word : 'INIT';
