/** Why an advert was refused, in words for an operator: theirs and ours named, and what to do. */
import { assertNever } from '../base/assert.ts';
import type { Detail, RejectReason } from './reject-reason.ts';

/** One sentence for an operator, theirs and ours named: "their advert_int is 2 s, ours is 1 s". */
export function explainRejection(reason: RejectReason, d: Detail): string {
  switch (reason) {
    case 'not-running':
      return `we are in state ${d.got} and hear no adverts`;
    case 'transport':
      return `they send ${d.got}, we are configured for ${d.want}`;
    case 'truncated':
      return `their packet has ${d.got} octets, an advert has at least ${d.want}`;
    case 'ip-header':
      return `their IP header does not fit the packet (${d.got}, expected ${d.want})`;
    case 'authentication-header':
      return `their IPsec authentication header (auth_type AH): ${d.got}, expected ${d.want}`;
    case 'length':
      return `their advert is ${d.got} octets long, its own fields say ${d.want}`;
    case 'hmac-unexpected':
      return 'their adverts are 28 octets longer than an advert, as auth_hmac makes them, and there is no auth_hmac here: add the block with their key';
    case 'ttl':
      return `their packet arrived with TTL ${d.got}, it must be ${d.want}: a router or a filter stands between`;
    case 'version':
      return `they speak VRRP version ${d.got}, we speak version ${d.want} (vrrp_version)`;
    case 'hmac-missing':
      return "their advert is not signed and our auth_hmac mode is enforce: give them the key, or write 'mode permissive' here until they have it";
    case 'hmac-malformed':
      return `their auth_hmac trailer has ${d.got}, expected ${d.want}`;
    case 'hmac-stale':
      return `their clock is ${clock(d.got)} ours and time_window is ${d.want} s (or a recorded packet is sent again): set both clocks by NTP`;
    case 'hmac-unknown-key':
      return `they sign with key ${d.got}, we know ${d.want}: add their key here before they make it their active_key`;
    case 'hmac-invalid':
      return `their key ${d.got} is not our key ${d.got}: write the same octets on both nodes`;
    case 'hmac-replay':
      return `their advert of ${d.got} is not ${d.want}, the last one accepted: a recorded packet is sent again, two nodes have this address, or their clock was set back`;
    case 'auth-type-unknown':
      return `their authentication is ${d.got}, which is none of ${d.want}`;
    case 'auth-type':
      return `their authentication is ${d.got}, ours is ${d.want} (auth_type)`;
    case 'auth-data':
      return 'their auth_pass is not ours';
    case 'ah-icv':
      return 'their AH check value is not ours: auth_pass differs, or the packet was changed on its way';
    case 'ah-spi':
      return 'the SPI of their AH header is not their source address: the packet was translated on its way';
    case 'ah-replay':
      return `their AH sequence number is ${d.got}, expected ${d.want}: a recorded packet is sent again, or they just restarted and will follow ours`;
    case 'interval':
      return `their advert_int is ${d.got}, ours is ${d.want}; version 2 needs them equal`;
    case 'interval-zero':
      return 'their advert interval is 0';
    case 'type':
      return `their packet has VRRP type ${d.got}, an advert has ${d.want}`;
    case 'checksum':
      return `their checksum is ${d.got}, we expect ${d.want}`;
    case 'owner-ignores':
      return 'we are the address owner and ignore adverts (owner_ignore_adverts)';
    case 'unicast-source':
      return `${d.got} is not one of our unicast_peer addresses`;
    case 'unicast-ttl':
      return `their packet arrived with TTL ${d.got}, allowed is ${d.want} (min_ttl, max_ttl)`;
    default:
      return assertNever(reason);
  }
}

/** '37 s ahead of', '5 s behind'. */
function clock(aheadS: string): string {
  const s = Number(aheadS);
  return s < 0 ? `${-s} s behind` : `${s} s ahead of`;
}
