/** 'virtual_server_group' blocks: addresses, ranges, prefixes and firewall marks. */
import { formatIp, parseIp } from '../../base/ip.ts';
import type { BuildContext } from '../context.ts';
import { placeOf } from '../source.ts';
import type { Entry, Statement } from '../tree.ts';
import type { Word } from '../words.ts';
import { portOf, wholeNumber } from './endpoint.ts';
import type { Family, GroupEntry, VirtualServerGroupConfig } from './lvs-config.ts';
import type { LvsState } from './state.ts';

/** Each address is a service of its own in the kernel. */
const MANY = 4096;

/** Reads one block into `state.groups`. */
export function buildServerGroup(s: Statement, state: LvsState, c: BuildContext): void {
  const name = s.args[0];
  if (name === undefined) return;
  const entries = s.entries.map((e) => readEntry(e, c)).filter((e) => e !== undefined);
  const problem =
    entries.length === 0
      ? 'has no entries - removing'
      : mixed(entries)
        ? 'cannot have IPv4, IPv6 and fwmark without family - removing'
        : undefined;
  if (problem !== undefined) {
    c.reporter.report(
      entries.length === 0 ? 'KA1128' : 'KA1129',
      name.at,
      `virtual server group ${name.text} ${problem}`,
      {
        effect: 'services of this group do not exist',
        fix:
          entries.length === 0
            ? 'add an address or a mark'
            : "write 'fwmark MARK inet' or 'fwmark MARK inet6'",
      },
    );
    state.removedGroups.add(name.text);
  } else if (state.groups.has(name.text))
    c.reporter.report('KA1130', name.at, `virtual_server_group ${name.text} is defined twice`, {
      effect: 'the first one is used',
      fix: 'give it another name',
    });
  else state.groups.set(name.text, { name: name.text, entries, place: placeOf(name.at) });
}

function mixed(entries: readonly GroupEntry[]): boolean {
  const has = (test: (e: GroupEntry) => boolean): boolean => entries.some(test);
  return (
    has((e) => e.kind === 'address' && e.family === 4) &&
    has((e) => e.kind === 'address' && e.family === 6) &&
    has((e) => e.kind === 'fwmark' && e.family === undefined)
  );
}

function readEntry(e: Entry, c: BuildContext): GroupEntry | undefined {
  const first = e.words[0];
  if (first === undefined) return undefined;
  return first.text === 'fwmark' ? readMark(e, first, c) : readRange(e, first, c);
}

function bad(word: Word, message: string, c: BuildContext): undefined {
  c.reporter.report('KA1127', word.at, `${message} - skipping`, { effect: 'keepalived skips the line' });
  return undefined;
}

function readMark(e: Entry, keyword: Word, c: BuildContext): GroupEntry | undefined {
  const [, word, family] = e.words;
  if (word === undefined) {
    c.reporter.report('KA1101', keyword.at, 'fwmark without a number', {
      effect: 'keepalived stops with status 2',
      fix: "write 'fwmark NUMBER'",
      fatal: 2,
    });
    return undefined;
  }
  const mark = wholeNumber(word.text, 0xffffffff);
  if (mark === undefined) return bad(word, `fwmark '${word.text}' must be in [0, 4294967295]`, c);
  if (family === undefined) return { kind: 'fwmark', mark, family: undefined };
  if (family.text !== 'inet' && family.text !== 'inet6')
    return bad(family, `fwmark '${word.text}' family ${family.text} unknown`, c);
  return { kind: 'fwmark', mark, family: family.text === 'inet' ? 4 : 6 };
}

