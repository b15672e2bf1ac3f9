/** What instances that share a receive socket ask of it together: the VRIDs it lets in and the room it has. */
import type { Context } from './context.ts';
import type { Router } from './router.ts';

const EVERY_VRID: readonly number[] = Object.freeze(Array.from({ length: 256 }, (_, i) => i));
/** An IPv4 header and eight octets of VRRP; with PASS eight more. */
const ADVERT_BYTES = { 4: 36, 6: 48 } as const;

export type Shared = { readonly vrids: readonly number[]; readonly receiveBufferBytes: number };

/** `routers`: those on one socket. 'log_unknown_vrids' lets every VRID in, to be told of. */
export function sharedBy(ctx: Context, routers: readonly Router[]): Shared {
  const vrids = ctx.config.global.logUnknownVrids
    ? EVERY_VRID
    : [...new Set(routers.map((r) => r.config.vrid))];
  return { vrids, receiveBufferBytes: routers.reduce((sum, r) => sum + bufferBytes(ctx, r), 0) };
}

/** 'kernel_rx_buf_size', else 'vrrp_rx_bufs_policy'; 0 = nothing is asked for. */
function bufferBytes(ctx: Context, r: Router): number {
  if (r.config.receiveBufferBytes > 0) return r.config.receiveBufferBytes;
  const { policy, bytes, multiplier } = ctx.config.global.buffers.adverts;
  switch (policy) {
    case 'bytes':
      return bytes;
    case 'mtu':
      return (ctx.links.get(r.config.interface)?.mtu ?? 0) * multiplier;
    case 'advert':
      return (
        (ADVERT_BYTES[r.config.family] + r.config.vips.length * (r.config.family === 4 ? 4 : 16)) * multiplier
      );
    case 'system':
      return 0;
  }
}

/** Asked for each advert: 1,000 instances may not make that a walk over all of them. Keys: VRID and socket. */
const indexes = new WeakMap<Context, ReadonlyMap<string, readonly Router[]>>();
const NOBODY: readonly Router[] = [];
const indexKey = (socketKey: string, vrid: number): string => `${vrid} ${socketKey}`;

/** `r` sends and hears on the sockets of `key` from now on; '' = on none. */
export function moveSocket(ctx: Context, r: Router, key: string): void {
  r.socketKey = key;
  indexes.delete(ctx);
}

/** The routers with this VRID on that socket, in the order of the file. */
export function onSocket(ctx: Context, socketKey: string, vrid: number): readonly Router[] {
  let index = indexes.get(ctx);
  if (index === undefined) {
    const made = new Map<string, Router[]>();
    for (const r of ctx.routers) {
      const key = indexKey(r.socketKey, r.config.vrid);
      const list = made.get(key);
      if (list === undefined) made.set(key, [r]);
      else list.push(r);
    }
    index = made;
    indexes.set(ctx, made);
  }
  return index.get(indexKey(socketKey, vrid)) ?? NOBODY;
}

const together = new WeakSet<Context>();

/** Many come onto sockets in `work`: what they ask of these is said once, at its end, and not for each of them. */
export function sharingTogether(ctx: Context, work: () => void): void {
  together.add(ctx);
  try {
    work();
  } finally {
    together.delete(ctx);
    refreshSharing(ctx);
  }
}

/** One more, or one fewer, on the sockets of `key`: `routers` are there now. */
export function share(ctx: Context, key: string, routers: readonly Router[]): void {
  if (!together.has(ctx)) ctx.ports.adverts.share(key, sharedBy(ctx, routers));
}

/** After a reload: the sockets that stay open do what the new configuration says. */
export function refreshSharing(ctx: Context): void {
  const byKey = new Map<string, Router[]>();
  for (const r of ctx.routers) {
    if (r.socketKey === '') continue;
    const list = byKey.get(r.socketKey);
    if (list === undefined) byKey.set(r.socketKey, [r]);
    else list.push(r);
  }
  for (const [key, list] of byKey) ctx.ports.adverts.share(key, sharedBy(ctx, list));
}
