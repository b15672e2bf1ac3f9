/** Address lines of 'virtual_ipaddress', 'virtual_ipaddress_excluded' and 'static_ipaddress'. */
import { formatIp, parseIp, parseIpv4 } from '../base/ip.ts';
import type { VirtualAddress } from './config.ts';
import { type BuildContext, interfaceExists, tooLong } from './context.ts';
import { ENTRIES } from './entries.table.ts';
import { named } from './routes/numbers.ts';
import { placeOf, type Span } from './source.ts';
import { nearest } from './suggest.ts';
import type { Entry } from './tree.ts';
import type { Word } from './words.ts';

const OPTION_WORDS = ENTRIES.filter((e) => e.block === 'vrrp_instance/virtual_ipaddress').map(
  (e) => e.keyword,
);
/** Of a lifetime in seconds; the kernel's INFINITY_LIFE_TIME. */
const FOREVER = 0xffffffff;
const FLAGS = new Set(['home', '-nodad', 'mngtmpaddr', 'noprefixroute', 'autojoin']);

export type AddressOwner = {
  readonly use: string; // for messages: '(VI_1)'
  readonly interface: string; // where lines without 'dev' go
  readonly family: 4 | 6 | undefined; // undefined: both
  readonly isStatic: boolean;
};

type Draft = {
  family: 4 | 6;
  bytes: Uint8Array;
  prefix: number;
  prefixGiven: boolean;
  device: string | undefined;
  label: string | undefined;
  scope: number;
  broadcast: '+' | '-' | Uint8Array | undefined;
  peer: Uint8Array | undefined;
  track: boolean;
  flags: string[];
  preferredLifetimeS: number | undefined;
  trackGroup: string | undefined;
};

const SKIP = 'keepalived skips this address';

/** One line to an address; undefined when keepalived skips it, with the reason reported. */
export function readAddress(entry: Entry, owner: AddressOwner, c: BuildContext): VirtualAddress | undefined {
  const [first, ...options] = entry.words;
  if (first === undefined) return undefined;
  const draft = readPrefix(first, c);
  if (draft === undefined) return undefined;
  if (owner.family !== undefined && draft.family !== owner.family) {
    c.reporter.report(
      'KA0703',
      first.at,
      `${owner.use}: address family must match VRRP instance [${first.text}] - ignoring`,
      {
        effect: SKIP,
        fix: 'move it to virtual_ipaddress_excluded, or to an instance of its own family',
      },
    );
    return undefined;
  }
  if (!readOptions(options, draft, owner, c)) return undefined;
  return finish(draft, owner, first.at, c);
}

function readPrefix(word: Word, c: BuildContext): Draft | undefined {
  const slash = word.text.indexOf('/');
  const bytes = parseIp(slash < 0 ? word.text : word.text.slice(0, slash));
  if (bytes === undefined) {
    c.reporter.report('KA0701', word.at, `VRRP parsed invalid IP ${word.text}. skipping IP...`, {
      effect: `${SKIP}, with the whole line`,
      ...(/^\d+(?:\.\d+){0,2}$/.test(word.text) ? { fix: 'write all four numbers of the address' } : {}),
    });
    return undefined;
  }
  const family = bytes.length === 4 ? 4 : 6;
  const most = family === 4 ? 32 : 128;
  const prefix = slash < 0 ? most : prefixLength(word, word.text.slice(slash + 1), most, c);
  return {
    family,
    bytes,
    prefix,
    prefixGiven: slash >= 0,
    device: undefined,
    label: undefined,
    scope: 0,
    broadcast: undefined,
    peer: undefined,
    track: true,
    flags: [],
    preferredLifetimeS: undefined,
    trackGroup: undefined,
  };
}

