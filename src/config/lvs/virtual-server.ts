/** 'virtual_server' blocks to services: inheritance, defaults, and the corrections that keepalived makes at their end. */
import type { BuildContext } from '../context.ts';
import type { Block } from '../settings.ts';
import { placeOf, type Span } from '../source.ts';
import type { Statement } from '../tree.ts';
import { buildCheckers } from './checkers.ts';
import { addCommands } from './commands.ts';
import {
  defaultMethod,
  effectiveProtocol,
  effectiveScheduler,
  haSuspend,
  onePacket,
  ownCommand,
  persistenceEngine,
  persistenceOf,
  snmpName,
  sorryServer,
} from './corrections.ts';
import { factsOf } from './groups.ts';
import type {
  ForwardingMethod,
  RealServerConfig,
  SchedulerFlags,
  VirtualServerConfig,
  VirtualServerGroupConfig,
} from './lvs-config.ts';
import { correctedPorts, type Service, withoutDuplicates } from './ports.ts';
import { quorumOf } from './quorum.ts';
import type { LvsState } from './state.ts';
import { serviceName, type Target, targetOf } from './target.ts';
import { checkDefaults, type Level } from './timing.ts';
import { type RealLine, Walk } from './walk.ts';

const NO_FLAGS: SchedulerFlags = Object.freeze({ flag1: false, flag2: false, flag3: false });

/** Builds the service, or keeps it for the end of the file when its group may still come. */
export function buildVirtualServer(block: Block, state: LvsState, c: BuildContext): void {
  const target = targetOf(block, c);
  const body = block.statement?.body;
  if (target === undefined || body === undefined) return;
  if (target.kind === 'group' && !state.groups.has(target.group))
    state.servers.push({ block, body, target, context: c });
  else push(build(block, body, target, state, c), state);
}

function push(server: VirtualServerConfig | undefined, state: LvsState): void {
  if (server === undefined) return;
  addCommands(server, state.commands);
  if (state.keeps) state.servers.push(server);
}

/** All services, in the order of the file. */
export function finishVirtualServers(state: LvsState): readonly VirtualServerConfig[] {
  const out: VirtualServerConfig[] = [];
  for (const s of state.servers) {
    const waited = 'body' in s;
    const server = waited ? build(s.block, s.body, s.target, state, s.context) : s;
    if (server === undefined) continue;
    if (waited) addCommands(server, state.commands);
    out.push(server);
  }
  return out;
}

/** undefined when keepalived drops the service. */
function build(
  block: Block,
  body: readonly Statement[],
  target: Target,
  state: LvsState,
  c: BuildContext,
): VirtualServerConfig | undefined {
  const at = block.statement?.args[0]?.at;
  if (at === undefined) return undefined;
  const walk = new Walk(block, body, target, c);
  const group = state.groups.get(target.group);
  if (walk.servers.length === 0) {
    const name = serviceName(target, block.text('protocol'));
    c.reporter.report('KA1105', at, `Virtual server ${name} has no real servers - ignoring`, {
      effect: 'the service does not exist',
    });
    return undefined;
  }
  if (target.kind === 'group' && group === undefined) {
    undefinedGroup(target, at, state, c);
    return undefined;
  }
  return assemble(block, target, walk, group, at, state, c);
}

function undefinedGroup(target: Target, at: Span, state: LvsState, c: BuildContext): void {
  if (state.removedGroups.has(target.group)) return;
  c.reporter.report(
    'KA1126',
    at,
    `Virtual server group ${target.group} specified but not configured - ignoring virtual server [${target.group}]:0`,
    { effect: 'the service does not exist', fix: `define 'virtual_server_group ${target.group}'` },
  );
}

