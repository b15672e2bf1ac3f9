/**
 * Applies a new configuration: instances that are gone stop, new ones start, the others keep their state and get only
 * the differences (behaviour.md B21). Which instance is which is the plan's business (config/plan.ts), not its name's.
 */
import type { Config, InstanceConfig, VirtualAddress } from '../config/config.ts';
import { type KeptInstance, planning, type ReloadPlan } from '../config/reload.ts';
import { effectivePriority } from '../track/priority.ts';
import type { Event } from '../vrrp/types.ts';
import type { Context } from './context.ts';
import { removeAddresses } from './effects.ts';
import type { Groups } from './groups.ts';
import { linksByName } from './network.ts';
import { closeSockets, refreshRouter } from './reachability.ts';
import { allAddresses, paramsOf, type Router } from './router.ts';
import { refreshSharing } from './sharing.ts';
import { startRouters } from './start.ts';
import type { Tracking } from './tracking.ts';
import { removeOldRoutes } from './virtual-routes.ts';
import { unwatch } from './watching.ts';

/** One line for each thing that changed: for the log and for `vipd reload`. */
export type ReloadReport = { readonly lines: readonly string[] };

export type ReloadHands = {
  add(config: InstanceConfig): Router;
  remove(r: Router): void;
  step(r: Router, event: Event): void;
  /** The new configuration is in force; `same`: every instance is what it was. */
  settled(same: boolean): void;
  readonly groups: Groups;
  readonly tracking: Tracking;
};

const keyOf = (v: VirtualAddress): string =>
  JSON.stringify([
    v.address,
    v.prefixLength,
    v.interface,
    v.label,
    v.scope,
    v.broadcast?.join('.'),
    v.peer?.bytes.join('.'),
    v.flags,
    v.preferredLifetimeS,
  ]);

/**
 * In steps between which anything may happen but another reload. Up to 'settled' nothing is changed; there the new
 * configuration comes into force at once; then one instance after the other is told.
 */
export function* applying(ctx: Context, written: Config, hands: ReloadHands): Generator<void, ReloadReport> {
  const placed = ctx.devices.plan(written);
  const next = placed.config;
  const plan = yield* planning(ctx.config, next);
  const lines: string[] = [];
  const byConfig = new Map(ctx.routers.map((r) => [r.config, r]));
  for (const old of plan.removed) {
    const r = byConfig.get(old);
    if (r === undefined) continue;
    lines.push(`${old.name}: removed`);
    r.removed = true;
    hands.step(r, { type: 'shutdown', lingerUs: 0 });
    closeSockets(ctx, r);
    hands.remove(r);
  }
  ctx.config = next;
  ctx.links = linksByName(ctx.ports.netlink.links());
  ctx.devices.apply(placed);
  hands.tracking.configure(next);
  const kept: Router[] = [];
  for (const pair of plan.kept) {
    const r = byConfig.get(pair.old);
    if (r === undefined) continue;
    kept.push(r);
    // What was watched was judged by the rules that end here.
    unwatch(ctx, r);
    if (unchanged(pair)) takeAsItIs(ctx, r, pair.next);
    else {
      lines.push(...describe(pair));
      replace(ctx, r, pair.next);
    }
  }
  const added = plan.added.map((c) => hands.add(c));
  for (const r of added) lines.push(`${r.config.name}: added`);
  hands.groups.configure(next.groups, ctx.routers);
  hands.tracking.attach();
  refreshSharing(ctx);
  hands.settled(plan.kept.every(unchanged) && plan.added.length === 0 && plan.removed.length === 0);
  yield;
  for (const r of kept) {
    const addressesAdded = r.addressesAdded;
    r.addressesAdded = false;
    refreshRouter(ctx, r, hands.tracking);
    const priority = effectivePriority(r.config.priority, r.contributions);
    hands.step(r, { type: 'reconfigured', priority, addressesAdded });
    yield;
  }
  ctx.devices.finish();
  for (const r of added) {
    startRouters(ctx, [r], hands.tracking, ctx.ports.clock.nowUs());
    yield;
  }
  lines.push(...describeRest(plan));
  return { lines: lines.length === 0 ? ['nothing changed'] : lines };
}

