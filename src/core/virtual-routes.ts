/**
 * The virtual routes and rules of an instance: set behind its addresses, removed before them (behaviour.md C2, C3).
 * Synchronous; what the kernel refuses is reported with its own words and does not hold up the rest.
 */
import type { Context } from './context.ts';
import type { Router } from './router.ts';
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
  ctx.releaseDirty = true;
  for (const [i, result] of results.entries()) {
    const { line, item } = wanted[i] as (typeof wanted)[number];
    if (result.ok) r.routing.set(routingKey(line), { line, item });
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

/** A reload: `r` has its new configuration; what is no longer in it goes. The rest is set when the machine asks for it. */
export function removeOldRoutes(ctx: Context, r: Router): void {
  if (r.routing.size === 0) return;
  const stays = new Set(linesOf(r.config.routes, r.config.rules).map(routingKey));
  removeRoutes(ctx, r, (l) => !stays.has(routingKey(l)));
}

/** What went with the link comes back with it: a master that does not watch the interface is still master. */
export function restoreRoutes(ctx: Context, r: Router, iface: string): void {
  if (r.state.name === 'master') addRoutes(ctx, r, (l) => isTracked(l) && interfacesOf(l).includes(iface));
}

/** Leftovers of a crash, which nobody but we can have made: rules, then routes (C1). */
export function removeLeftoverRoutes(ctx: Context): void {
  const items = ctx.config.instances.flatMap((c) =>
    linesOf(c.routes, c.rules).flatMap((l) => itemOf(l, ctx.links) ?? []),
  );
  if (items.length === 0) return;
  const ordered = [...items.filter((i) => i.kind === 'rule'), ...items.filter((i) => i.kind === 'route')];
  const removed = ctx.ports.routing.delete(ordered).filter((x) => x.ok && !x.already).length;
  if (removed > 0)
    ctx.ports.log.log(
      'warning',
      `removed ${removed} virtual route(s) and rule(s) that an earlier run left behind`,
    );
}

const say = (ctx: Context, r: Router, text: string): void =>
  ctx.ports.log.log('debug', `(${r.config.name}) ${text}`, { instance: r.config.name });
