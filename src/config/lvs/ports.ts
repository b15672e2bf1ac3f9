/** Real servers of a service against each other and against its port. */
import type { BuildContext } from '../context.ts';
import type { Span } from '../source.ts';
import { shown } from './endpoint.ts';
import { markFamily } from './groups.ts';
import type {
  Family,
  ForwardingMethod,
  VirtualServerConfig,
  VirtualServerGroupConfig,
} from './lvs-config.ts';
import type { Target } from './target.ts';
import type { RealLine } from './walk.ts';

/** A service as messages need it. */
export type Service = {
  readonly target: Target;
  readonly family: Family;
  readonly name: string;
  readonly at: Span;
  readonly group: VirtualServerGroupConfig | undefined;
};

export function withoutDuplicates(
  lines: readonly RealLine[],
  service: Service,
  protocol: VirtualServerConfig['protocol'],
  c: BuildContext,
): readonly RealLine[] {
  if (lines.length < 2) return lines;
  const seen = new Map<string, RealLine>();
  for (const line of lines) {
    const key = `${line.address.text} ${line.port}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, line);
    else
      c.reporter.report(
        'KA1111',
        line.at,
        `VS ${service.name}: real server ${shown(line.address.text, protocol, line.port)} is duplicated - removing second rs`,
        {
          related: [{ at: first.at, message: 'first defined here' }],
          effect: 'keepalived skips the block',
          fix: 'remove one of the two',
        },
      );
  }
  return seen.size === lines.length ? lines : [...seen.values()];
}

/**
 * The port that counts. Only NAT can change it; elsewhere keepalived resets it to the service's, and marks have none.
 * 0: the service's.
 */
export function correctedPorts(
  port: number,
  method: ForwardingMethod,
  family: Family,
  service: Service,
  at: Span,
  address: string,
  c: BuildContext,
): number {
  const { target, group } = service;
  if (method.kind === 'NAT') return port === 0 ? target.port : port;
  if (target.kind === 'fwmark') {
    if (port !== 0)
      c.reporter.report(
        'KA1116',
        at,
        `WARNING - fwmark virtual server ${service.name}, server ${address} has port ${port} specified - clearing`,
        { effect: 'packets keep their port', fix: "remove the port, or use 'lvs_method NAT'" },
      );
    return 0;
  }
  if (group !== undefined) {
    if (port !== 0) groupPorts(port, method, family, service, group, at, address, c);
    return port;
  }
  if (port !== 0 && port !== target.port)
    c.reporter.report(
      'KA1106',
      at,
      `WARNING - virtual server ${service.name} and server ${address} port ${port} don't match - resetting`,
      { effect: `keepalived sends to port ${target.port}`, fix: "use the same port, or 'lvs_method NAT'" },
    );
  return target.port;
}

function groupPorts(
  port: number,
  method: ForwardingMethod,
  family: Family,
  service: Service,
  group: VirtualServerGroupConfig,
  at: Span,
  address: string,
  c: BuildContext,
): void {
  const serves = (f: Family): boolean => method.kind === 'TUN' || f === family;
  let marked = false;
  for (const e of group.entries)
    if (e.kind === 'fwmark') marked ||= serves(markFamily(e, group, service.family));
    else if (e.port !== port && serves(e.family)) {
      c.reporter.report(
        'KA1106',
        at,
        `virtual server ${service.name}:[${e.first},${e.port}] and real server ${address} port ${port} don't match`,
        {
          effect: `packets to ${e.first} keep port ${e.port}`,
          fix: "use the same port, or 'lvs_method NAT'",
        },
      );
      break;
    }
  if (marked)
    c.reporter.report(
      'KA1116',
      at,
      `WARNING - fwmark virtual server ${service.name}, server ${address} has port ${port} specified - port will be ignored`,
      {
        effect: 'packets of the marks keep their port',
        fix: "remove the port, or use 'lvs_method NAT'",
        // KEEPALIVED: says nothing of a group with both families unless the server is tunnelled.
        ...(method.kind !== 'TUN' && ofBothFamilies(group) ? { keepalivedClass: 'none' } : {}),
      },
    );
}

function ofBothFamilies(group: VirtualServerGroupConfig): boolean {
  return group.entries.some((e) => e.family === 4) && group.entries.some((e) => e.family === 6);
}
