/** Builds the Snapshot: the one picture that status, dumps and metrics print. Reads, never changes. */
import { toHex } from '../base/bytes.ts';
import { formatIp } from '../base/ip.ts';
import { deadlineUs } from '../vrrp/step.ts';
import { authenticationSnapshot } from './authentication.ts';
import type { Context } from './context.ts';
import type { Groups } from './groups.ts';
import { addressRequest } from './network.ts';
import { allAddresses, type Router } from './router.ts';
import type { Glance, InstanceSnapshot, Snapshot } from './snapshot.ts';
import type { Tracking } from './tracking.ts';

export type Frame = {
  readonly startedWallMs: number;
  readonly loadedWallMs: number;
  readonly findings: { readonly errors: number; readonly warnings: number };
  readonly warnings: readonly string[];
  readonly loop: { readonly stallCount: number; readonly longestStallUs: number };
};

/** `routers`: whose instances are in it. */
export function snapshot(
  ctx: Context,
  groups: Groups,
  tracking: Tracking,
  frame: Frame,
  routers: readonly Router[],
): Snapshot {
  const held = routers.length === 0 ? new Set<string>() : heldKeys(ctx);
  return {
    version: ctx.options.version,
    node: ctx.options.node,
    routerId: ctx.config.global.routerId,
    pid: ctx.options.pid,
    startedWallMs: frame.startedWallMs,
    nowWallMs: ctx.ports.clock.wallMs(),
    configFile: ctx.options.configFile,
    configLoadedWallMs: frame.loadedWallMs,
    configErrors: frame.findings.errors,
    configWarnings: frame.findings.warnings,
    instances: routers.map((r) => instance(ctx, r, held)),
    groups: groups.snapshot(),
    scripts: tracking.scripts.snapshot(),
    files: tracking.files.snapshot(),
    processes: tracking.processes.snapshot(),
    interfaces: tracking.interfaces.snapshot(),
    warnings: frame.warnings,
    loop: frame.loop,
    ...pacerView(ctx),
    ...watchdogView(ctx),
  };
}

/** Each instance as it is when it is asked for, by name: with thousands of them a whole snapshot takes its time. */
export function instanceViews(ctx: Context): Glance['instances'] {
  let held: ReadonlySet<string> | undefined;
  const view = (r: Router) => (): InstanceSnapshot => {
    held ??= heldKeys(ctx);
    return instance(ctx, r, held);
  };
  return new Map(ctx.routers.map((r) => [r.config.name, view(r)]));
}

function pacerView(ctx: Context): Pick<Snapshot, 'pacer'> {
  const { pacer } = ctx.ports;
  if (pacer === undefined) return {};
  const instanceCount = ctx.routers.filter((r) => r.paced !== undefined).length;
  return { pacer: { instanceCount, longestDelayUs: pacer.longestDelayUs() } };
}

function watchdogView(ctx: Context): Pick<Snapshot, 'watchdog'> {
  const { watchdog } = ctx.ports;
  if (watchdog === undefined) return {};
  const instanceCount = ctx.routers.filter((r) => r.watching?.ended === false).length;
  return { watchdog: { instanceCount, obstacle: watchdog.obstacle() } };
}

const heldKey = (a: { readonly interfaceIndex: number; readonly bytes: Uint8Array }): string =>
  `${a.interfaceIndex} ${toHex(a.bytes)}`;

const heldKeys = (ctx: Context): ReadonlySet<string> => new Set(ctx.ports.netlink.addresses().map(heldKey));

function timerInUs(r: Router, nowUs: number): number {
  const atUs = deadlineUs(r.state);
  return atUs === Number.POSITIVE_INFINITY ? -1 : Math.max(0, atUs - nowUs);
}

/** `held`: a key of each address in the kernel. */
function instance(ctx: Context, r: Router, held: ReadonlySet<string>): InstanceSnapshot {
  const c = r.config;
  const nowUs = ctx.ports.clock.nowUs();
  const last = r.lastTransition;
  return {
    name: c.name,
    interface: c.interface,
    vrid: c.vrid,
    version: c.version,
    family: c.family,
    state: r.state.name,
    sinceWallMs: last?.wallMs ?? ctx.ports.clock.wallMs(),
    sinceUs: last === undefined ? 0 : nowUs - last.atUs,
    basePriority: c.priority,
    effectivePriority: r.state.priority,
    tracked: r.tracked.map((t) => ({
      what: t.what,
      weight: t.weight,
      reverse: t.reverse,
      state: t.state,
      adds: t.effect.type === 'weight' ? t.effect.weight : 0,
      faults: t.effect.type === 'fault',
    })),
    contributions: r.contributions,
    faults: [...r.faults].map(([what, detail]) => ({ what, detail })),
    adverIntUs: c.adverIntUs,
    masterAdverIntUs:
      r.state.name === 'backup' || r.state.name === 'master' ? r.state.masterAdverIntUs : c.adverIntUs,
    masterDownInUs: r.state.name === 'backup' ? Math.max(0, r.state.masterDownAtUs - nowUs) : -1,
    timerInUs: timerInUs(r, nowUs),
    source: r.source === undefined ? '' : formatIp(r.source),
    unicastPeers: c.unicastPeers.map((p) => p.address),
    preempt: c.preempt,
    preemptDelayUs: c.preemptDelayUs,
    vips: allAddresses(c).map((v) => {
      const request = addressRequest(v, ctx.links);
      return {
        text: `${v.address}/${v.prefixLength}`,
        interface: v.interface,
        present: request !== undefined && held.has(heldKey(request)),
      };
    }),
    peer: {
      address: r.heard?.address ?? '',
      priority: r.heard?.priority ?? 0,
      lastAdvertAgoUs: r.heard === undefined ? -1 : nowUs - r.heard.atUs,
      isMaster: r.state.name === 'backup' && r.heard !== undefined && r.heard.priority > 0,
    },
    lastTransition: {
      from: last?.from ?? 'init',
      to: last?.to ?? 'init',
      reason: last?.reason ?? 'start',
      detail: last?.detail ?? '',
      wallMs: last?.wallMs ?? 0,
    },
    authentication: authenticationSnapshot(r),
    lastRejection: r.lastRejection ?? null,
    counters: { ...r.counters, rejected: { ...r.counters.rejected } },
    hooks: [...r.hooks.values()],
  };
}
