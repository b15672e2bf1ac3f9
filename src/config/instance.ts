/** 'vrrp_instance' blocks to `InstanceConfig`, with keepalived's defaults and corrections. */
import { toHex } from '../base/bytes.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import { type AddressOwner, readAddress } from './addresses.ts';
import { authentication } from './authentication.ts';
import type { InstanceConfig, TrackedInterface, TrackedScript, VirtualAddress } from './config.ts';
import { type BuildContext, interfaceExists, tooLong } from './context.ts';
import { readHmac } from './hmac.ts';
import { inactiveKeywords } from './inactive.ts';
import { type Draft, familyOf, tell } from './instance-draft.ts';
import { extraSettings, garpOf } from './instance-extra.ts';
import {
  accept,
  advertAnswers,
  advertInterval,
  downTimerAdverts,
  type Election,
  election,
  preemption,
  version,
  virtualRouterId,
} from './instance-rules.ts';
import { buildNotify } from './notify.ts';
import { readRoute } from './routes/route.ts';
import type { RouteConfig, RuleConfig } from './routes/route-config.ts';
import { readRule } from './routes/rule.ts';
import type { Block } from './settings.ts';
import { placeOf } from './source.ts';
import type { TrackLists } from './track-config.ts';
import { restrictWeights } from './track-limits.ts';
import { type KnownScripts, readTrackInterfaces, readTrackLists, readTrackScripts } from './tracking.ts';
import { type Transport, transport } from './unicast.ts';

/** undefined when the daemon could not start with it, or has nothing to run. `order`: its place in the file. */
export function buildInstance(
  block: Block,
  scripts: KnownScripts,
  order: number,
  c: BuildContext,
): InstanceConfig | undefined {
  const name = block.statement?.args[0];
  if (name === undefined) return undefined;
  const strict = block.boolean('strict_mode') ?? c.globals.strict;
  const d: Draft = {
    block,
    name: name.text,
    use: `(${name.text})`,
    at: name.at,
    c,
    strict,
    family: familyOf(block),
  };
  const vrid = virtualRouterId(d);
  const v = version(d);
  const who = election(d);
  const adverIntUs = advertInterval(d, v);
  const hmac = readHmac(d, adverIntUs);
  const t = transport(d);
  const device = deviceOf(d, t);
  const addresses = addressesOf(d, device, v, hmac !== undefined);
  const auth = authentication(d, v);
  const stateMaster =
    auth.type === 'ah' && who.stateMaster && who.priority < 255 ? clearMasterForAh(d) : who.stateMaster;
  checkStrictUnicast(d, t);
  checkVmacUnicast(d, t);
  const extra = extraSettings(d, t, vrid ?? 0);
  const source = t.sourceAddress ?? (extra.ipvlan?.address && formatIp(extra.ipvlan.address.bytes));
  if (vrid === undefined) return undefined;
  return {
    name: d.name,
    interface: device,
    vrid,
    family: d.family,
    version: v,
    stateMaster,
    priority: who.priority,
    adverIntUs,
    downTimerAdverts: downTimerAdverts(d),
    ...preemption(d, who),
    strict,
    accept: accept(d, v, who.priority),
    skipCheckAdvAddr: skipCheckAdvAddr(d),
    ...advertAnswers(d, who.priority),
    v3ChecksumAsV2: block.boolean('v3_checksum_as_v2') ?? c.globals.v3ChecksumAsV2,
    oldUnicastChecksum: t.oldUnicastChecksum,
    authentication: auth,
    ...addresses,
    unicastPeers: t.unicastPeers,
    ...(source === undefined ? {} : { sourceAddress: source }),
    trackSourceAddress: t.trackSourceAddress,
    checkUnicastSource: t.checkUnicastSource,
    ttl: t.ttl,
    multicastGroup4: multicastGroup(d, t, 4),
    multicastGroup6: multicastGroup(d, t, 6),
    trackPrimary: !block.has('dont_track_primary'),
    ...trackers(d, device, who, scripts, order),
    ...routing(d),
    garp: garpOf(d),
    notify: buildNotify(block, c),
    smtpAlert: block.boolean('smtp_alert') ?? c.globals.smtpAlertVrrp,
    promoteSecondaries: promoteSecondaries(d),
    ...extra,
    ...(hmac === undefined ? {} : { hmac }),
    inactive: inactiveKeywords(d.block, d.block.statement?.body ?? []),
    place: placeOf(name.at),
  };
}

function clearMasterForAh(d: Draft): false {
  tell(d, 'KA0633', 'state', 'Initial state master is incompatible with AH authentication - clearing', {
    effect: 'it starts as BACKUP',
  });
  return false;
}

