/** 'use_vmac' and 'use_ipvlan': the interface an instance makes for itself, its name, address and place. */
import { parseIp } from '../base/ip.ts';
import { tooLong } from './context.ts';
import { type Draft, tell } from './instance-draft.ts';
import { named } from './routes/numbers.ts';
import type { Setting } from './settings.ts';
import type { Word } from './words.ts';

export type VmacConfig = {
  readonly name: string; // at most 15 bytes; default PREFIX.VRID
  readonly nameGiven: boolean; // else another name may be taken when this one exists
  readonly mac: Uint8Array; // 6 octets; 00:00:5e:00:01:VRID, for IPv6 00:00:5e:00:02:VRID
  readonly macGiven: boolean;
  readonly xmitBase: boolean; // adverts leave from and arrive at the parent interface
  readonly netlinkNotify: boolean; // 'netlink_notify_msg'
  readonly group?: number; // link group; absent = default
};

export type IpvlanConfig = {
  readonly name: string; // as in VmacConfig
  readonly nameGiven: boolean;
  readonly address?: { readonly bytes: Uint8Array; readonly prefixLength: number };
  readonly mode: 'bridge' | 'private' | 'vepa'; // default bridge
  readonly group?: number;
};

/** The words of all lines of one keyword together; a later line replaces what it names. */
type Words = {
  name: string | undefined;
  mac: Uint8Array | undefined;
  netlinkNotify: boolean;
  group: number | undefined;
  address: IpvlanConfig['address'];
  mode: IpvlanConfig['mode'] | undefined;
};

const none = (): Words => ({
  name: undefined,
  mac: undefined,
  netlinkNotify: false,
  group: undefined,
  address: undefined,
  mode: undefined,
});

const linesOf = (d: Draft, keyword: string): readonly Setting[] =>
  d.block.settings.filter((s) => s.statement.keyword.text === keyword);

/** The default name: the prefix is cut so that '.VRID' fits into 15 bytes. */
export function defaultName(prefix: string, vrid: number): string {
  const tail = `.${vrid}`;
  return prefix.slice(0, 15 - tail.length) + tail;
}

/** `unicast`: the instance has peers, which forces 'vmac_xmit_base'. */
export function readVmac(d: Draft, vrid: number, unicast: boolean): VmacConfig | undefined {
  const xmitBase = d.block.has('vmac_xmit_base');
  const lines = linesOf(d, 'use_vmac');
  if (lines.length === 0) {
    if (xmitBase)
      tell(d, 'KA0665', 'vmac_xmit_base', 'vmac_xmit_base is only valid with a vmac', {
        effect: 'the line has no effect',
        fix: "add 'use_vmac', or remove the line",
      });
    return undefined;
  }
  const w = none();
  for (const line of lines) vmacLine(d, line.words, w);
  if (d.strict && w.mac !== undefined) {
    w.mac = undefined;
    tell(d, 'KA0664', 'use_vmac', 'cannot specify MAC address with strict mode - clearing', {
      effect: 'the virtual router MAC of the standard is used',
    });
  }
  if (d.strict && xmitBase)
    tell(d, 'KA0665', 'vmac_xmit_base', 'xmit_base is incompatible with strict mode - resetting', {
      effect: 'adverts leave from the VMAC',
    });
  return {
    name: w.name ?? defaultName(d.c.globals.config.defaults.vmacPrefix, vrid),
    nameGiven: w.name !== undefined,
    mac: macOf(d, w.mac, vrid),
    macGiven: w.mac !== undefined,
    xmitBase: (xmitBase && !d.strict) || unicast,
    netlinkNotify: w.netlinkNotify,
    ...(w.group === undefined ? {} : { group: w.group }),
  };
}

/** Five given octets get the VRID appended. */
function macOf(d: Draft, given: Uint8Array | undefined, vrid: number): Uint8Array {
  if (given === undefined) return new Uint8Array([0, 0, 0x5e, 0, d.family === 4 ? 1 : 2, vrid]);
  return given.length === 6 ? given : new Uint8Array([...given, vrid]);
}

function vmacLine(d: Draft, words: readonly Word[], w: Words): void {
  let named = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Word;
    const next = words[i + 1];
    if (word.text === 'netlink_notify_msg') w.netlinkNotify = true;
    else if (word.text === 'group' && next !== undefined) {
      w.group = readGroup(d, next) ?? w.group;
      i++;
    } else if (word.text.includes(':')) w.mac = readMac(d, word) ?? w.mac;
    else {
      const name = word.text === 'name' && next !== undefined ? (words[++i] as Word) : word;
      if (named)
        tell(d, 'KA0662', name.at, 'VMAC interface name already specified', {
          effect: `the name is '${w.name}'`,
        });
      else if (usable(d, name, 'VMAC')) {
        w.name = name.text;
        named = true;
      }
    }
  }
}

const MOST_GROUP = 0x7fffffff;

