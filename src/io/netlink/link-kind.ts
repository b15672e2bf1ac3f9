/** What an RTM_NEWLINK tells of an interface that is no hardware. May throw as the package's parser does. */
import { getU32, parseAttributes } from 'netlink/dist/structs.js';
import { IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_MACVLAN_MODE, IFLA_VRF_TABLE } from './rtnetlink.table.ts';

/** `mode`: of a macvlan, MACVLAN_MODE_*; `vrfTable`: of a VRF. */
export type LinkKind = { kind?: string; mode?: number; vrfTable?: number };

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
  if (inner === undefined) return out;
  if (out.kind === 'macvlan')
    parseAttributes(inner, (a) => {
      if (a.type === IFLA_MACVLAN_MODE) out.mode = getU32(a.data);
    });
  else if (out.kind === 'vrf')
    parseAttributes(inner, (a) => {
      if (a.type === IFLA_VRF_TABLE) out.vrfTable = getU32(a.data);
    });
  return out;
}