/** The interface, '' where a unicast instance does without; reports what keepalived refuses. */
function deviceOf(d: Draft, t: Transport): string {
  const setting = d.block.get('interface');
  const name = d.block.text('interface');
  if (setting === undefined || name === undefined) {
    if (t.unicastPeers.length > 0 && t.sourceAddress !== undefined) return '';
    tell(d, 'KA0640', 'interface', 'Unknown interface!', {
      effect: 'keepalived stops with status 2',
      fix: "add 'interface NAME', or unicast_src_ip and unicast_peer",
      fatal: 2,
    });
    return '';
  }
  if (tooLong(name)) {
    tell(d, 'KA0641', setting.at, `interface name '${name}' too long`, {
      effect: 'no interface of that name can exist',
      fatal: 2,
    });
    return name;
  }
  if (!interfaceExists(name, setting.at, `vrrp_instance ${d.name}`, d.c)) return name;
  const facts = d.c.environment.interfaces?.get(name);
  if (facts?.loopback === true)
    tell(d, 'KA0642', setting.at, `cannot use a loopback interface (${name}) for vrrp - ignoring`, {
      effect: 'keepalived stops with status 2',
      fatal: 2,
    });
  else if (facts !== undefined && !facts.multicast && t.unicastPeers.length === 0)
    tell(d, 'KA0643', setting.at, `interface ${name} does not support multicast`, {
      effect: 'the instance stays in FAULT',
      fix: 'use unicast_peer',
      keepalivedClass: 'none',
    });
  return name;
}

type Addresses = {
  readonly vips: readonly VirtualAddress[];
  readonly excludedVips: readonly VirtualAddress[];
};

function addressesOf(d: Draft, device: string, v: 2 | 3, signed: boolean): Addresses {
  const seen = new Set<string>();
  const read = (keyword: string, family: 4 | 6 | undefined): VirtualAddress[] => {
    const owner: AddressOwner = { use: d.use, interface: device, family, isStatic: false };
    const out: VirtualAddress[] = [];
    for (const entry of d.block.list(keyword).flatMap((l) => l.entries)) {
      const address = readAddress(entry, owner, d.c);
      if (address === undefined) continue;
      const key = toHex(address.bytes);
      if (seen.has(key)) {
        tell(d, 'KA0645', entry.words[0]?.at ?? d.at, `VIP duplicates a VIP ${address.address} - ignoring`, {
          effect: 'keepalived skips the second line',
        });
        continue;
      }
      seen.add(key);
      if (
        address.interface === device &&
        address.flags?.includes('use_vmac') === true &&
        d.block.has('use_vmac')
      )
        tell(
          d,
          'KA0707',
          entry.words[0]?.at ?? d.at,
          `use_vmac specified for VIP/eVIP ${address.address} and vrrp instance`,
          {
            effect: "the address is on the instance's VMAC anyway",
            fix: "remove 'use_vmac' from the address",
          },
        );
      out.push(address);
    }
    return out;
  };
  const vips = read('virtual_ipaddress', d.family);
  const excludedVips = read('virtual_ipaddress_excluded', undefined);
  if (vips.length === 0) {
    // Every line was refused, and that was said.
    if (d.block.list('virtual_ipaddress').some((l) => l.entries.length > 0)) d.c.reporter.damaged(d.at);
    noAddresses(d, v);
  }
  const room = roomFor(d, device, v, signed);
  const first = d.block.list('virtual_ipaddress')[0];
  if (vips.length <= room) return { vips, excludedVips };
  tell(
    d,
    'KA0646',
    first?.keyword.at ?? d.at,
    `Number of VIPs (${vips.length}) exceeds maximum/space available in packet (max ${room} addresses) - excess moved to eVIPs`,
    {
      effect: `the last ${vips.length - room} addresses are not advertised`,
      fix: 'move addresses to virtual_ipaddress_excluded on all routers',
    },
  );
  return { vips: vips.slice(0, room), excludedVips: [...vips.slice(room), ...excludedVips] };
}

function noAddresses(d: Draft, v: 2 | 3): void {
  if (d.block.has('no_virtual_ipaddress') && !d.strict) return;
  const fatal = v === 3 || d.strict;
  tell(
    d,
    fatal ? 'KA0648' : 'KA0647',
    d.at,
    `No VIP specified; at least one is ${fatal ? 'required' : 'sensible'}`,
    {
      ...(fatal
        ? { effect: 'keepalived stops with status 2', fatal: 2 }
        : { effect: 'the instance runs an election for no address' }),
      fix: "add an address to virtual_ipaddress { }, or 'no_virtual_ipaddress'",
    },
  );
}

/** How many addresses an advert can carry: one octet of count, and what the MTU leaves. */
function roomFor(d: Draft, device: string, v: 2 | 3, signed: boolean): number {
  const mtu = d.c.environment.interfaces?.get(device)?.mtu ?? 1500;
  const ah = d.block.children('authentication').some((b) => b.text('auth_type') === 'AH') && v === 2 ? 24 : 0;
  const headers =
    14 + (d.family === 4 ? 20 : 40) + 8 + (d.family === 4 && v === 2 ? 8 : 0) + ah + (signed ? 28 : 0);
  return Math.max(0, Math.min(255, Math.floor((mtu - headers) / (d.family === 4 ? 4 : 16))));
}