/** A number, or a name of iproute2's 'group' file. */
function readGroup(d: Draft, word: Word): number | undefined {
  const group = named(word.text, 'group', d.c.routing.names, MOST_GROUP);
  if (group !== undefined) return group;
  tell(d, 'KA0672', word.at, `link group '${word.text}' is unknown - ignoring`, {
    effect: 'the interface is in the default group',
    fix: "write a number, or a name of iproute2's group file",
  });
  return undefined;
}

/** Whether the kernel would take the name. */
function usable(d: Draft, word: Word, kind: 'VMAC' | 'IPVLAN'): boolean {
  if (word.text !== '' && !tooLong(word.text) && !/[/:\s]/.test(word.text)) return true;
  tell(
    d,
    'KA0662',
    word.at,
    `${kind} interface name '${word.text}' too long or invalid characters - ignoring`,
    {
      effect: 'the name is made from prefix and VRID',
      fix: "use at most 15 bytes without '/', ':' and blanks",
    },
  );
  return false;
}

function readMac(d: Draft, word: Word): Uint8Array | undefined {
  const parts = word.text.split(':');
  const valid =
    (parts.length === 5 || parts.length === 6) && parts.every((p) => /^[0-9a-fA-F]{1,2}$/.test(p));
  const mac = new Uint8Array(parts.map((p) => Number.parseInt(p, 16)));
  const standard =
    mac[0] === 0 && mac[1] === 0 && mac[2] === 0x5e && mac[3] === 0 && (mac[4] === 1 || mac[4] === 2);
  const problem = !valid
    ? `VMAC invalid MAC address ${word.text} - ignored`
    : ((mac[0] ?? 0) & 1) === 1
      ? `VMAC MAC address is multicast ${word.text} - ignoring`
      : standard
        ? `VMAC MAC address not allowed to be RFC5798 address (${word.text}) - ignoring`
        : undefined;
  if (problem === undefined) return mac;
  tell(d, 'KA0663', word.at, problem, {
    effect: 'the virtual router MAC of the standard is used',
    fix: 'write 6 octets of a unicast address, or 5 to which the VRID is appended',
  });
  return undefined;
}

export function readIpvlan(d: Draft, vrid: number): IpvlanConfig | undefined {
  const lines = linesOf(d, 'use_ipvlan');
  if (lines.length === 0) return undefined;
  const w = none();
  for (const line of lines) ipvlanLine(d, line.words, w);
  if (d.family === 4 && w.address === undefined)
    tell(
      d,
      'KA0667',
      'use_ipvlan',
      'IPv4 ipvlan requires a source ip address to be configured. setting instance to fault state',
      { effect: 'the instance stays in FAULT', fix: "write 'use_ipvlan ADDRESS/PREFIX'" },
    );
  return {
    name: w.name ?? defaultName(d.c.globals.config.defaults.vmacPrefix, vrid),
    nameGiven: w.name !== undefined,
    ...(w.address === undefined ? {} : { address: w.address }),
    mode: w.mode ?? 'bridge',
    ...(w.group === undefined ? {} : { group: w.group }),
  };
}

const again = (d: Draft, word: Word, what: string): void =>
  tell(d, 'KA0666', word.at, `${what} already specified - ignoring '${word.text}'`, {
    effect: 'the first one counts',
  });

function ipvlanLine(d: Draft, words: readonly Word[], w: Words): void {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Word;
    const next = words[i + 1];
    const [address, prefix] = word.text.split('/');
    const bytes = parseIp(address ?? '');
    if (word.text === 'bridge' || word.text === 'private' || word.text === 'vepa') {
      if (w.mode === undefined) w.mode = word.text;
      else again(d, word, 'ipvlan type');
    } else if (word.text === 'group' && next !== undefined) {
      w.group = readGroup(d, next) ?? w.group;
      i++;
    } else if (bytes !== undefined) {
      if (w.address === undefined) w.address = ipvlanAddress(d, word, bytes, prefix);
      else again(d, word, 'ipvlan address');
    } else {
      const name = word.text === 'name' && next !== undefined ? (words[++i] as Word) : word;
      if (w.name !== undefined) again(d, name, 'IPVLAN interface');
      else if (usable(d, name, 'IPVLAN')) w.name = name.text;
    }
  }
}

function ipvlanAddress(
  d: Draft,
  word: Word,
  bytes: Uint8Array,
  prefix: string | undefined,
): IpvlanConfig['address'] {
  const most = bytes.length === 4 ? 32 : 128;
  const length = prefix === undefined ? most : /^\d{1,3}$/.test(prefix) ? Number(prefix) : most + 1;
  if (length <= most && most === (d.family === 4 ? 32 : 128)) return { bytes, prefixLength: length };
  tell(
    d,
    'KA0666',
    word.at,
    `ipvlan address '${word.text}' is not one of the instance's family with a prefix - ignoring`,
    {
      effect: 'the ipvlan has no address',
    },
  );
  return undefined;
}
