/** One readable line for one described frame: when, from where to where, what, and whether it is believable. */
import type { FrameDescription, VrrpDescription } from '../wire/frame-description.ts';

const IGMP_NAMES: Readonly<Record<string, string>> = {
  '0x11': 'query',
  '0x12': 'v1 report',
  '0x16': 'v2 report',
  '0x17': 'leave',
  '0x22': 'v3 report',
};

/** `atNs` is since 1970 UTC; '-' stands for it where the file has no times. */
export function frameLine(description: FrameDescription, atNs: bigint | undefined): string {
  const parts = [formatTime(atNs), endpoints(description), what(description)];
  if (description.ip?.version === 4 && !description.ip.header_checksum_ok)
    parts.push('IP header checksum BAD');
  if (description.error !== undefined) parts.push(`[${description.error}]`);
  return parts.join('  ');
}

function formatTime(atNs: bigint | undefined): string {
  if (atNs === undefined) return '-';
  const ms = Number(atNs / 1_000_000n);
  const time = new Date(ms);
  // A pcapng clock may claim years that no calendar has.
  if (Number.isNaN(time.getTime())) return `${atNs}ns`;
  const fraction = String(atNs % 1_000_000_000n).padStart(9, '0');
  return `${time.toISOString().slice(0, 19)}.${fraction.slice(0, 6)}Z`;
}

function endpoints({ ip, eth, arp }: FrameDescription): string {
  if (ip !== undefined) return `${ip.src} > ${ip.dst}`;
  if (eth !== undefined) return `${eth.src} > ${eth.dst}`;
  return arp === undefined ? '? > ?' : `${arp.sha} > ${arp.tha}`;
}

function what(d: FrameDescription): string {
  if (d.vrrp !== undefined) return vrrpWords(d, d.vrrp);
  if (d.arp !== undefined) {
    if (d.kind === 'garp') return `gratuitous ARP  ${d.arp.spa} is at ${d.arp.sha}`;
    return d.arp.op === 1
      ? `ARP  who has ${d.arp.tpa}? tell ${d.arp.spa}`
      : `ARP  ${d.arp.spa} is at ${d.arp.sha}`;
  }
  if (d.na !== undefined) {
    const kind = d.na.flags.solicited ? 'neighbor advertisement' : 'unsolicited neighbor advertisement';
    const router = d.na.flags.router ? ', router' : '';
    const checksum = d.na.checksum_ok ? '' : ', checksum BAD';
    return `${kind}  ${d.na.target} is at ${d.na.option?.lladdr ?? '?'}${router}${checksum}`;
  }
  if (d.igmp !== undefined) return `IGMP ${IGMP_NAMES[d.igmp.type] ?? d.igmp.type}`;
  return `${d.kind}, ${d.len} octets`;
}

function vrrpWords(d: FrameDescription, vrrp: VrrpDescription): string {
  const ttl = d.ip?.version === 4 ? d.ip.ttl : d.ip?.hop_limit;
  const words = [
    `VRRPv${vrrp.version}`,
    `vrid ${vrrp.vrid}`,
    `priority ${vrrp.priority}`,
    `interval ${interval(vrrp)}`,
    `addresses ${vrrp.addresses.join(',') || 'none'}`,
  ];
  if (vrrp.type !== 1) words.splice(1, 0, `type ${vrrp.type}`);
  if (ttl !== undefined && ttl !== 255) words.push(`ttl ${ttl}`);
  if (vrrp.auth_type === 1) words.push('auth password');
  if (d.ah !== undefined) words.push(`AH sequence ${d.ah.seq}${verdict(d.ah.icv_ok)}`);
  if (vrrp.hmac_trailer !== undefined)
    words.push(`HMAC key ${vrrp.hmac_trailer.key_id}${verdict(vrrp.hmac_trailer.hmac_ok)}`);
  if (vrrp.trailing_hex !== undefined) words.push(`${vrrp.trailing_hex.length / 2} octets behind it`);
  words.push(`checksum ${checksum(vrrp, d.ip?.version)}`);
  return words.join('  ');
}

function interval(vrrp: VrrpDescription): string {
  if (vrrp.adver_int_s !== undefined) return `${vrrp.adver_int_s}s`;
  return vrrp.max_adver_int_cs === undefined ? '?' : `${vrrp.max_adver_int_cs / 100}s`;
}

function verdict(ok: string | boolean | undefined): string {
  if (ok === undefined) return '';
  return ok === false ? ' BAD' : ' ok';
}

/** The standard form of this version and family first; the others say what they are. */
function checksum(vrrp: VrrpDescription, family: 4 | 6 | undefined): string {
  const has = (form: VrrpDescription['checksum_matches'][number]) => vrrp.checksum_matches.includes(form);
  if (vrrp.version === 2 && family === 4) return has('no_pseudo') ? 'ok' : 'BAD';
  if (has('pseudo') || has('pseudo_whole_payload')) return 'ok';
  if (has('no_pseudo')) return 'ok without pseudo header (v3_checksum_as_v2)';
  if (has('pseudo_mcast_dst')) return 'ok in the old unicast form (old_unicast_checksum)';
  return 'BAD';
}
