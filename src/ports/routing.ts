/** Routes and policy rules of the kernel, as core asks for them. */
import type { RouteConfig, RuleConfig } from '../config/routes/route-config.ts';
import type { AddressResult } from './netlink.ts';

export type {
  Encap,
  Metric,
  NextHop,
  Prefix,
  Realms,
  RouteConfig,
  RouteMetrics,
  RuleConfig,
} from '../config/routes/route-config.ts';

/** A route or rule with the names of interfaces resolved, where rtnetlink wants numbers. */
export type RoutingItem =
  | {
      readonly kind: 'route';
      readonly route: RouteConfig;
      readonly interfaceIndex: number; // 0: none was written
      readonly hopIndexes: readonly number[]; // one for each next hop, 0: none was written
      readonly table: number; // of the VRF, where one was written
    }
  | { readonly kind: 'rule'; readonly rule: RuleConfig };

/** An rtnetlink request that can be kept in a file: everything but the sequence number. */
export type PreparedRequest = {
  readonly type: number; // RTM_*
  readonly flags: number; // NLM_F_*
  readonly body: Uint8Array;
};

export interface RoutingPort {
  /** Synchronous, as NetlinkPort: order is kept, one failure does not stop the rest; what is there already is no error. */
  add(items: readonly RoutingItem[]): readonly AddressResult[];
  /** What is gone already is deleted. */
  delete(items: readonly RoutingItem[]): readonly AddressResult[];
  /** The request with which `delete` removes the item: for the release file. */
  prepareDelete(item: RoutingItem): PreparedRequest;
  /** For each item whether the kernel holds it; reads the kernel. undefined: it could not be read now. */
  present(items: readonly RoutingItem[]): readonly boolean[] | undefined;
  /** Whether deletions of routes and rules are listened to; core is then told that something changed, not what. */
  watch(on: boolean): void;
  close(): void;
}

/** A route or rule of protocol 18 went away, or so much happened that this cannot be told. */
export type RoutingSink = () => void;
