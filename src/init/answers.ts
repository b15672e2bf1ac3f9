/**
 * What `vipd init` must know, one reader for each answer: text in, value or what is wrong and how to write it. The same
 * readers serve the flags and the questions on a terminal.
 */
import { formatIp, isMulticast, parseIp } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';

export type Vip = { readonly address: string; readonly prefix: number; readonly family: 4 | 6 };
export type InitNode = { readonly name: string; readonly address: string | undefined };
/** A track script: its name in the file and the command. */
export type Check = { readonly name: string; readonly command: string };

export type Answers = {
  readonly interface: string;
  readonly vips: readonly [Vip, ...Vip[]];
  readonly nodes: readonly [InitNode, InitNode]; // the first is the one that is to be master
  readonly priorities: readonly [number, number]; // 20..254, the first higher
  readonly vrid: number; // 1..255
  readonly version: 2 | 3;
  readonly unicast: boolean;
  readonly check: Check | undefined;
  readonly instance: string;
  readonly notify: string | undefined;
  readonly preempt: boolean;
  readonly advertInt: string; // seconds, as it will stand in the file
  readonly oneFile: boolean;
};

type Read<T> = Result<T, string>;

/** VIPs of one instance; more belong into 'virtual_ipaddress_excluded', and an advert must fit a packet. */
const MAX_VIPS = 20;
/** Below it, a failing check would leave no priority under the other node's. */
const MIN_PRIORITY = 20;

export function readInterface(text: string): Read<string> {
  return /^[A-Za-z0-9_.:-]{1,15}$/.test(text) && !/^\.\.?$/.test(text)
    ? ok(text)
    : err(
        `'${text}' is no name of an interface: 1 to 15 letters, digits and . _ - as 'ip link' shows them, such as eth0`,
      );
}

export function readVip(text: string): Read<Vip> {
  const [, host = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bytes = parseIp(host);
  if (bytes === undefined)
    return err(`'${text}' is no address; write ADDRESS/LENGTH, such as 192.0.2.100/24`);
  const bits = bytes.length * 8;
  if (digits === undefined)
    return err(
      `'${text}' has no prefix length; write that of the network, such as ${host}/${bits === 32 ? 24 : 64}`,
    );
  const prefix = Number(digits);
  if (prefix < 1 || prefix > bits) return err(`the prefix length of '${text}' is not in 1..${bits}`);
  if (isMulticast(bytes) || bytes.every((b) => b === 0))
    return err(`'${text}' cannot be an address of a host; write one that no machine has yet`);
  return ok({ address: formatIp(bytes), prefix, family: bits === 32 ? 4 : 6 });
}

export function readVips(texts: readonly string[]): Read<readonly [Vip, ...Vip[]]> {
  const vips: Vip[] = [];
  for (const text of texts) {
    const vip = readVip(text);
    if (!vip.ok) return vip;
    if (vips.some((v) => v.address === vip.value.address))
      return err(`'${text}' is given twice; write it once`);
    vips.push(vip.value);
  }
  const [first, ...rest] = vips;
  if (first === undefined) return err('no address given; write at least one, such as 192.0.2.100/24');
  if (rest.some((v) => v.family !== first.family))
    return err('IPv4 and IPv6 addresses need an instance each; run vipd init once for each family');
  if (vips.length > MAX_VIPS)
    return err(`${vips.length} addresses are too many for one instance; give at most ${MAX_VIPS}`);
  return ok([first, ...rest]);
}

/** 'lb1=192.0.2.1' or 'lb1'. */
export function readNode(text: string): Read<InitNode> {
  const [, name = '', address] = /^([^=]*)(?:=(.*))?$/.exec(text) ?? [];
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(name))
    return err(
      `'${name}' is no name of a node; write its host name up to the first dot (letters, digits, - and _), such as lb1`,
    );
  if (address === undefined) return ok({ name, address: undefined });
  const bytes = parseIp(address);
  return bytes === undefined || isMulticast(bytes)
    ? err(
        `'${address}' is no address of ${name}; write NAME=ADDRESS without prefix length, such as ${name}=192.0.2.1`,
      )
    : ok({ name, address: formatIp(bytes) });
}

