/** Settings of a service that keepalived fills in, refuses or takes back once it has seen the whole block. */
import type { Command } from '../config.ts';
import { type BuildContext, tooLong } from '../context.ts';
import { accountExists } from '../scripts.ts';
import type { Block } from '../settings.ts';
import type { GroupFacts } from './groups.ts';
import type { ForwardingMethod, SorryServerConfig, VirtualServerConfig } from './lvs-config.ts';
import { NAT } from './method.ts';
import { correctedPorts, type Service } from './ports.ts';
import type { Walk } from './walk.ts';

/** A block's command, unless its account does not exist. */
export function ownCommand(block: Block, keyword: string, c: BuildContext): Command | undefined {
  const setting = block.get(keyword);
  const command = setting === undefined ? undefined : block.command(keyword);
  if (setting === undefined || command === undefined) return undefined;
  return accountExists(command, setting.at, keyword, c) ? command : undefined;
}

export function snmpName(block: Block, owner: string, c: BuildContext): string | undefined {
  let found: string | undefined;
  for (const s of block.settings) {
    if (s.statement.row.keyword !== 'snmp_name') continue;
    if (s.words.length === 1) found = s.words[0]?.text;
    else
      c.reporter.report('KA1125', s.words[1]?.at ?? s.at, `${owner} snmp_name missing or extra parameters`, {
        effect: 'keepalived ignores the line',
        fix: 'quote the name',
      });
  }
  return found;
}

/** 'none' where there are marks alone. */
export function effectiveProtocol(
  block: Block,
  service: Service,
  facts: GroupFacts | undefined,
  c: BuildContext,
): VirtualServerConfig['protocol'] {
  const setting = block.get('protocol');
  const marksAlone = service.target.kind === 'fwmark' || facts?.hasAddress === false;
  if (marksAlone) {
    if (setting !== undefined)
      c.reporter.report(
        'KA1115',
        setting.statement.keyword.at,
        `Warning: Virtual server ${service.name}: protocol specified for fwmark - protocol will be ignored`,
        { effect: 'packets of all protocols that carry the mark are balanced', fix: 'remove the line' },
      );
    return 'none';
  }
  const { value } = setting ?? {};
  if (value === 'TCP' || value === 'UDP' || value === 'SCTP') return value;
  c.reporter.report(
    'KA1104',
    service.at,
    `Virtual server ${service.name}: no protocol set - defaulting to UDP`,
    {},
  );
  return 'UDP';
}

export function effectiveScheduler(walk: Walk, service: Service, c: BuildContext): string {
  if (walk.scheduler !== undefined) return walk.scheduler;
  c.reporter.report(
    'KA1104',
    service.at,
    `Virtual server ${service.name}: no scheduler set, setting default 'wlc'`,
    {},
  );
  return 'wlc';
}

export function defaultMethod(walk: Walk, service: Service, c: BuildContext): ForwardingMethod {
  if (walk.method !== undefined) return walk.method;
  const unset = (x: { readonly method: ForwardingMethod | undefined }): boolean => x.method === undefined;
  if (walk.servers.some(unset) || (walk.sorry !== undefined && unset(walk.sorry)))
    c.reporter.report(
      'KA1104',
      service.at,
      `Virtual server ${service.name}: no forwarding method set, setting default NAT`,
      {},
    );
  return NAT;
}

/** Seconds, 0 = off. Without a port a service must be persistent. */
export function persistenceOf(
  block: Block,
  walk: Walk,
  service: Service,
  facts: GroupFacts | undefined,
  c: BuildContext,
): number {
  const setting = block.get('persistence_timeout');
  if (setting !== undefined) return typeof setting.value === 'number' ? setting.value : 360;
  if (walk.granularity !== undefined) return 360;
  const anyPort = service.target.kind === 'address' ? service.target.port === 0 : facts?.anyPort === true;
  if (!anyPort) return 0;
  c.reporter.report(
    'KA1114',
    service.at,
    `Virtual server ${service.name}: zero port only valid for persistent services - setting`,
    { effect: 'persistence_timeout is 360', fix: "write the port, or 'persistence_timeout'" },
  );
  return 360;
}

/** IPVS keeps 15 bytes and a zero. */
export function persistenceEngine(block: Block, c: BuildContext): string | undefined {
  const setting = block.get('persistence_engine');
  const name = block.text('persistence_engine');
  if (setting === undefined || name === undefined || !tooLong(name, 16)) return name;
  c.reporter.report('KA1122', setting.at, `persistence_name too long, truncating - ${name}`, {
    effect: `the name is '${name.slice(0, 15)}'`,
  });
  return name.slice(0, 15);
}

/** One-packet scheduling: UDP, or marks alone. */
export function onePacket(
  block: Block,
  protocol: VirtualServerConfig['protocol'],
  service: Service,
  c: BuildContext,
): boolean {
  const setting = block.get('ops');
  if (setting === undefined) return false;
  if (protocol === 'UDP' || protocol === 'none') return true;
  c.reporter.report(
    'KA1119',
    setting.at,
    `Virtual server ${service.name}: one packet scheduling requires UDP - resetting`,
    { effect: 'keepalived ignores the line', fix: "remove it, or write 'protocol UDP'" },
  );
  return false;
}

export function haSuspend(
  block: Block,
  service: Service,
  facts: GroupFacts | undefined,
  c: BuildContext,
): boolean {
  const setting = block.get('ha_suspend');
  if (setting === undefined) return false;
  if (service.target.kind !== 'fwmark' && facts?.hasMark !== true) return true;
  c.reporter.report(
    'KA1144',
    setting.at,
    `Virtual server ${service.name}: cannot use ha_suspend with fwmarks - clearing ha_suspend`,
    { effect: 'the checks always run', fix: 'remove the line' },
  );
  return false;
}

export function sorryServer(
  walk: Walk,
  service: Service,
  fallback: ForwardingMethod,
  c: BuildContext,
): SorryServerConfig | undefined {
  const s = walk.sorry;
  if (s === undefined) return undefined;
  const method = s.method ?? fallback;
  if (method.kind !== 'TUN' && walk.family !== undefined && walk.family !== s.address.family) {
    c.reporter.report(
      'KA1110',
      s.at,
      `Address family of virtual server and sorry server ${s.address.text} don't match - skipping sorry server.`,
      {
        effect: 'keepalived ignores the sorry server',
        fix: "use one family, or 'sorry_server_lvs_method TUN'",
      },
    );
    return undefined;
  }
  const { family, text } = s.address;
  const port = correctedPorts(s.port, method, family, service, s.at, text, c);
  return { family, address: text, port, method, inhibit: s.inhibit };
}
