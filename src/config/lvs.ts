/** 'virtual_server' blocks: read whole, so that nothing in them is unknown; what they do belongs to another part. */
import { parseIp } from '../base/ip.ts';
import type { CheckerConfig, Command, RealServerConfig, VirtualServerConfig } from './config.ts';
import type { BuildContext } from './context.ts';
import { accountExists } from './scripts.ts';
import type { Block } from './settings.ts';
import { placeOf, type Span } from './source.ts';
import type { Statement } from './tree.ts';
import type { Word } from './words.ts';

const S = 1_000_000;
type Target = Pick<VirtualServerConfig, 'kind' | 'address' | 'port' | 'fwmark'>;
type Option = { readonly keyword: string; readonly args: readonly string[] };

const number = (word: Word | undefined, most: number): number | undefined =>
  word !== undefined && /^\d{1,10}$/.test(word.text) && Number(word.text) <= most
    ? Number(word.text)
    : undefined;

/** Port 0 (and no port) means any. */
function portOf(word: Word | undefined): number | undefined {
  return word === undefined ? 0 : number(word, 65535);
}

function targetOf(block: Block, c: BuildContext): Target | undefined {
  const [first, second] = block.statement?.args ?? [];
  if (first === undefined) return undefined;
  if (first.text === 'group' || first.text === 'fwmark') {
    if (second === undefined) {
      c.reporter.report('KA1101', first.at, `virtual_server ${first.text} without a value`, {
        effect: 'keepalived crashes on this line',
        fatal: 2,
      });
      return undefined;
    }
    if (first.text === 'group') return { kind: 'group', address: second.text, port: 0, fwmark: 0 };
    const fwmark = number(second, 0xffffffff);
    if (fwmark !== undefined) return { kind: 'fwmark', address: '', port: 0, fwmark };
    c.reporter.report('KA1102', second.at, `fwmark '${second.text}' must be in [0, 4294967295]`, {
      effect: 'keepalived skips the block',
    });
    return undefined;
  }
  const port = portOf(second);
  if (parseIp(first.text) === undefined || port === undefined) {
    const what = port === undefined ? `port '${second?.text}'` : `address '${first.text}'`;
    c.reporter.report('KA1102', first.at, `virtual server ${what} is invalid`, {
      effect: 'keepalived skips the block',
    });
    return undefined;
  }
  return { kind: 'address', address: first.text, port, fwmark: 0 };
}

const option = (s: Statement): Option => ({ keyword: s.keyword.text, args: s.args.map((a) => a.text) });

/** Every keyword line inside a block, sub-blocks flattened behind their own line. */
function optionsOf(block: Block): readonly Option[] {
  return (block.statement?.body ?? []).flatMap((s) => flatten(s));
}
const flatten = (s: Statement): readonly Option[] => [option(s), ...s.body.flatMap((x) => flatten(x))];

function ownCommand(block: Block, keyword: string, c: BuildContext): Command | undefined {
  const command = block.command(keyword);
  const at = block.get(keyword)?.at;
  return command !== undefined && at !== undefined && accountExists(command, at, keyword, c)
    ? command
    : undefined;
}

function realServer(
  block: Block,
  weight: number,
  vsPort: number,
  c: BuildContext,
): RealServerConfig | undefined {
  const [address, portWord] = block.statement?.args ?? [];
  if (address === undefined) {
    if (block.statement !== undefined)
      c.reporter.report('KA1101', block.statement.keyword.at, 'real_server without an address', {
        effect: 'keepalived stops with status 2',
        fatal: 2,
      });
    return undefined;
  }
  const port = portOf(portWord);
  if (parseIp(address.text) === undefined || port === undefined) {
    c.reporter.report(
      'KA1103',
      address.at,
      `real server ${port === undefined ? `port '${portWord?.text}'` : `address '${address.text}'`} is invalid`,
      {
        effect: 'keepalived skips the block',
      },
    );
    return undefined;
  }
  const up = ownCommand(block, 'notify_up', c);
  const down = ownCommand(block, 'notify_down', c);
  const checkers: CheckerConfig[] = block.blocks.map((b) => ({ type: b.keyword, options: optionsOf(b) }));
  return {
    address: address.text,
    port: portWord === undefined ? vsPort : port,
    weight: block.number('weight') ?? weight,
    inhibitOnFailure: block.boolean('inhibit_on_failure') ?? false,
    checkers,
    ...(up === undefined ? {} : { notifyUp: up }),
    ...(down === undefined ? {} : { notifyDown: down }),
  };
}

