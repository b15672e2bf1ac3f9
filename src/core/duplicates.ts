/**
 * Virtual addresses with '-nodad': the kernel looks for duplicates before it lets them work. What that means for a
 * master: they are announced once more when they work, and tried again when the one that answered may be gone by then,
 * as the master before us is, which answers until it has heard of us. (keepalived leaves a duplicate as it is.)
 */
import { equalBytes, toHex } from '../base/bytes.ts';
import type { InstanceConfig, VirtualAddress } from '../config/config.ts';
import type { KernelAddress } from '../ports/netlink.ts';
import { lingerBoundUs } from '../vrrp/timers.ts';
import { announceAddresses } from './announcing.ts';
import type { Context } from './context.ts';
import { addressRequest, notUsable } from './network.ts';
import { allAddresses, type Router } from './router.ts';

/** Each takes the kernel one to two seconds. */
const MAX_TRIES = 5;

const isDetected = (v: VirtualAddress): boolean => v.family === 6 && v.flags?.includes('-nodad') === true;

/** One of its addresses would not work for the successor as long as we still answer for it. */
const mustLeaveFirst = (c: InstanceConfig): boolean => allAddresses(c).some(isDetected);

/** How long at most a master that stops may answer for its addresses until its successor does. */
export const lingerUsOf = (r: Router): number =>
  r.params.basePriority > 0 && !mustLeaveFirst(r.config) ? lingerBoundUs(r.params) : 0;

/** News of a virtual address; `r` holds its addresses. */
export function onDetection(ctx: Context, r: Router, a: KernelAddress): void {
  const v = allAddresses(r.config).find((one) => isDetected(one) && equalBytes(one.bytes, a.bytes));
  if (v === undefined || ctx.links.get(v.interface)?.index !== a.interfaceIndex) return;
  const key = toHex(a.bytes);
  const tries = r.detections.get(key);
  switch (notUsable(a)) {
    case 'tentative':
      if (tries === undefined) r.detections.set(key, 0);
      return;
    case 'duplicate':
      onDuplicate(ctx, r, v, (tries ?? 0) + 1);
      return;
    case undefined:
      // Without a word of 'tentative' before, detection is off and the first announcement was right.
      if (tries === undefined) return;
      r.detections.delete(key);
      announceAddresses(ctx, r, [v], r.params.garp.repeatCount);
  }
}

function onDuplicate(ctx: Context, r: Router, v: VirtualAddress, tries: number): void {
  r.detections.set(toHex(v.bytes), tries);
  const { name } = r.config;
  const text = `(${name}) ${v.address} on ${v.interface} does not work: another host answered for it (dadfailed)`;
  const request = addressRequest(v, ctx.links);
  if (tries > MAX_TRIES || request === undefined) {
    ctx.ports.log.log('error', `${text}; given up after ${MAX_TRIES} more tries`, { instance: name });
    return;
  }
  ctx.ports.log.log('warning', `${text}; tried again (${tries} of ${MAX_TRIES})`, { instance: name });
  ctx.ports.netlink.deleteAddresses([request]);
  ctx.ports.netlink.addAddresses([request]);
}
