/** 'unicast_peer' and the settings that only mean something with it: source, TTL, source check, old checksum. */
import { equalBytes, toHex } from '../base/bytes.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import type { UnicastPeer } from './config.ts';
import { type Draft, lastOf, tell } from './instance-draft.ts';
import type { Word } from './words.ts';

export type Transport = {
  readonly unicastPeers: readonly UnicastPeer[];
  readonly sourceAddress?: string;
  readonly trackSourceAddress: boolean;
  readonly checkUnicastSource: boolean;
  readonly ttl: number;
  readonly oldUnicastChecksum: 'auto' | 'always' | 'never';
  readonly faultNoPeer: boolean; // unicast words, no peer, 'unicast_fault_no_peer'
};

const UNICAST_WORDS = [
  'unicast_src_ip',
  'unicast_ttl',
  'check_unicast_src',
  'old_unicast_checksum',
  'unicast_peer',
];

/** KEEPALIVED: leaves it to the kernel, whose default this is; 'min_ttl 255' of a peer needs 'unicast_ttl 255' here. */
const UNICAST_HOP_LIMIT = 64;

export function transport(d: Draft): Transport {
  const peers = readPeers(d);
  const source = sourceAddress(d, peers);
  const track = d.block.has('track_src_ip');
  if (track && source === undefined)
    tell(d, 'KA0626', 'track_src_ip', 'track_src_ip without a source address - clearing', {
      effect: 'nothing is tracked',
      fix: "add 'unicast_src_ip' or 'mcast_src_ip'",
    });
  const noPeers = checkNoPeers(d, peers);
  return {
    unicastPeers: peers,
    ...(source === undefined ? {} : { sourceAddress: source }),
    trackSourceAddress: track && source !== undefined,
    checkUnicastSource:
      peers.length > 0 &&
      (d.c.globals.checkUnicastSource || d.block.has('check_unicast_src') || peers.some((p) => p.ttlGiven)),
    ttl:
      peers.length > 0 ? (d.block.number('unicast_ttl') ?? (d.family === 4 ? 255 : UNICAST_HOP_LIMIT)) : 255,
    oldUnicastChecksum: !d.block.has('old_unicast_checksum')
      ? 'auto'
      : d.block.text('old_unicast_checksum') === 'never'
        ? 'never'
        : 'always',
    faultNoPeer: noPeers,
  };
}

function sourceAddress(d: Draft, peers: readonly UnicastPeer[]): string | undefined {
  const setting = lastOf(d.block, 'unicast_src_ip', 'mcast_src_ip');
  const bytes = typeof setting?.value === 'string' ? parseIp(setting.value) : undefined;
  if (setting === undefined || bytes === undefined) return undefined;
  if (bytes.length !== (d.family === 4 ? 4 : 16)) {
    tell(
      d,
      'KA0621',
      setting.at,
      `address family of ${setting.value} does not match the instance - ignoring`,
      { effect: 'the primary address of the interface is used' },
    );
    return undefined;
  }
  const own = peers.find((p) => equalBytes(p.bytes, bytes));
  if (own !== undefined)
    tell(d, 'KA0627', setting.at, `${own.address} is both the source address and a unicast peer`, {
      effect: 'the router sends adverts to itself',
      fix: 'remove it from unicast_peer',
    });
  return formatIp(bytes);
}

/** True when the instance has to stay in FAULT for want of peers. */
function checkNoPeers(d: Draft, peers: readonly UnicastPeer[]): boolean {
  if (peers.length > 0) return false;
  const fault = d.block.has('unicast_fault_no_peer');
  const word = UNICAST_WORDS.find((w) => d.block.has(w)) ?? (fault ? 'unicast_fault_no_peer' : undefined);
  if (word === undefined) return false;
  if (d.block.has('unicast_ttl'))
    tell(d, 'KA0622', 'unicast_ttl', 'Cannot use unicast_ttl without unicast peers - resetting', {
      effect: 'keepalived then sends with TTL 0, which reaches nobody; vipd sends with 255',
      fix: 'remove it, or add unicast_peer',
    });
  const only = UNICAST_WORDS.filter((w) => d.block.has(w)).length === 1 && d.block.has('unicast_ttl');
  if (only && !fault) return false;
  if (fault) {
    tell(d, 'KA0623', word, 'A unicast keyword has been specified without any unicast peers', {
      effect: "the instance stays in FAULT ('unicast_fault_no_peer')",
      severity: 'error',
      keepalivedClass: 'none',
    });
    return true;
  }
  // Every peer was refused, and that was said.
  if (d.block.list('unicast_peer').some((l) => l.entries.length > 0)) return false;
  tell(
    d,
    'KA0623',
    d.block.get(word)?.statement.keyword.at ?? d.block.list(word)[0]?.keyword.at ?? d.at,
    'A unicast keyword has been specified without any unicast peers. Defaulting to multicast. This usage is deprecated - please update your configuration.',
    {
      effect: 'adverts are sent by multicast',
      fix: `remove '${word}' (use mcast_src_ip for a source address), or add unicast_peer`,
    },
  );
  return false;
}

function readPeers(d: Draft): readonly UnicastPeer[] {
  const peers: UnicastPeer[] = [];
  const seen = new Set<string>();
  for (const entry of d.block.list('unicast_peer').flatMap((l) => l.entries)) {
    const peer = readPeer(entry.words, d);
    if (peer === undefined) continue;
    const key = toHex(peer.bytes);
    if (seen.has(key)) {
      tell(d, 'KA0625', entry.line.span(), `duplicate unicast peer ${peer.address} - ignoring`, {
        effect: 'keepalived skips it',
      });
      continue;
    }
    seen.add(key);
    peers.push(peer);
  }
  return peers;
}

function readPeer(words: readonly Word[], d: Draft): UnicastPeer | undefined {
  const [first, ...options] = words;
  if (first === undefined) return undefined;
  const bytes = parseIp(first.text.replace(/[/-].*$/s, ''));
  if (bytes === undefined || bytes.length !== (d.family === 4 ? 4 : 16)) {
    const why =
      bytes === undefined
        ? `malformed unicast peer address[${first.text}]`
        : `unicast peer ${first.text} is of the other address family`;
    d.c.reporter.report(
      'KA0624',
      first.at,
      `Configuration error: VRRP instance[${d.name}] ${why}. Skipping...`,
      {
        effect: 'keepalived skips this peer, and sends by multicast when none is left',
        ...(first.text.includes(',') ? { fix: 'write one address on a line' } : {}),
      },
    );
    return undefined;
  }
  let minTtl = 0;
  let maxTtl = 255;
  let ttlGiven = false;
  for (let i = 0; i < options.length; i += 2) {
    const word = options[i] as Word;
    const text = options[i + 1]?.text ?? '';
    const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    if ((word.text !== 'min_ttl' && word.text !== 'max_ttl') || !(value <= 255)) {
      tell(
        d,
        'KA0628',
        word.at,
        `unknown unicast_peer option '${word.text}${text === '' ? '' : ` ${text}`}'`,
        { effect: 'keepalived ignores the rest of the line' },
      );
      break;
    }
    if (word.text === 'min_ttl') minTtl = value;
    else maxTtl = value;
    ttlGiven = true;
  }
  return { address: formatIp(bytes), bytes, minTtl, maxTtl, ttlGiven };
}
