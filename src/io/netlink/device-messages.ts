/**
 * rtnetlink messages that make, set up and delete macvlan and ipvlan interfaces. Interfaces are addressed by name, so
 * that many can be made and set up in one batch, before the kernel has told their numbers.
 */
import { Flags, FlagsNew } from 'netlink/dist/constants.js';
import { formatLink, MessageType } from 'netlink/dist/rt/gen_structs.js';
import { AttrStream, putString, putU8, putU16, putU32 } from 'netlink/dist/structs.js';
import type { DeviceWant } from '../../ports/devices.ts';
import type { Request } from './messages.ts';
import * as rt from './rtnetlink.table.ts';

const IPVLAN_FLAGS: Readonly<Record<DeviceWant['mode'], number>> = {
  bridge: 0,
  private: rt.IPVLAN_F_PRIVATE,
  vepa: rt.IPVLAN_F_VEPA,
};

/** RTM_NEWLINK as `ip link add` sends it; the interface is down until it is set up. */
export function encodeCreateDevice(want: DeviceWant, parentIndex: number): Request {
  const out = new AttrStream();
  out.emit(formatLink({}));
  if (want.mac !== undefined) out.push(rt.IFLA_ADDRESS, want.mac);
  if (want.group !== 0) out.push(rt.IFLA_GROUP, putU32(want.group));
  out.push(rt.IFLA_LINK, putU32(parentIndex));
  out.push(rt.IFLA_IFNAME, putString(want.name));
  out.push(rt.IFLA_LINKINFO, (info: AttrStream) => {
    info.push(rt.IFLA_INFO_KIND, Buffer.from(want.kind));
    info.push(rt.IFLA_INFO_DATA, (data: AttrStream) => {
      if (want.kind === 'macvlan') data.push(rt.IFLA_MACVLAN_MODE, putU32(rt.MACVLAN_MODE_PRIVATE));
      else {
        data.push(rt.IFLA_IPVLAN_MODE, putU16(rt.IPVLAN_MODE_L2));
        data.push(rt.IFLA_IPVLAN_FLAGS, putU16(IPVLAN_FLAGS[want.mode]));
      }
    });
  });
  const flags = Flags.REQUEST | Flags.ACK | FlagsNew.CREATE | FlagsNew.EXCL;
  return { type: MessageType.NEWLINK, flags, parts: out.bufs };
}

const setLink = (out: AttrStream): Request => ({
  type: MessageType.SETLINK,
  flags: Flags.REQUEST | Flags.ACK,
  parts: out.bufs,
});

function named(name: string, header: Buffer = formatLink({})): AttrStream {
  const out = new AttrStream();
  out.emit(header);
  out.push(rt.IFLA_IFNAME, putString(name));
  return out;
}

/** Changes nothing; refused with ENODEV where there is no such interface. */
export const encodeIsPresent = (name: string): Request => setLink(named(name));

/** Settings of IPv4 by number (IPV4_DEVCONF_*) and value: works where /proc/sys is read-only too. */
export function encodeIpv4Settings(name: string, settings: ReadonlyMap<number, number>): Request {
  const out = named(name);
  out.push(rt.IFLA_AF_SPEC, (families: AttrStream) =>
    families.push(rt.AF_INET, (inet: AttrStream) =>
      inet.push(rt.IFLA_INET_CONF, (conf: AttrStream) => {
        for (const [number, value] of settings) conf.push(number, putU32(value));
      }),
    ),
  );
  return setLink(out);
}

/** No link-local address is made when the interface comes up. */
export function encodeNoAddressGeneration(name: string): Request {
  const out = named(name);
  out.push(rt.IFLA_AF_SPEC, (families: AttrStream) =>
    families.push(rt.AF_INET6, (inet6: AttrStream) =>
      inet6.push(rt.IFLA_INET6_ADDR_GEN_MODE, putU8(rt.IN6_ADDR_GEN_MODE_NONE)),
    ),
  );
  return setLink(out);
}

export function encodeUp(name: string): Request {
  return setLink(named(name, formatLink({ flags: { up: true }, change: { up: true } })));
}

/** RTM_DELLINK of all interfaces of a group at once; refused as a whole when one of them cannot be deleted. */
export function encodeDeleteGroup(group: number): Request {
  const out = new AttrStream();
  out.emit(formatLink({}));
  out.push(rt.IFLA_GROUP, putU32(group));
  return { type: MessageType.DELLINK, flags: Flags.REQUEST | Flags.ACK, parts: out.bufs };
}

/** The link group: set to what it is, the change means nothing and every listener hears of the interface once more. */
export function encodeGroup(name: string, group: number): Request {
  const out = named(name);
  out.push(rt.IFLA_GROUP, putU32(group));
  return setLink(out);
}
