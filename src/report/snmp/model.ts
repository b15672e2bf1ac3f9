/**
 * What is answered over SNMP, from one picture of the daemon for many requests. A new one is taken once a second at most, at
 * once after something was told, and never so often that taking pictures is more than a twentieth of what this process does.
 */
import type { Config } from '../../config/config.ts';
import type { Notice } from '../../ports/notice.ts';
import type { Oid, SearchRange, SetOutcome, SnmpModel, SnmpValue, VarBind } from '../../ports/snmp.ts';
import { globalTables } from './keepalived-global.ts';
import { instanceTables } from './keepalived-instances.ts';
import { type DaemonView, KEEPALIVED_MIB, type Picture, pictureOf } from './picture.ts';
import { Tree } from './tree.ts';

const LIFE_US = 1_000_000;
const SHARE = 20;
const TICK_US = 10_000;

export type ModelDeps = {
  readonly everything: boolean; // -x, which stands for all of 'enable_snmp_*'
  readonly view: () => DaemonView;
  readonly nowUs: () => number;
};

export class Model implements SnmpModel {
  readonly #deps: ModelDeps;
  #tree = new Tree<Picture>([]);
  #subtrees: readonly Oid[] = [];
  #picture: Picture | undefined;
  #takenUs = 0;
  #costUs = 0;
  #stale = false;
  #bootUs = 0; // of the master agent

  constructor(deps: ModelDeps) {
    this.#deps = deps;
  }

  reconfigure(config: Config): void {
    const vrrp = this.#deps.everything || config.global.snmp.vrrp;
    this.#tree = new Tree<Picture>([...(vrrp ? [...globalTables, ...instanceTables] : [])]);
    this.#subtrees = vrrp
      ? [
          [...KEEPALIVED_MIB, 1],
          [...KEEPALIVED_MIB, 2],
        ]
      : [];
    this.#picture = undefined;
  }

  subtrees(): readonly Oid[] {
    return this.#subtrees;
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

  test(_: VarBind): SetOutcome {
    return 'notWritable';
  }

  set(_: VarBind): SetOutcome {
    return 'notWritable';
  }

  traps(_: Notice): readonly (readonly VarBind[])[] {
    this.#stale = true;
    return [];
  }

  #current(): Picture {
    const nowUs = this.#deps.nowUs();
    const ageUs = nowUs - this.#takenUs;
    if (this.#picture !== undefined && ageUs < (this.#stale ? 0 : LIFE_US)) return this.#picture;
    if (this.#picture !== undefined && ageUs < SHARE * this.#costUs) return this.#picture;
    this.#picture = pictureOf(this.#deps.view(), (nowUs - this.#bootUs) / TICK_US, () => ({
      upSinceTicks: -1,
      masterReason: 'not-master',
      protocolError: 'none',
    }));
    this.#stale = false;
    this.#takenUs = nowUs;
    this.#costUs = this.#deps.nowUs() - nowUs;
    return this.#picture;
  }
}