export function readNodes(texts: readonly string[]): Read<readonly [InitNode, InitNode]> {
  const nodes: InitNode[] = [];
  for (const text of texts) {
    const node = readNode(text);
    if (!node.ok) return node;
    nodes.push(node.value);
  }
  const [a, b] = nodes;
  if (a === undefined || b === undefined || nodes.length > 2)
    return err(`${nodes.length} nodes given; name exactly two, such as lb1=192.0.2.1 and lb2=192.0.2.2`);
  if (a.name === b.name) return err(`both nodes are called ${a.name}; give each its own host name`);
  if (a.address !== undefined && a.address === b.address)
    return err(`both nodes have the address ${a.address}; give each its own, not the virtual one`);
  return ok([a, b]);
}

const integer = (text: string, min: number, max: number): number | undefined =>
  /^\d{1,6}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined;

export function readVrid(text: string): Read<number> {
  const vrid = integer(text, 1, 255);
  return vrid === undefined
    ? err(
        `'${text}' is no virtual router id; write a number from 1 to 255 that nothing else on this network uses`,
      )
    : ok(vrid);
}

export function readVersion(text: string): Read<2 | 3> {
  return text === '2' || text === '3'
    ? ok(text === '2' ? 2 : 3)
    : err(`'${text}' is no VRRP version; write 2 or 3`);
}

/** '110,100' */
export function readPriorities(text: string): Read<readonly [number, number]> {
  const [high, low, ...more] = text.split(/[ ,]+/).map((s) => integer(s, MIN_PRIORITY, 254));
  if (high === undefined || low === undefined || more.length > 0 || high <= low)
    return err(
      `'${text}': write two numbers from ${MIN_PRIORITY} to 254, that of the first node higher, such as 110,100`,
    );
  return ok([high, low]);
}

export function readAdvertInt(text: string, version: 2 | 3): Read<string> {
  const seconds = /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
  if (version === 2)
    return Number.isInteger(seconds) && seconds >= 1 && seconds <= 255
      ? ok(String(seconds))
      : err(
          `advert interval '${text}': VRRP version 2 knows whole seconds from 1 to 255; take one, or version 3`,
        );
  return seconds >= 0.01 && seconds <= 40.95
    ? ok(String(seconds))
    : err(`advert interval '${text}' is not in 0.01..40.95 seconds, in steps of 0.01`);
}

export function readInstance(text: string): Read<string> {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(text)
    ? ok(text)
    : err(`'${text}' cannot name an instance; use letters, digits and . _ - only, such as VI_1`);
}

/** Outside quotes nearly every character means something to some reader; inside them only these do. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a line end would leave the quotes
const UNQUOTABLE = /["\\$'\x00-\x1f\x7f]/;
const MAX_COMMAND = 400;

function readPath(text: string, what: string): Read<string> {
  if (!text.startsWith('/'))
    return err(`${what} '${text}' must be an absolute path, such as /etc/keepalived/${what}.sh`);
  if (UNQUOTABLE.test(text) || text.length > MAX_COMMAND)
    return err(
      `${what}: quotes, backslashes, '$' and more than ${MAX_COMMAND} characters do not pass through the file; put the command into a script`,
    );
  return ok(text);
}

/** 'haproxy', 'nginx', or a command line with an absolute path. */
export function readCheck(text: string): Read<Check> {
  if (text === 'haproxy' || text === 'nginx')
    return ok({ name: `chk_${text}`, command: `/usr/bin/pgrep -x ${text}` });
  const path = readPath(text, 'check');
  return path.ok ? ok({ name: 'chk_service', command: path.value }) : path;
}

export const readNotify = (text: string): Read<string> => readPath(text, 'notify');