/** The last method line that is one; options belong to TUN alone. */
function forwarding(block: Block, c: BuildContext): string | undefined {
  let found: string | undefined;
  for (const s of block.settings.filter((x) => /^(?:lvs_method|lb_kind)$/.test(x.statement.keyword.text))) {
    const [name, option] = s.words;
    const known = name !== undefined && /^(?:NAT|DR|TUN)$/.test(name.text);
    if (known) found = name.text;
    if (!known || (option !== undefined && name.text !== 'TUN'))
      c.reporter.report(
        'KA1108',
        (known ? option : name)?.at ?? s.at,
        known
          ? `Invalid tunnel option ${option?.text} for virtual server`
          : `PARSER : unknown [${name?.text}] routing method for virtual server`,
        {
          effect: known ? `keepalived uses ${name.text}` : 'keepalived ignores the line',
          fix: 'write NAT, DR or TUN',
        },
      );
  }
  return found;
}

/** Only NAT can change the port; elsewhere keepalived resets it to the service's. */
function checkPorts(
  target: Target,
  servers: readonly RealServerConfig[],
  method: string,
  at: Span,
  c: BuildContext,
): void {
  if (target.kind === 'group' || method === 'NAT') return;
  for (const r of servers)
    if (r.port !== target.port)
      c.reporter.report(
        'KA1106',
        at,
        `WARNING - virtual server ${target.address}:${target.port} and real server ${r.address}:${r.port} ports don't match - resetting`,
        { effect: `keepalived sends to port ${target.port}`, fix: "use the same port, or 'lvs_method NAT'" },
      );
}

function checkDeprecated(block: Block, c: BuildContext): void {
  for (const s of block.settings)
    if (s.statement.keyword.text === 'nb_get_retry')
      c.reporter.report('KA1107', s.statement.keyword.at, "nb_get_retry is deprecated - please use 'retry'", {
        effect: 'keepalived still obeys it',
        fix: "write 'retry'",
      });
  for (const b of block.blocks) checkDeprecated(b, c);
}

/** undefined when keepalived drops the block. */
export function buildVirtualServer(block: Block, c: BuildContext): VirtualServerConfig | undefined {
  const target = targetOf(block, c);
  const at = block.statement?.keyword.at;
  if (target === undefined || at === undefined) return undefined;
  const weight = block.number('weight') ?? 1;
  const realServers = block
    .children('real_server')
    .map((b) => realServer(b, weight, target.port, c))
    .filter((r) => r !== undefined);
  const inhibit = block.has('inhibit_on_failure');
  const scheduler = block.text('lvs_sched') ?? block.text('lb_algo');
  const method = forwarding(block, c);
  const protocol = block.text('protocol');
  const absent = (text: string) =>
    c.reporter.report('KA1104', at, `Virtual server ${target.address}: ${text}`, {});
  if (realServers.length === 0) {
    c.reporter.report('KA1105', at, `Virtual server ${target.address} has no real servers - removing`, {
      effect: 'the service does not exist',
    });
    return undefined;
  }
  checkPorts(target, realServers, method ?? 'NAT', at, c);
  checkDeprecated(block, c);
  if (protocol === undefined && target.kind === 'address') absent('no protocol set - defaulting to UDP');
  if (scheduler === undefined) absent("no scheduler set, setting default 'wlc'");
  if (method === undefined) absent('no forwarding method set, setting default NAT');
  return {
    ...target,
    protocol: protocol === 'TCP' || protocol === 'SCTP' ? protocol : 'UDP',
    delayLoopUs: block.number('delay_loop') ?? 60 * S,
    scheduler: scheduler ?? 'wlc',
    method: method ?? 'NAT',
    realServers: inhibit ? realServers.map((r) => ({ ...r, inhibitOnFailure: true })) : realServers,
    options: (block.statement?.body ?? []).filter((s) => s.keyword.text !== 'real_server').map(option),
    place: placeOf(at),
  };
}