function assemble(
  block: Block,
  target: Target,
  walk: Walk,
  group: VirtualServerGroupConfig | undefined,
  at: Span,
  state: LvsState,
  c: BuildContext,
): VirtualServerConfig {
  const facts = group === undefined ? undefined : factsOf(group);
  const family = walk.family ?? 4;
  const unnamed = { target, family, at, group };
  const protocol = effectiveProtocol(block, { ...unnamed, name: serviceName(target, 'none') }, facts, c);
  const service: Service = { ...unnamed, name: serviceName(target, protocol) };
  const scope: Scope = {
    service,
    method: defaultMethod(walk, service, c),
    weight: block.number('weight') ?? 1,
    inhibit: block.has('inhibit_on_failure'),
    virtualHost: block.text('virtualhost'),
    level: { checks: checkDefaults(block), alpha: block.has('alpha'), shared: [] },
    state,
  };
  const realServers: RealServerConfig[] = [];
  for (const line of withoutDuplicates(walk.servers, service, protocol, c))
    realServers.push(realServer(line, scope, c));
  const { quorum, hysteresis } = quorumOf(block, realServers, service, c);
  return {
    kind: target.kind,
    family,
    address: target.address,
    port: target.port,
    fwmark: target.fwmark,
    group: target.group,
    protocol,
    scheduler: effectiveScheduler(walk, service, c),
    flags: flagsOf(walk),
    onePacket: onePacket(block, protocol, service, c),
    method: scope.method,
    persistenceTimeoutS: persistenceOf(block, walk, service, facts, c),
    persistenceEngine: persistenceEngine(block, c),
    persistenceGranularity: walk.granularity ?? (family === 4 ? 0xffffffff : 128),
    checks: scope.level.checks,
    weight: scope.weight,
    quorum,
    hysteresis,
    quorumUp: ownCommand(block, 'quorum_up', c),
    quorumDown: ownCommand(block, 'quorum_down', c),
    alpha: scope.level.alpha,
    omega: block.has('omega'),
    inhibitOnFailure: scope.inhibit,
    haSuspend: haSuspend(block, service, facts, c),
    smtpAlert: block.boolean('smtp_alert') ?? c.globals.smtpAlertChecker ?? false,
    virtualHost: scope.virtualHost,
    snmpName: snmpName(block, 'virtual server', c),
    sorryServer: sorryServer(walk, service, scope.method, c),
    realServers,
    place: placeOf(at),
  };
}

function flagsOf({ flag1, flag2, flag3 }: Walk): SchedulerFlags {
  return flag1 || flag2 || flag3 ? { flag1, flag2, flag3 } : NO_FLAGS;
}

type Scope = {
  readonly service: Service;
  readonly method: ForwardingMethod;
  readonly weight: number;
  readonly inhibit: boolean;
  readonly virtualHost: string | undefined;
  readonly level: Level;
  readonly state: LvsState;
};

function realServer(line: RealLine, v: Scope, c: BuildContext): RealServerConfig {
  const { block, address } = line;
  const method = line.method ?? v.method;
  const port = correctedPorts(line.port, method, address.family, v.service, line.at, address.text, c);
  const checks = checkDefaults(block, v.level.checks);
  const alpha = block.boolean('alpha') ?? v.level.alpha;
  const level =
    checks === v.level.checks && alpha === v.level.alpha ? v.level : { checks, alpha, shared: [] };
  const virtualHost = block.text('virtualhost') ?? v.virtualHost;
  const checkers = buildCheckers(
    block,
    {
      level,
      target: {
        address,
        port: line.port === 0 ? v.service.target.port : line.port,
        timeoutUs: checks.connectTimeoutUs,
        shared: undefined,
      },
      hostName: virtualHost,
      miscTimeoutUs: v.level.checks.delayLoopUs,
      server: `[${address.text}]:${line.port}`,
      state: v.state,
    },
    c,
  );
  return {
    family: address.family,
    address: address.text,
    port,
    weight: block.number('weight') ?? v.weight,
    method,
    upperThreshold: block.number('uthreshold') ?? 0,
    lowerThreshold: block.number('lthreshold') ?? 0,
    inhibitOnFailure: block.boolean('inhibit_on_failure') ?? v.inhibit,
    alpha,
    smtpAlert: block.boolean('smtp_alert') ?? c.globals.smtpAlertChecker ?? true,
    checks,
    virtualHost,
    snmpName: snmpName(block, 'real server', c),
    notifyUp: ownCommand(block, 'notify_up', c),
    notifyDown: ownCommand(block, 'notify_down', c),
    checkers,
  };
}
