/**
 * Routes and rules against the kernel: static entries from start to end (C1, C4), and watching over them and over the
 * virtual ones. A deleted virtual one sends its instance to BACKUP as a deleted address does, a static one is put back
 * (B19). The kernel is read when something was deleted: what is there now counts, not what was told.
 */
import type { Config, VirtualAddress } from '../config/config.ts';
import type { AddressResult, KernelAddress } from '../ports/netlink.ts';
import { type Tracked, trackedStatus } from '../track/priority.ts';
import type { Context } from './context.ts';
import { addressRequest, sameAddress } from './network.ts';
import type { Router } from './router.ts';
import {
  groupOf,
  interfacesOf,
  isTracked,
  itemOf,
  linesOf,
  type RoutingLine,
  routingKey,
  routingText,
} from './routing-items.ts';
import type { RoutingSet } from './snapshot.ts';
import type { TrackHands, TrackSource } from './track-source.ts';
import { restoreRoutes } from './virtual-routes.ts';

/** When the kernel could not be read; and the least time between two readings, for a host where routes change all the time. */
const RETRY_US = 100_000;
const NEVER = Number.POSITIVE_INFINITY;

type Static = { readonly line: Line; lost: string }; // lost: why it is not there; '' = it is
type Line = RoutingLine | { readonly kind: 'address'; readonly address: VirtualAddress };

export class Routing implements TrackSource {
  readonly #ctx: Context;
  readonly #hands: TrackHands;
  readonly #checkId: number;
  #statics = new Map<string, Static>();
  #readAtUs = Number.NEGATIVE_INFINITY;

  constructor(ctx: Context, hands: TrackHands) {
    this.#ctx = ctx;
    this.#hands = hands;
    this.#checkId = hands.allocate();
  }

  /** Static entries: those that are gone are removed, the others set in the order addresses, routes, rules. */
  configure(config: Config): void {
    const next: Line[] = [
      ...config.staticAddresses.map((address): Line => ({ kind: 'address', address })),
      ...linesOf(config.staticRoutes, config.staticRules),
    ];
    const keys = new Set(next.map(keyOf));
    this.#remove([...this.#statics.values()].filter((s) => !keys.has(keyOf(s.line))));
    this.#statics = new Map(next.map((line) => [keyOf(line), { line, lost: '' }]));
    for (const s of this.#statics.values()) this.#set(s);
    // An address of ours may be the one that an instance sends from.
    if (config.staticAddresses.length > 0) this.#ctx.ports.netlink.drain();
    const watched =
      config.instances.some((i) => linesOf(i.routes, i.rules).some(isTracked)) ||
      next.some((l) => l.kind !== 'address' && isTracked(l));
    this.#ctx.ports.routing.watch(watched);
  }

  attach(): void {}

  stop(): void {}

  /** The end: everything static goes, in reverse order. */
  release(): void {
    this.#ctx.ports.routing.watch(false);
    this.#remove([...this.#statics.values()].reverse());
    this.#statics.clear();
  }

  /** The groups that `r` is in: down while one of their entries is missing. */
  trackedOf(r: Router): readonly Tracked[] {
    return this.#ctx.config.trackGroups
      .filter((g) => g.instances.includes(r.config.name))
      .map((g) => {
        const lost = [...this.#statics.values()].find(
          (s) => s.lost !== '' && trackGroupOf(s.line) === g.name,
        );
        return trackedStatus({
          what: `track_group ${g.name}`,
          weight: 0,
          reverse: false,
          status: lost === undefined ? 'up' : 'down',
          detail:
            lost === undefined
              ? ''
              : `static ${lost.line.kind} ${textOf(lost.line)} is missing: ${lost.lost}`,
        });
      });
  }

  /** Those of an instance, or without a name the static ones. */
  setOf(instance?: string): RoutingSet {
    const ctx = this.#ctx;
    const router = ctx.routers.find((r) => r.config.name === instance);
    const { routes, rules } =
      instance === undefined
        ? { routes: ctx.config.staticRoutes, rules: ctx.config.staticRules }
        : (router?.config ?? { routes: [], rules: [] });
    const isSet = (line: RoutingLine): boolean =>
      instance === undefined
        ? this.#statics.get(keyOf(line))?.lost === ''
        : router?.routing.has(routingKey(line)) === true;
    return {
      routes: routes.map((route) => isSet({ kind: 'route', route })),
      rules: rules.map((rule) => isSet({ kind: 'rule', rule })),
    };
  }

  onDeadline(id: number): boolean {
    if (id !== this.#checkId) return false;
    this.#hands.setDeadline(id, NEVER);
    this.#check();
    return true;
  }

  /** In a turn of its own, when the notifications about links that came with it are in. */
  checkSoon(): void {
    const nowUs = this.#ctx.ports.clock.nowUs();
    this.#hands.setDeadline(this.#checkId, Math.max(nowUs, this.#readAtUs + RETRY_US));
  }

  /** The link came up, went down or vanished: the kernel takes the routes along without a word. */
  onLink(iface: string): void {
    const up = this.#ctx.links.get(iface)?.up === true;
    for (const s of this.#statics.values()) {
      if (!namesOf(s.line).includes(iface) || !isWatched(s.line)) continue;
      if (up) this.#set(s);
      else if (s.line.kind === 'route' || !this.#ctx.links.has(iface))
        this.#lose(s, `interface ${iface} is down`);
    }
    if (up) for (const r of this.#ctx.routers) restoreRoutes(this.#ctx, r, iface);
  }

  onAddressRemoved(gone: KernelAddress): void {
    for (const s of this.#statics.values()) {
      if (s.line.kind !== 'address' || !s.line.address.track) continue;
      const { address } = s.line;
      if (!this.#ctx.links.has(address.interface)) {
        if (sameAddress(gone, { ...address, interfaceIndex: gone.interfaceIndex }))
          this.#lose(s, `interface ${address.interface} does not exist`);
        continue;
      }
      const request = addressRequest(address, this.#ctx.links);
      if (request === undefined || !sameAddress(gone, request)) continue;
      // A label or a prefix length that changes is a removal and an addition.
      if (this.#ctx.ports.netlink.addresses().some((a) => sameAddress(a, request))) continue;
      this.#restore(s);
    }
  }

  #check(): void {
    const ctx = this.#ctx;
    ctx.ports.netlink.drain();
    const statics = [...this.#statics.values()].flatMap((s) => {
      const watched = s.line.kind !== 'address' && s.lost === '' && isTracked(s.line);
      const item = watched ? itemOf(s.line as RoutingLine, ctx.links) : undefined;
      return item === undefined ? [] : [{ s, item }];
    });
    const held = ctx.routers
      .filter((r) => r.state.name === 'master')
      .flatMap((r) =>
        [...r.routing.values()].filter((h) => isTracked(h.line)).map((h) => ({ r, h, item: h.item })),
      );
    const items = [...statics, ...held].map((x) => x.item);
    if (items.length === 0) return;
    this.#readAtUs = ctx.ports.clock.nowUs();
    const present = ctx.ports.routing.present(items);
    if (present === undefined) {
      this.checkSoon();
      return;
    }
    const missing = new Set(items.filter((_, i) => present[i] !== true));
    for (const { s, item } of statics) if (missing.has(item)) this.#restore(s);
    for (const { h } of held) h.seen ||= !missing.has(h.item);
    for (const r of new Set(held.map((x) => x.r)))
      this.#missed(
        r,
        held.flatMap(({ r: of, h }) =>
          of === r && h.seen && missing.has(h.item) && this.#couldBe(h.line) ? [h.line] : [],
        ),
      );
  }

  /** With a link that is down the kernel has no route on it: that is no deletion. */
  #couldBe(l: RoutingLine): boolean {
    return l.kind === 'rule' || interfacesOf(l).every((name) => this.#ctx.links.get(name)?.up === true);
  }

  #missed(r: Router, lines: readonly RoutingLine[]): void {
    if (lines.length === 0) return;
    const what = lines.map((l) => `virtual ${l.kind} ${routingText(l)}`).join(', ');
    this.#ctx.ports.log.log('warning', `(${r.config.name}) ${what} was deleted by someone else`, {
      instance: r.config.name,
    });
    this.#ctx.post({ type: 'machine', router: r, event: { type: 'address-deleted' } });
  }

