/** What an RTM_NEWLINK tells of an interface that stands on another one. May throw as the package's parser does. */
import { getU32, parseAttributes } from 'netlink/dist/structs.js';
import { IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_MACVLAN_MODE } from './rtnetlink.table.ts';

/** `mode`: of a macvlan, MACVLAN_MODE_*. */
export type LinkKind = { kind?: string; mode?: number };

/** A string of the kernel: up to its NUL, where it has one. */
export const textOf = (data: Buffer): string => {
  const end = data.indexOf(0);
  return data.toString('utf8', 0, end === -1 ? data.length : end);
};

/** The inside of IFLA_LINKINFO. */
export function decodeLinkKind(data: Buffer): LinkKind {
  const out: LinkKind = {};
  let inner: Buffer | undefined;
  parseAttributes(data, (a) => {
    if (a.type === IFLA_INFO_KIND) out.kind = textOf(a.data);
    else if (a.type === IFLA_INFO_DATA) inner = a.data;
  });
  if (out.kind !== 'macvlan' || inner === undefined) return out;
  parseAttributes(inner, (a) => {
    if (a.type === IFLA_MACVLAN_MODE) out.mode = getU32(a.data);
  });
  return out;
}