function readRange(e: Entry, word: Word, c: BuildContext): GroupEntry | undefined {
  const first = octets(word.text);
  const port = portOf(e.words[1]);
  if (first === undefined || port === undefined) {
    const what = port === undefined ? `port '${e.words[1]?.text ?? ''}'` : `IP address ${word.text}`;
    return bad(port === undefined ? (e.words[1] ?? word) : word, `Invalid virtual server group ${what}`, c);
  }
  const last = lastOf(word, first, c);
  if (last === undefined) return undefined;
  const count = distance(first, last) + 1n;
  if (count > MANY)
    c.reporter.report('KA1131', word.at, `'${word.text}' is a range of ${count} addresses`, {
      effect:
        'each address becomes a service with all servers; keepalived takes minutes over tens of thousands',
      fix: 'use a firewall mark for large ranges',
    });
  const family = familyOf(first);
  return { kind: 'address', family, first: formatIp(first), last: formatIp(last), port };
}

/** KEEPALIVED: what follows a '/' or '-' is cut off. */
const octets = (text: string): Uint8Array | undefined => parseIp(text.replace(/[-/].*$/s, ''));
const familyOf = (address: Uint8Array): Family => (address.length === 4 ? 4 : 6);

/** The last address of '10.0.0.1-5', '2001:db8::1-ff', '10.0.0.1-10.0.0.9' or '10.0.0.0/24'. */
function lastOf(word: Word, first: Uint8Array, c: BuildContext): Uint8Array | undefined {
  const at = word.text.search(/[-/]/);
  if (at === -1) return first;
  const rest = word.text.slice(at + 1);
  if (word.text[at] === '/') return endOfPrefix(word, rest, first, c);
  const last = endOfRange(rest, first);
  if (typeof last === 'string') return bad(word, `Virtual server group range '${word.text}' ${last}`, c);
  if (distance(first, last) > 0n) return last;
  return bad(word, `Address range end is not greater than address range start - ${word.text}`, c);
}

function endOfPrefix(word: Word, text: string, first: Uint8Array, c: BuildContext): Uint8Array | undefined {
  const bits = first.length * 8;
  const length = wholeNumber(text, bits);
  if (length === undefined || length === 0) return bad(word, `Invalid netmask - ${word.text}`, c);
  const last = first.slice();
  let empty = true;
  for (let i = length; i < bits; i++) {
    const mask = 0x80 >> (i & 7);
    if (((last[i >> 3] ?? 0) & mask) !== 0) empty = false;
    last[i >> 3] = (last[i >> 3] ?? 0) | mask;
  }
  return empty ? last : bad(word, `Address mask bits not empty - ${word.text}`, c);
}

/** The last address, or what is wrong with it. */
function endOfRange(text: string, first: Uint8Array): Uint8Array | string {
  if (/[.:]/.test(text)) {
    const whole = octets(text);
    return whole?.length === first.length ? whole : 'does not end with an address of its family';
  }
  const six = first.length === 16;
  if (!(six ? /^[0-9a-fA-F]*$/ : /^[0-9]*$/).test(text)) return `has extra characters at end '${text}'`;
  const value = Number.parseInt(text === '' ? '0' : text, six ? 16 : 10);
  if (value > (six ? 0xffff : 0xff)) return `end '${text}' too large`;
  const last = first.slice();
  last[last.length - 1] = value & 0xff;
  if (six) last[last.length - 2] = value >> 8;
  return last;
}

function distance(a: Uint8Array, b: Uint8Array): bigint {
  const number = (x: Uint8Array): bigint => x.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  return number(b) - number(a);
}

/** What services of the group look like. */
export type GroupFacts = {
  readonly hasAddress: boolean;
  readonly hasMark: boolean;
  readonly anyPort: boolean; // an address without a port
};

export function factsOf(group: VirtualServerGroupConfig): GroupFacts {
  return {
    hasAddress: group.entries.some((e) => e.kind === 'address'),
    hasMark: group.entries.some((e) => e.kind === 'fwmark'),
    anyPort: group.entries.some((e) => e.kind === 'address' && e.port === 0),
  };
}

/** Family of a mark without its own: that of the group's addresses, else the service's. */
export function markFamily(
  e: GroupEntry & { kind: 'fwmark' },
  group: VirtualServerGroupConfig,
  other: Family,
): Family {
  return e.family ?? group.entries.find((x) => x.kind === 'address')?.family ?? other;
}