  #restore(s: Static): void {
    this.#ctx.ports.log.log('info', `Restoring deleted static ${s.line.kind} ${textOf(s.line)}`);
    this.#set(s);
  }

  /** Sets what is not there, and remembers why it cannot. */
  #set(s: Static): void {
    const result = this.#add(s.line);
    if (result === undefined) this.#lose(s, `interface ${namesOf(s.line).join(', ')} does not exist`);
    else if (result.ok) this.#lose(s, '');
    else {
      const why = `${result.code ?? ''} ${result.text ?? ''}`.trim();
      this.#ctx.ports.log.log('error', `cannot add the static ${s.line.kind} ${textOf(s.line)}: ${why}`);
      this.#lose(s, why);
    }
  }

  /** undefined: its interface does not exist. */
  #add(line: Line): AddressResult | undefined {
    const { ports, links } = this.#ctx;
    if (line.kind === 'address') {
      const request = addressRequest(line.address, links);
      return request === undefined ? undefined : ports.netlink.addAddresses([request])[0];
    }
    const item = itemOf(line, links);
    return item === undefined ? undefined : ports.routing.add([item])[0];
  }

  #lose(s: Static, why: string): void {
    const before = s.lost;
    s.lost = why;
    const group = trackGroupOf(s.line);
    if ((before === '') === (why === '') || group === undefined) return;
    const members = this.#ctx.config.trackGroups.find((g) => g.name === group)?.instances ?? [];
    for (const r of this.#ctx.routers) if (members.includes(r.config.name)) this.#hands.changed(r);
  }

  #remove(list: readonly Static[]): void {
    const { ports, links } = this.#ctx;
    for (const { line } of list) {
      let result: AddressResult | undefined;
      if (line.kind === 'address') {
        const request = addressRequest(line.address, links);
        if (request !== undefined) [result] = ports.netlink.deleteAddresses([request]);
      } else {
        const item = itemOf(line, links);
        if (item !== undefined) [result] = ports.routing.delete([item]);
      }
      if (result?.ok === false)
        ports.log.log('error', `cannot remove the static ${line.kind} ${textOf(line)}: ${result.code ?? ''}`);
    }
  }
}

const keyOf = (l: Line): string =>
  l.kind === 'address'
    ? JSON.stringify(['address', { ...l.address, bytes: [...l.address.bytes], place: undefined }])
    : routingKey(l);
const trackGroupOf = (l: Line): string | undefined =>
  l.kind === 'address' ? l.address.trackGroup : groupOf(l);
const namesOf = (l: Line): readonly string[] =>
  l.kind === 'address' ? [l.address.interface] : interfacesOf(l);
const isWatched = (l: Line): boolean => (l.kind === 'address' ? l.address.track : isTracked(l));
const textOf = (l: Line): string =>
  l.kind === 'address'
    ? `${l.address.address}/${l.address.prefixLength} dev ${l.address.interface}`
    : routingText(l);