const unchanged = (pair: KeptInstance): boolean => pair.changed.length === 0 && !pair.renamed;

/** Only places in the text differ, and what other blocks say of this one. */
function takeAsItIs(ctx: Context, r: Router, next: InstanceConfig): void {
  r.config = next;
  r.params = paramsOf(next, inGroup(ctx, next));
  if (next.promoteSecondaries) ctx.ports.settings.promoteSecondaries(next.interface);
}

const inGroup = (ctx: Context, i: InstanceConfig): boolean =>
  ctx.config.groups.some((g) => g.members.includes(i.name));

/** New configuration and parameters; where we hold the addresses, only the differences are added and removed. */
function replace(ctx: Context, r: Router, next: InstanceConfig): void {
  const before = allAddresses(r.config);
  const after = allAddresses(next);
  const had = new Set(before.map(keyOf));
  const has = new Set(after.map(keyOf));
  if (r.config.name !== next.name) ctx.ports.announce.forget(r.config.name);
  r.config = next;
  r.params = paramsOf(next, inGroup(ctx, next));
  if (next.promoteSecondaries) ctx.ports.settings.promoteSecondaries(next.interface);
  removeOldRoutes(ctx, r);
  if (!r.vipsSet) return;
  const gone = before.filter((v) => !has.has(keyOf(v)));
  if (gone.length > 0) removeAddresses(ctx, r, gone);
  // The machine's answer to 'reconfigured' is the wish that all be present: the new ones are added there, in order.
  r.addressesAdded = after.some((v) => !had.has(keyOf(v)));
}

/** Fields that `describe` shows with their values. */
const SHOWN = new Set(['priority', 'adverIntUs', 'vips', 'excludedVips']);
/** Fields whose keyword is not their name in snake_case. */
const KEYWORDS: Readonly<Record<string, string>> = {
  unicastPeers: 'unicast_peer',
  sourceAddress: 'source address',
  trackScripts: 'track_script',
  trackInterfaces: 'track_interface',
  ttl: 'unicast_ttl',
  hmac: 'auth_hmac',
};
const keyword = (field: string): string =>
  KEYWORDS[field] ?? field.replace(/Us$/, '').replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** Scripts, groups and global_defs. */
function describeRest(plan: ReloadPlan): string[] {
  const out: string[] = [];
  const before = new Set(plan.scripts.removed.map((s) => s.name));
  const after = new Set(plan.scripts.added.map((s) => s.name));
  for (const name of new Set([...before, ...after]))
    out.push(
      `vrrp_script ${name}: ${before.has(name) && after.has(name) ? 'changed' : after.has(name) ? 'added' : 'removed'}`,
    );
  if (plan.groupsChanged) out.push('sync groups changed');
  if (plan.globalChanged.length > 0)
    out.push(`global_defs: ${plan.globalChanged.map(keyword).join(', ')} changed`);
  return out;
}

function describe({ old, next, changed }: KeptInstance): string[] {
  const out: string[] = [];
  if (old.name !== next.name) out.push(`renamed to ${next.name}`);
  if (old.priority !== next.priority) out.push(`priority ${old.priority} -> ${next.priority}`);
  if (old.adverIntUs !== next.adverIntUs)
    out.push(`advert_int ${old.adverIntUs / 1e6} -> ${next.adverIntUs / 1e6} s`);
  const had = new Set(allAddresses(old).map(keyOf));
  const has = new Set(allAddresses(next).map(keyOf));
  for (const v of allAddresses(next)) if (!had.has(keyOf(v))) out.push(`+${v.address}/${v.prefixLength}`);
  for (const v of allAddresses(old)) if (!has.has(keyOf(v))) out.push(`-${v.address}/${v.prefixLength}`);
  const others = changed.filter((field) => !SHOWN.has(field)).map(keyword);
  if (others.length > 0) out.push(`${others.join(', ')} changed`);
  return out.length === 0 ? [] : [`${old.name}: ${out.join(', ')}`];
}
