/** Pieces of keepalived's dumps that several sections share. */
import { ctime } from '../../base/ctime.ts';
import { formatIp } from '../../base/ip.ts';
import type { Command, InstanceConfig, VirtualAddress } from '../../config/config.ts';
import type { KernelAddress, Link } from '../../ports/netlink.ts';

/** What the configuration and the snapshot do not know. */
export type DumpFacts = {
  /** 'uid:gid' that a command runs with; undefined where nobody knows. */
  readonly owner: (command: Command) => string | undefined;
  /** 'uid:gid' of a FIFO. */
  readonly fifoOwner: (user: string | undefined, group: string | undefined) => string | undefined;
  readonly links: readonly Link[];
  readonly addresses: readonly KernelAddress[];
};

export const S = 1_000_000;

/** Each word in quotes of its own. */
export const quoted = (c: Command): string => c.argv.map((word) => `'${word}'`).join(' ');

export function withOwner(c: Command, facts: DumpFacts): string {
  const owner = facts.owner(c);
  return owner === undefined ? quoted(c) : `${quoted(c)}, uid:gid ${owner}`;
}

const SCOPES: Readonly<Record<number, string>> = {
  0: 'global',
  200: 'site',
  253: 'link',
  254: 'host',
  255: 'nowhere',
};

/** keepalived's name for the interface of an address: with its parent where it is the instance's own. */
function interfaceText(v: VirtualAddress, c: InstanceConfig | undefined): string {
  const own = c?.vmac?.name ?? c?.ipvlan?.name;
  return c !== undefined && v.interface === own ? `${own}@${c.interface}` : v.interface;
}

/** An address line; `set`: it is on the interface now; `c`: whose address it is. */
export function addressText(v: VirtualAddress, set: boolean, c?: InstanceConfig): string {
  const full = v.family === 4 ? 32 : 128;
  return [
    v.prefixLength === full ? v.address : `${v.address}/${v.prefixLength}`,
    ...(v.broadcast === undefined ? [] : [`brd ${formatIp(v.broadcast)}`]),
    `dev ${interfaceText(v, c)}`,
    `scope ${SCOPES[v.scope] ?? v.scope}`,
    ...(v.label === undefined ? [] : [`label ${v.label}`]),
    ...(v.peer === undefined ? [] : [`peer ${formatIp(v.peer.bytes)}/${v.peer.prefixLength}`]),
    ...(v.track ? [] : ['no_track']),
    ...(v.preferredLifetimeS === 0 ? ['deprecated'] : v.family === 6 ? ['preferred_lft forever'] : []),
    ...(set ? ['set'] : []),
  ].join(' ');
}

/** '1795417329.424000 (Mon Nov 23 07:02:09.424000 2026)' */
export function stamp(wallMs: number): string {
  const micros = `${String(Math.floor(wallMs) % 1000).padStart(3, '0')}000`;
  const text = ctime(new Date(wallMs));
  return `${Math.floor(wallMs / 1000)}.${micros} (${text.slice(0, 19)}.${micros}${text.slice(19)})`;
}

export const weighted = (
  t: { readonly weight: number; readonly reverse: boolean },
  before = ', weight ',
): string => `${before}${t.weight}${t.reverse ? ' reverse' : ''}`;
