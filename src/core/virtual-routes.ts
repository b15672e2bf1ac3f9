/**
 * The virtual routes and rules of an instance: set behind its addresses, removed before them (behaviour.md C2, C3).
 * Synchronous; what the kernel refuses is reported with its own words and does not hold up the rest.
 */

import type { ReleaseState } from '../ports/system.ts';
import type { Context } from './context.ts';
import type { HeldRouting, Router } from './router.ts';
import {
  interfacesOf,
  isTracked,
  itemOf,
  linesOf,
  type RoutingLine,
  routingKey,
  routingText,
} from './routing-items.ts';

/** Sets what is not there; `only` picks lines. */
export function addRoutes(ctx: Context, r: Router, only: (l: RoutingLine) => boolean = () => true): void {
  if (r.config.routes.length + r.config.rules.length === 0) return;
  const list = linesOf(r.config.routes, r.config.rules).filter(only);
  const wanted = list.flatMap((line) => {
    const item = itemOf(line, ctx.links);
    return item === undefined ? [] : [{ line, item }];
  });
  for (const kind of ['route', 'rule'] as const)
    if (wanted.some((w) => w.line.kind === kind))
      say(ctx, r, `setting Virtual ${kind === 'route' ? 'Routes' : 'Rules'}`);
  const results = ctx.ports.routing.add(wanted.map((w) => w.item));
  // Whether the kernel shows them as we know them.
  ctx.post({ type: 'routing' });
  ctx.releaseDirty = true;
  for (const [i, result] of results.entries()) {
    const { line, item } = wanted[i] as (typeof wanted)[number];
    const key = routingKey(line);
    if (result.ok) r.routing.set(key, { line, item, seen: r.routing.get(key)?.seen === true });
    else
      ctx.ports.log.log(
        'error',
        `(${r.config.name}) cannot add the virtual ${line.kind} ${routingText(line)}: ${result.code ?? ''} ${result.text ?? ''}`.trim(),
        { instance: r.config.name },
      );
  }
}

/** Removes what we set: rules, then routes. `only` picks lines. */
export function removeRoutes(ctx: Context, r: Router, only: (l: RoutingLine) => boolean = () => true): void {
  const held = [...r.routing].filter(([, h]) => only(h.line));
  for (const kind of ['rule', 'route'] as const) {
    const list = held.filter(([, h]) => h.line.kind === kind);
    if (list.length === 0) continue;
    say(ctx, r, `removing Virtual ${kind === 'route' ? 'Routes' : 'Rules'}`);
    const results = ctx.ports.routing.delete(list.map(([, h]) => h.item));
    ctx.releaseDirty = true;
    for (const [i, [key, { line }]] of list.entries()) {
      r.routing.delete(key);
      const result = results[i];
      if (result?.ok === false)
        ctx.ports.log.log(
          'error',
          `(${r.config.name}) cannot remove the virtual ${line.kind} ${routingText(line)}: ${result.code ?? ''}`,
          { instance: r.config.name },
        );
    }
  }
}

/** Rules, then routes (C1, C3). */
export const inOrderOfRemoval = <T extends { readonly line: RoutingLine }>(
  list: readonly T[],
): readonly T[] => [
  ...list.filter((h) => h.line.kind === 'rule'),
  ...list.filter((h) => h.line.kind === 'route'),
];

/** A reload: `r` has its new configuration; what is no longer in it goes. The rest is set when the machine asks for it. */
export function removeOldRoutes(ctx: Context, r: Router): void {
  if (r.routing.size === 0) return;
  const stays = new Set(linesOf(r.config.routes, r.config.rules).map(routingKey));
  removeRoutes(ctx, r, (l) => !stays.has(routingKey(l)));
}

/** What went with the link comes back with it: a master that does not watch the interface is still master. */
export function restoreRoutes(ctx: Context, r: Router, iface: string): void {
  if (r.state.name !== 'master') return;
  addRoutes(ctx, r, (l) => isTracked(l) && interfacesOf(l).includes(iface));
  ctx.pace(r);
}

/** Every virtual line that can be there, in the order of its removal. */
function removable(ctx: Context): readonly Omit<HeldRouting, 'seen'>[] {
  const all = ctx.config.instances.flatMap((c) =>
    linesOf(c.routes, c.rules).flatMap((line) => {
      const item = itemOf(line, ctx.links);
      return item === undefined ? [] : [{ line, item }];
    }),
  );
  return inOrderOfRemoval(all);
}

/** Leftovers of a crash, which nobody but we can have made. */
export function removeLeftoverRoutes(ctx: Context): void {
  const items = removable(ctx).map((h) => h.item);
  if (items.length === 0) return;
  const removed = ctx.ports.routing.delete(items).filter((x) => x.ok && !x.already).length;
  if (removed > 0)
    ctx.ports.log.log(
      'warning',
      `removed ${removed} virtual route(s) and rule(s) that an earlier run left behind`,
    );
}

/** The same for the release files. ip-batch(8) takes every rule without `-6` for one of IPv4. */
export function releasedRouting(ctx: Context): NonNullable<ReleaseState['routing']> {
  return removable(ctx).map(({ line, item }) => ({
    text: line.kind === 'rule' && line.rule.family === 6 ? '' : `${line.kind} del ${routingText(line)}`,
    request: ctx.ports.routing.prepareDelete(item),
  }));
}

const say = (ctx: Context, r: Router, text: string): void =>
  ctx.ports.log.log('debug', `(${r.config.name}) ${text}`, { instance: r.config.name });
