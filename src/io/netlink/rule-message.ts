/** RTM_NEWRULE and RTM_DELRULE for a configured policy rule, as `ip rule` would say the same words (ip-rule(8)). */
import { Flags, FlagsNew } from 'netlink/dist/constants.js';
import { formatRule, MessageType } from 'netlink/dist/rt/gen_structs.js';
import { AttrStream, putString, putU8, putU16, putU32 } from 'netlink/dist/structs.js';
import { assert } from '../../base/assert.ts';
import type { Prefix, RuleConfig } from '../../ports/routing.ts';
import type { Request } from './messages.ts';
import { FIB_RULE_INVERT, FR_ACT, FRA } from './routing.table.ts';
import { AF_INET, AF_INET6 } from './rtnetlink.table.ts';

/** With NLM_F_EXCL: the kernel would take the same rule twice. */
export function encodeAddRule(r: RuleConfig): Request {
  return {
    type: MessageType.NEWRULE,
    flags: Flags.REQUEST | Flags.ACK | FlagsNew.CREATE | FlagsNew.EXCL,
    parts: body(r),
  };
}

/** Every attribute again: the kernel deletes the first rule that agrees with what is given. */
export function encodeDeleteRule(r: RuleConfig): Request {
  return { type: MessageType.DELRULE, flags: Flags.REQUEST | Flags.ACK, parts: body(r) };
}

const range16 = ([low, high]: readonly [number, number]): Buffer =>
  Buffer.concat([putU16(low), putU16(high)]);
const range32 = ([low, high]: readonly [number, number]): Buffer =>
  Buffer.concat([putU32(low), putU32(high)]);

function body(r: RuleConfig): Uint8Array[] {
  const { action } = r;
  const table = action.type === 'table' ? action.table : 0;
  const out = new AttrStream();
  const header = formatRule({
    family: r.family === 4 ? AF_INET : AF_INET6,
    dstLen: r.to?.length ?? 0,
    srcLen: r.from?.length ?? 0,
    tos: r.tos,
    table: table < 256 ? table : 0,
    action: FR_ACT[action.type],
  });
  if (r.invert) header.set(putU32(FIB_RULE_INVERT), 8);
  out.emit(header);
  const put = <T>(type: number, value: T | undefined, encode: (value: T) => Uint8Array): void => {
    if (value !== undefined) out.push(type, encode(value));
  };
  prefix(out, FRA.DST, r.to, r.family);
  prefix(out, FRA.SRC, r.from, r.family);
  put(FRA.PRIORITY, r.priority, putU32);
  put(FRA.FWMARK, r.mark, putU32);
  put(FRA.FWMASK, r.markMask, putU32);
  put(FRA.FLOW, r.realms, (x) => putU32(((x.source << 16) | x.destination) >>> 0));
  put(FRA.SUPPRESS_PREFIXLEN, r.suppressPrefixLength, putU32);
  put(FRA.SUPPRESS_IFGROUP, r.suppressGroup, putU32);
  put(FRA.IIFNAME, r.inputInterface, putString);
  put(FRA.OIFNAME, r.outputInterface, putString);
  put(FRA.TUN_ID, r.tunnelId, (x) => x);
  put(FRA.UID_RANGE, r.uidRange, range32);
  put(FRA.IP_PROTO, r.ipProtocol, putU8);
  put(FRA.SPORT_RANGE, r.sourcePorts, range16);
  put(FRA.DPORT_RANGE, r.destinationPorts, range16);
  if (action.type === 'table') out.push(FRA.TABLE, putU32(table));
  if (action.type === 'goto') out.push(FRA.GOTO, putU32(action.target));
  if (action.type === 'l3mdev') out.push(FRA.L3MDEV, putU8(1));
  put(FRA.PROTOCOL, r.protocol, putU8);
  return out.bufs;
}

function prefix(out: AttrStream, type: number, p: Prefix | undefined, family: 4 | 6): void {
  if (p === undefined || p.length === 0) return;
  assert(p.bytes.length === (family === 4 ? 4 : 16), "an address of a rule has its family's length");
  out.push(type, p.bytes);
}