function checkStrictUnicast(d: Draft, t: Transport): void {
  if (!d.strict || t.unicastPeers.length === 0) return;
  tell(
    d,
    'KA0649',
    d.block.list('unicast_peer')[0]?.keyword.at ?? d.at,
    'Unicast peers are not supported in strict mode',
    {
      effect: 'keepalived 2.4 stops with status 2; 2.2 and vipd send to the peers',
      fix: 'leave strict mode, or use multicast',
    },
  );
}

function checkVmacUnicast(d: Draft, t: Transport): void {
  if (!d.block.has('use_vmac') || t.unicastPeers.length === 0 || d.block.has('vmac_xmit_base')) return;
  tell(d, 'KA0654', 'use_vmac', 'unicast with use_vmac requires vmac_xmit_base - setting', {
    effect: 'adverts leave from the base interface',
    fix: "add 'vmac_xmit_base'",
  });
}

/** KEEPALIVED: any boolean, 'off' too, switches it on. */
function skipCheckAdvAddr(d: Draft): boolean {
  if (!d.block.has('skip_check_adv_addr')) return d.c.globals.skipCheckAdvAddr;
  if (d.block.boolean('skip_check_adv_addr') === false)
    tell(d, 'KA0650', 'skip_check_adv_addr', "'skip_check_adv_addr off' switches it on", {
      effect: 'the address list is not compared',
      fix: 'remove the line',
    });
  return true;
}

function promoteSecondaries(d: Draft): boolean {
  if (!d.block.has('promote_secondaries')) return false;
  if (!d.block.has('use_vmac') && !d.block.has('use_ipvlan')) return true;
  tell(d, 'KA0651', 'promote_secondaries', 'promote_secondaries is automatically set for vmacs - ignoring', {
    effect: 'the line has no effect',
  });
  return false;
}

function multicastGroup(d: Draft, t: Transport, family: 4 | 6): string {
  const fallback = family === 4 ? d.c.globals.multicastGroup4 : d.c.globals.multicastGroup6;
  const setting = d.block.get('mcast_dst_ip');
  const written = typeof setting?.value === 'string' ? parseIp(setting.value) : undefined;
  if (setting === undefined || written === undefined || d.family !== family) return fallback;
  const fits =
    family === 4
      ? written.length === 4 && (written[0] ?? 0) >> 4 === 14
      : written.length === 16 && written[0] === 0xff;
  if (fits && t.unicastPeers.length === 0) return setting.value as string;
  tell(
    d,
    'KA0652',
    setting.at,
    fits
      ? 'mcast_dst_ip with unicast peers - ignoring'
      : `mcast_dst_ip ${setting.value} is not an IPv${family} multicast address - ignoring`,
    {
      effect: 'the line has no effect',
    },
  );
  return fallback;
}

type Routes = { readonly routes: readonly RouteConfig[]; readonly rules: readonly RuleConfig[] };

function routing(d: Draft): Routes {
  const owner = { use: d.use, isStatic: false };
  const entries = (keyword: string) => d.block.list(keyword).flatMap((l) => l.entries);
  return {
    routes: entries('virtual_routes')
      .map((e) => readRoute(e, owner, d.c, d.c.routing))
      .filter((r) => r !== undefined),
    rules: entries('virtual_rules')
      .map((e) => readRule(e, owner, d.c, d.c.routing))
      .filter((r) => r !== undefined),
  };
}

type Trackers = TrackLists & {
  readonly trackInterfaces: readonly TrackedInterface[];
  readonly trackScripts: readonly TrackedScript[];
};

function trackers(d: Draft, device: string, who: Election, scripts: KnownScripts, order: number): Trackers {
  const all = readTrackInterfaces(d.block.list('track_interface'), d.use, d.c);
  const own = all.some((t) => t.interface === device);
  if (own) {
    const entry = d.block
      .list('track_interface')
      .flatMap((l) => l.entries)
      .find((e) => e.words[0]?.text === device);
    tell(d, 'KA0806', entry?.words[0]?.at ?? d.at, `Ignoring track_interface ${device} since own interface`, {
      effect: "it is tracked anyway, unless 'dont_track_primary'",
      fix: 'remove the line',
    });
  }
  const trackInterfaces = all.filter((t) => t.interface !== device);
  const trackScripts = readTrackScripts(d.block.list('track_script'), d.use, scripts, order, d.c);
  const lists = readTrackLists((k) => d.block.list(k), d.use, order, d.c);
  if (who.priority !== 255) return { trackInterfaces, trackScripts, ...lists };
  const limited = restrictWeights(lists, d.use, 'address_owner', d.at, d.c);
  // An owner's priority never changes, so a weight has nothing to act on.
  for (const t of [
    ...trackInterfaces.map((i) => ({ name: i.interface, weight: i.weight })),
    ...trackScripts.map((s) => ({ name: s.script, weight: s.weight })),
    ...limited.removed,
  ])
    if (t.weight !== 0)
      tell(d, 'KA0807', d.at, `ignoring tracker ${t.name} with weight ${t.weight} due to priority 255`, {
        effect: 'it is not tracked',
      });
  return {
    ...lists,
    ...limited.kept,
    trackInterfaces: trackInterfaces.filter((t) => t.weight === 0),
    trackScripts: trackScripts.filter((t) => t.weight === 0),
  };
}
