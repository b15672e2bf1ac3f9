/**
 * What a reload changes: the difference of two checked configurations, as data. Instances are the same router when
 * family, VRID, interface and way of sending agree, whatever they are called: keepalived matches them so, and a
 * renamed block must not cost a failover.
 */
import { equalBytes, toHex } from '../base/bytes.ts';
import { drain } from '../base/steps.ts';
import type { Config, InstanceConfig, ScriptConfig, VirtualAddress } from './config.ts';

export type KeptInstance = {
  readonly old: InstanceConfig;
  readonly next: InstanceConfig;
  readonly renamed: boolean;
  /** Fields that differ, without `name` and `place`. */
  readonly changed: readonly (keyof InstanceConfig)[];
  readonly addedAddresses: readonly VirtualAddress[]; // VIPs and excluded ones
  readonly removedAddresses: readonly VirtualAddress[];
};

export type ReloadPlan = {
  readonly kept: readonly KeptInstance[];
  readonly added: readonly InstanceConfig[]; // start as at start-up
  readonly removed: readonly InstanceConfig[]; // priority 0, release, notify FAULT or DELETED
  readonly scripts: {
    readonly kept: readonly ScriptConfig[]; // same name and command: the last result stays
    readonly added: readonly ScriptConfig[];
    readonly removed: readonly ScriptConfig[];
  };
  readonly groupsChanged: boolean;
  readonly globalChanged: readonly (keyof Config['global'])[];
  /** Global settings that cannot change while running; not empty = the reload must be refused. */
  readonly refused: readonly string[];
};

/** What makes two blocks the same virtual router. */
function identity(i: InstanceConfig): string {
  const way = i.unicastPeers.length > 0 ? `unicast ${i.sourceAddress ?? ''}` : 'multicast';
  const { vmac, ipvlan } = i;
  const device =
    vmac === undefined
      ? (ipvlan?.name ?? '')
      : `${vmac.name} ${toHex(vmac.mac)} ${vmac.xmitBase ? 'base' : ''} ${vmac.group ?? 0}`;
  return `${i.family} ${i.vrid} ${i.interface} ${way} ${device}`;
}

const peersOf = (i: InstanceConfig): string =>
  i.unicastPeers
    .map((p) => p.address)
    .sort()
    .join();

/** Of several routers that only their peers tell apart: the one with the same peers, else of the same name, else the first. */
function take(candidates: InstanceConfig[], i: InstanceConfig): InstanceConfig | undefined {
  const peers = peersOf(i);
  const byPeers = candidates.length < 2 ? 0 : candidates.findIndex((c) => peersOf(c) === peers);
  const at = byPeers >= 0 ? byPeers : candidates.findIndex((c) => c.name === i.name);
  return candidates.splice(Math.max(0, at), 1)[0];
}

/** Values compared by content; places are not content. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key in x) if (key !== 'place' && !same(x[key], y[key])) return false;
  for (const key in y) if (key !== 'place' && !(key in x) && y[key] !== undefined) return false;
  return true;
}

function changedKeys<T extends object>(a: T, b: T, without: readonly string[]): readonly (keyof T)[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof T & string>;
  return [...keys].filter((k) => !without.includes(k) && !same(a[k], b[k]));
}

/** One address on one interface; label, scope and the rest are changed in place. */
const addressKey = (v: VirtualAddress): string => `${toHex(v.bytes)}/${v.prefixLength} ${v.interface}`;

function keep(old: InstanceConfig, next: InstanceConfig): KeptInstance {
  const before = [...old.vips, ...old.excludedVips];
  const after = [...next.vips, ...next.excludedVips];
  const had = new Set(before.map(addressKey));
  const has = new Set(after.map(addressKey));
  return {
    old,
    next,
    renamed: old.name !== next.name,
    changed: changedKeys(old, next, ['name', 'place']),
    addedAddresses: after.filter((v) => !had.has(addressKey(v))),
    removedAddresses: before.filter((v) => !has.has(addressKey(v))),
  };
}

const FIXED = ['netNamespace', 'instanceName'] as const;

/** Settings that differ and cannot change while running. */
export const refusedChanges = (old: Config, next: Config): readonly string[] =>
  FIXED.filter((k) => old.global[k] !== next.global[k]).map((k) =>
    k === 'netNamespace' ? 'net_namespace' : 'instance',
  );

/** Pure: says what has to happen, does nothing. Order of the lists is that of the files. */
export function planReload(old: Config, next: Config): ReloadPlan {
  return drain(planning(old, next));
}

/** `planReload`, an instance a step. */
export function* planning(old: Config, next: Config): Generator<void, ReloadPlan> {
  const free = new Map<string, InstanceConfig[]>();
  for (const i of old.instances) {
    const same = free.get(identity(i));
    if (same === undefined) free.set(identity(i), [i]);
    else same.push(i);
  }
  const kept: KeptInstance[] = [];
  const added: InstanceConfig[] = [];
  for (const i of next.instances) {
    const match = take(free.get(identity(i)) ?? [], i);
    if (match === undefined) added.push(i);
    else kept.push(keep(match, i));
    yield;
  }
  const left = new Set([...free.values()].flat());
  const oldScripts = new Map(old.scripts.map((s) => [s.name, s] as const));
  const stays = (s: ScriptConfig): boolean => same(oldScripts.get(s.name)?.command, s.command);
  const staying = new Set(next.scripts.filter(stays).map((s) => s.name));
  return {
    kept,
    added,
    removed: old.instances.filter((i) => left.has(i)),
    scripts: {
      kept: next.scripts.filter((s) => staying.has(s.name)),
      added: next.scripts.filter((s) => !staying.has(s.name)),
      removed: old.scripts.filter((s) => !staying.has(s.name)),
    },
    groupsChanged: !same(old.groups, next.groups),
    globalChanged: changedKeys(old.global, next.global, []),
    refused: refusedChanges(old, next),
  };
}
