/**
 * What is answered over SNMP, from one picture of the daemon for many requests. A new one is taken once a second at most, at
 * once after something was told, and never so often that taking pictures is more than a twentieth of what this process does.
 */
import type { Config } from '../../config/config.ts';
import type { Link } from '../../ports/netlink.ts';
import type { Notice } from '../../ports/notice.ts';
import type { Oid, SearchRange, SetOutcome, SnmpModel, SnmpValue, VarBind } from '../../ports/snmp.ts';
import { History } from './history.ts';
import { addressTables } from './keepalived-addresses.ts';
import { globalTables } from './keepalived-global.ts';
import { instanceTables } from './keepalived-instances.ts';
import { routingTables } from './keepalived-routing.ts';
import { trackingTables } from './keepalived-tracking.ts';
import { type DaemonView, KEEPALIVED_MIB, type Picture, pictureOf, VRRP_MIB, VRRPV3_MIB } from './picture.ts';
import { type Mibs, Traps } from './traps.ts';
import { Tree } from './tree.ts';
import { vrrpTables } from './vrrp-mib.ts';
import { vrrpv3Tables } from './vrrpv3-mib.ts';
import { type Amend, changeOf } from './writable.ts';

const KEEPALIVED = [
  ...globalTables,
  ...instanceTables,
  ...trackingTables,
  ...addressTables,
  ...routingTables,
];

const LIFE_US = 1_000_000;
const SHARE = 20;
const TICK_US = 10_000;

export type ModelDeps = {
  readonly everything: boolean; // -x, which stands for all of 'enable_snmp_*'
  readonly view: () => DaemonView;
  readonly links: () => readonly Link[];
  readonly amend: Amend;
  readonly nowUs: () => number;
};

export class Model implements SnmpModel {
  readonly #deps: ModelDeps;
  #tree = new Tree<Picture>([]);
  #mibs: Mibs = { keepalived: false, v2: false, v3: false };
  #trapping = false;
  #routerId = '';
  readonly #history = new History();
  readonly #traps = new Traps();
  #picture: Picture | undefined;
  #takenUs = 0;
  #costUs = 0;
  #stale = false;
  #bootUs = 0; // of the master agent

  constructor(deps: ModelDeps) {
    this.#deps = deps;
  }

  reconfigure(config: Config): void {
    const { everything } = this.#deps;
    const { vrrp, rfcV2, rfcV3, traps } = config.global.snmp;
    const mibs = { keepalived: everything || vrrp, v2: everything || rfcV2, v3: everything || rfcV3 };
    this.#mibs = mibs;
    this.#trapping = traps;
    this.#routerId = config.global.routerId;
    this.#tree = new Tree<Picture>([
      ...(mibs.keepalived ? KEEPALIVED : []),
      ...(mibs.v2 ? vrrpTables : []),
      ...(mibs.v3 ? vrrpv3Tables : []),
    ]);
    this.#picture = undefined;
  }

  subtrees(): readonly Oid[] {
    const { keepalived, v2, v3 } = this.#mibs;
    return [
      ...(keepalived
        ? [
            [...KEEPALIVED_MIB, 1],
            [...KEEPALIVED_MIB, 2],
          ]
        : []),
      ...(v2 ? [VRRP_MIB] : []),
      ...(v3 ? [VRRPV3_MIB] : []),
    ];
  }

  upTime(ticks: number): void {
    this.#bootUs = this.#deps.nowUs() - ticks * TICK_US;
  }

  get(oid: Oid): SnmpValue {
    return this.#tree.get(oid, this.#current());
  }

  next(range: SearchRange): VarBind {
    return this.#tree.next(range, this.#current());
  }

  test(bind: VarBind): SetOutcome {
    const change = changeOf(bind, this.#current());
    return typeof change === 'string' ? change : 'ok';
  }

  set(bind: VarBind): SetOutcome {
    const change = changeOf(bind, this.#current());
    if (typeof change === 'string') return change;
    const done = this.#deps.amend(change.instance, change.amendment);
    this.#picture = undefined;
    return done ? 'ok' : 'commitFailed';
  }

  traps(notice: Notice): readonly (readonly VarBind[])[] {
    const nowUs = this.#deps.nowUs();
    this.#history.tell(notice, nowUs);
    if (notice.type !== 'rejected') this.#stale = true;
    if (!this.#trapping) return [];
    return this.#traps.of(notice, this.#mibs, {
      routerId: this.#routerId,
      interfaceIndex: (name) => this.#deps.links().find((l) => l.name === name)?.index ?? 0,
      nowUs,
    });
  }

  #current(): Picture {
    const nowUs = this.#deps.nowUs();
    const ageUs = nowUs - this.#takenUs;
    if (this.#picture !== undefined && ageUs < (this.#stale ? 0 : LIFE_US)) return this.#picture;
    if (this.#picture !== undefined && ageUs < SHARE * this.#costUs) return this.#picture;
    this.#picture = pictureOf(this.#deps.view(), {
      nowUs,
      bootUs: this.#bootUs,
      remembered: (instance) => this.#history.of(instance),
    });
    this.#stale = false;
    this.#takenUs = nowUs;
    this.#costUs = this.#deps.nowUs() - nowUs;
    return this.#picture;
  }
}