/** KEEPALIVED: nothing behind the '/' is 0, a number with junk behind it counts at run time. */
function prefixLength(word: Word, text: string, most: number, c: BuildContext): number {
  const digits = /^\d{0,3}/.exec(text)?.[0] ?? '';
  const junk = digits.length < text.length;
  const value = Number(digits);
  if (!junk && text !== '' && value <= most) return value;
  const used = text === '' ? 0 : junk && digits !== '' && value <= most && !c.testMode ? value : most;
  c.reporter.report(
    'KA0702',
    word.at,
    `Invalid address prefix len ${text} for address ${word.text} - using ${used}`,
    {
      effect: `keepalived uses /${used}`,
      fix: `write a prefix length in 0..${most}`,
      ...(text === '' ? { keepalivedClass: 'none' } : {}),
    },
  );
  return used;
}

/** The words behind the address; false when the line is skipped. */
function readOptions(words: readonly Word[], d: Draft, owner: AddressOwner, c: BuildContext): boolean {
  const unknown: Word[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Word;
    const name = word.text === 'broadcast' ? 'brd' : word.text;
    if (name === 'no_track') d.track = false;
    else if (FLAGS.has(name)) d.flags.push(name);
    else if (name === 'use_vmac' && !owner.isStatic) d.flags.push(name);
    else if (VALUED.has(name) || (name === 'track_group' && owner.isStatic)) {
      const value = words[++i];
      if (value === undefined) {
        c.reporter.report('KA0705', word.at, `${word.text} without a value`, { effect: SKIP });
        return false;
      }
      if (!VALUED_OPTIONS[name]?.(value, d, owner, c)) return false;
    } else unknown.push(word);
  }
  const first = unknown[0];
  if (first !== undefined)
    c.reporter.report(
      'KA0704',
      first.at,
      `Unknown virtual address option '${unknown.map((w) => w.text).join(' ')}' - ignoring`,
      {
        effect: 'keepalived ignores these words and uses the address',
        fix: unknownOptionFix(first.text),
      },
    );
  return true;
}

function unknownOptionFix(word: string): string {
  if (parseIp(word.replace(/\/.*/, '')) !== undefined) return 'write one address on a line';
  const near = nearest(word, OPTION_WORDS);
  return near === undefined ? "start a remark with '#'" : `did you mean '${near}'?`;
}

type Option = (value: Word, d: Draft, owner: AddressOwner, c: BuildContext) => boolean;

/** Options with a value: false skips the line. */
const VALUED_OPTIONS: Readonly<Record<string, Option>> = {
  dev: (value, d, owner, c) => {
    if (d.device !== undefined || tooLong(value.text)) {
      const why = d.device !== undefined ? "a second 'dev'" : 'the interface name is too long';
      c.reporter.report('KA0705', value.at, `${why} on the line`, { effect: SKIP });
      return false;
    }
    d.device = value.text;
    return interfaceExists(value.text, value.at, `ip address ${formatIp(d.bytes)} of ${owner.use}`, c);
  },
  scope: (value, d, _owner, c) => {
    const scope = named(value.text, 'rt_scopes', c.routing.names);
    if (d.family === 6 || scope === undefined)
      c.reporter.report('KA0706', value.at, `Invalid scope '${value.text}' - ignoring`, {
        effect:
          d.family === 6
            ? 'IPv6 addresses have no scope; keepalived ignores it'
            : 'keepalived ignores the scope',
        ...(d.family === 4 ? { fix: 'write global, site, link, host, nowhere or a number in 0..255' } : {}),
      });
    else d.scope = scope;
    return true;
  },
  brd: (value, d, _owner, c) => {
    if (value.text === '+' || value.text === '-') d.broadcast = value.text;
    else d.broadcast = parseIpv4(value.text);
    if (d.broadcast !== undefined && d.family === 4) return true;
    c.reporter.report('KA0705', value.at, `Invalid broadcast address '${value.text}'`, { effect: SKIP });
    return false;
  },
  label: (value, d, _owner, c) => {
    if (tooLong(value.text)) {
      c.reporter.report('KA0705', value.at, `Label '${value.text}' too long - maximum length is 15`, {
        effect: SKIP,
      });
      return false;
    }
    if (d.family === 4) d.label = value.text;
    else
      c.reporter.report('KA0706', value.at, 'Cannot specify label for IPv6 addresses - ignoring', {
        effect: 'keepalived ignores the label',
      });
    return true;
  },
  peer: (value, d, _owner, c) => {
    const bytes = parseIp(value.text);
    if (bytes === undefined || bytes.length !== d.bytes.length || d.peer !== undefined) {
      c.reporter.report('KA0706', value.at, `Invalid peer address '${value.text}' - ignoring`, {
        effect: 'keepalived ignores the peer',
      });
      return true;
    }
    d.peer = bytes;
    return true;
  },
  preferred_lft: (value, d, _owner, c) => {
    const seconds =
      value.text === 'forever' ? FOREVER : /^\+?\d{1,10}$/.test(value.text) ? Number(value.text) : Number.NaN;
    if (seconds <= FOREVER) d.preferredLifetimeS = seconds;
    else
      c.reporter.report('KA0706', value.at, `preferred_lft '${value.text}' is invalid`, {
        effect: 'keepalived ignores it',
      });
    return true;
  },
  track_group: (value, d, _owner, c) => {
    if (d.trackGroup !== undefined)
      c.reporter.report('KA1321', value.at, `track_group ${value.text} is a duplicate`, {
        effect: 'keepalived ignores the rest of the line',
        fix: 'name one group',
      });
    else if (c.routing.trackGroups.has(value.text)) d.trackGroup = value.text;
    else
      c.reporter.report('KA1320', value.at, `track_group ${value.text} not found`, {
        effect: 'keepalived keeps the address without a group',
        fix: `define 'track_group ${value.text} { … }' above`,
      });
    return true;
  },
};
const VALUED = new Set(Object.keys(VALUED_OPTIONS).filter((k) => k !== 'track_group'));

