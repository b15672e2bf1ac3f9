/**
 * The address that an instance sends its adverts from: found among the kernel's, or configured; and what to say while
 * there is none that may be used.
 */
import { equalBytes, toHex } from '../base/bytes.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import type { Config } from '../config/config.ts';
import type { KernelAddress } from '../ports/netlink.ts';
import type { Context } from './context.ts';
import { advertInterface } from './devices/plan.ts';
import { isLinkLocal, notUsable, pickSource } from './network.ts';
import { allAddresses, type Router } from './router.ts';

/** `waiting`: only until duplicate address detection is over, which is nothing to tell a notify script about. */
export type SourceFault = { readonly detail: string; readonly waiting: boolean };

export function isAnyVip(ctx: Pick<Context, 'config'>, a: KernelAddress): boolean {
  let known = vipsOf.get(ctx.config);
  if (known === undefined) {
    known = new Set(ctx.config.instances.flatMap((c) => allAddresses(c).map((v) => toHex(v.bytes))));
    vipsOf.set(ctx.config, known);
  }
  return known.has(toHex(a.bytes));
}

/** Asked for each address that comes or goes: 1,000 instances may not make that a walk over all their addresses. */
const vipsOf = new WeakMap<Config, ReadonlySet<string>>();

/** Sets `r.source`; undefined: it can be used. */
export function refreshSource(ctx: Context, r: Router): SourceFault | undefined {
  const { family, interface: name, sourceAddress } = r.config;
  if (sourceAddress !== undefined) return configuredSource(ctx, r, sourceAddress);
  // An IPv6 ipvlan makes its own; a VMAC speaks with its parent's.
  const index = r.config.ipvlan === undefined ? r.interfaceIndex : r.advertIndex;
  const { usable, unusable } = pickSource(family, index, ctx.ports.netlink.addresses(), (a) =>
    isAnyVip(ctx, a),
  );
  const lent = ctx.devices.linkLocalOf(advertInterface(r.config));
  if (usable === undefined && unusable === undefined && lent !== undefined) {
    r.source = lent;
    return undefined;
  }
  // Without one to wait for, a vanished source stays until the priority 0 advert of the FAULT that follows has left with it.
  if (usable === undefined && unusable === undefined)
    return {
      detail: `interface ${name} has no IPv${family} ${family === 6 ? 'link-local ' : ''}address to send from`,
      waiting: false,
    };
  r.source = usable;
  return unusable === undefined ? undefined : unusableFault(unusable, name);
}

/** 'unicast_src_ip' and 'mcast_src_ip': sent from whether or not it is there, but never while it is tentative. */
function configuredSource(ctx: Context, r: Router, text: string): SourceFault | undefined {
  const { interface: name, trackSourceAddress } = r.config;
  const bytes = parseIp(text) as Uint8Array;
  const same = ctx.ports.netlink.addresses().filter((a) => equalBytes(a.bytes, bytes));
  const here = same.find((a) => a.interfaceIndex === r.interfaceIndex);
  const found = here ?? (isLinkLocal(bytes) ? undefined : same[0]);
  const unusable = found !== undefined && notUsable(found) !== undefined;
  r.source = unusable ? undefined : bytes;
  if (unusable) return unusableFault(found, name);
  if (!trackSourceAddress || here !== undefined || (name === '' && found !== undefined)) return undefined;
  const where = name === '' ? 'this host' : name;
  return { detail: `the source address ${text} is not on ${where}`, waiting: false };
}

function unusableFault(a: KernelAddress, name: string): SourceFault {
  const what = `the address ${formatIp(a.bytes)}${name === '' ? '' : ` of ${name}`}`;
  return notUsable(a) === 'duplicate'
    ? { detail: `${what} is a duplicate: another host answered for it (dadfailed)`, waiting: false }
    : { detail: `${what} is tentative: duplicate address detection is not over`, waiting: true };
}