function finish(d: Draft, owner: AddressOwner, at: Span, c: BuildContext): VirtualAddress {
  if (d.peer !== undefined && d.prefixGiven)
    c.reporter.report('KA0706', at, 'Cannot specify address prefix when specifying peer address - ignoring', {
      effect: `keepalived uses /${d.bytes.length * 8}`,
    });
  const prefix = d.peer === undefined ? d.prefix : d.bytes.length * 8;
  const broadcast = broadcastOf(d, prefix, at, c);
  const preferred = d.preferredLifetimeS ?? (d.family === 6 && prefix === 128 ? 0 : undefined);
  return {
    family: d.family,
    address: formatIp(d.bytes),
    bytes: d.bytes,
    prefixLength: prefix,
    interface: d.device ?? owner.interface,
    ...(d.label === undefined ? {} : { label: d.label }),
    scope: d.scope,
    ...(broadcast === undefined ? {} : { broadcast }),
    ...(d.peer === undefined ? {} : { peer: { bytes: d.peer, prefixLength: d.bytes.length * 8 } }),
    track: d.track,
    ...(d.trackGroup === undefined ? {} : { trackGroup: d.trackGroup }),
    ...(d.flags.length === 0 ? {} : { flags: d.flags }),
    ...(preferred === undefined ? {} : { preferredLifetimeS: preferred }),
    place: placeOf(at),
  };
}

/** 'brd +' sets the host bits, 'brd -' clears them; neither with a peer nor with a prefix beyond /30. */
function broadcastOf(d: Draft, prefix: number, at: Span, c: BuildContext): Uint8Array | undefined {
  if (d.broadcast === undefined) return undefined;
  const computed = d.broadcast === '+' || d.broadcast === '-';
  if (d.peer !== undefined || (computed && prefix > 30)) {
    const why = d.peer !== undefined ? 'with a peer address' : `for /${prefix}`;
    c.reporter.report('KA0706', at, `Cannot specify broadcast ${why} - ignoring`, {
      effect: 'keepalived ignores it',
    });
    return undefined;
  }
  if (typeof d.broadcast !== 'string') return d.broadcast;
  const out = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const hostBits = 0xff >> Math.min(8, Math.max(0, prefix - 8 * i));
    const byte = d.bytes[i] ?? 0;
    out[i] = d.broadcast === '+' ? byte | hostBits : byte & ~hostBits;
  }
  return out;
}
