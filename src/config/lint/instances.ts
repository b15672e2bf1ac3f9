/** Rules for identity, election and timing of one instance. */
import type { InstanceConfig } from '../config.ts';
import { Source, type Span } from '../source.ts';
import type { Statement } from '../tree.ts';
import { type Lint, type LintInstance, lineOf, settingAt, spanKey } from './input.ts';

const S = 1_000_000;
const COPIED_VRID = 51;
/** Below this a backup's patience (three intervals) is shorter than ordinary pauses of a machine. */
const SHORT_INTERVAL_US = 100_000;
const MAX_PRIORITY = 254;

export function checkInstances(l: Lint): void {
  copiedVrid(l);
  const told = new Set<string>();
  for (const i of l.instances) {
    strictWithoutAccept(l, i, told);
    ownerPriority(l, i);
    nopreemptWithWeights(l, i);
    weights(l, i);
    interval(l, i);
    garpDelay(l, i, told);
  }
  nothingToRun(l);
}

/** Said once for a file. */
function copiedVrid(l: Lint): void {
  const copy = l.instances.find((i) => i.instance.vrid === COPIED_VRID);
  if (copy === undefined) return;
  l.reporter.report(
    'KA2101',
    settingAt(copy.block, 'virtual_router_id'),
    `(${copy.instance.name}) virtual_router_id 51 is the one of the sample file`,
    {
      effect: 'any other pair on this network that copied it too answers to these adverts',
      fix: 'choose another number in 1..255, the same on all routers of this group',
    },
  );
}

/** A global line concerns many instances and is told once, for the first of them. */
function first(told: Set<string>, at: Span): boolean {
  const key = spanKey(at);
  if (told.has(key)) return false;
  told.add(key);
  return true;
}

function strictWithoutAccept(l: Lint, { instance, block, at }: LintInstance, told: Set<string>): void {
  // With IPv6 or without, an owner accepts; explicit no_accept is somebody's wish.
  if (!instance.strict || instance.accept || instance.priority === 255) return;
  if (lineOf(block, 'accept', 'no_accept') !== undefined) return;
  const vip = instance.vips[0]?.address ?? 'the virtual address';
  const own = lineOf(block, 'strict_mode');
  const global = l.globals.findLast((s) => s.keyword.text === 'vrrp_strict');
  const where = own?.keyword.at ?? global?.keyword.at ?? at;
  if (!first(told, where)) return;
  l.reporter.report(
    'KA2102',
    where,
    `(${instance.name}) strict mode without 'accept': ${vip} does not answer on this router`,
    {
      related: [{ at, message: `${instance.name} is in strict mode` }],
      effect: 'packets to the virtual address are dropped, pings and connections to local services too',
      fix: `remove '${own === undefined ? 'vrrp_strict' : 'strict_mode'}', or add 'version 3' and 'accept' to the instance`,
    },
  );
}

/** With the machine's addresses known, machine-addresses.ts knows better. */
function ownerPriority(l: Lint, { instance, block }: LintInstance): void {
  if (instance.priority !== 255 || l.environment.addresses !== undefined) return;
  const line = lineOf(block, 'priority');
  if (line === undefined) return; // 'state MASTER' without priority has its own finding
  l.reporter.report(
    'KA2103',
    settingAt(block, 'priority'),
    `(${instance.name}) priority 255 is for the owner of the address`,
    {
      effect: 'it becomes master whenever it runs; tracked weights do not count',
      fix: 'unless the virtual address is a permanent address of this router, use 254 or less',
    },
  );
}

type Weighted = { readonly name: string; readonly weight: number; readonly reverse: boolean };

const weighted = (i: InstanceConfig): readonly Weighted[] =>
  [
    ...i.trackScripts.map((t) => ({ name: t.script, weight: t.weight, reverse: t.reverse })),
    ...i.trackInterfaces.map((t) => ({ name: t.interface, weight: t.weight, reverse: t.reverse })),
  ].filter((t) => t.weight !== 0);

function nopreemptWithWeights(l: Lint, { instance, block }: LintInstance): void {
  const all = weighted(instance);
  if (instance.preempt || all.length === 0) return;
  l.reporter.report(
    'KA2104',
    settingAt(block, 'nopreempt'),
    `(${instance.name}) nopreempt with weights: ${names(all)} cannot move the address here`,
    {
      effect: 'this router does not take over from a living master, however low the priority of that falls',
      fix: 'give the checks weight 0 (a failure is a FAULT), or remove nopreempt',
    },
  );
}

const names = (all: readonly { readonly name: string }[]): string => {
  const list = all.slice(0, 3).map((t) => t.name);
  return all.length > 3 ? `${list.join(', ')} and ${all.length - 3} more` : list.join(', ');
};

function weights(l: Lint, { instance, block }: LintInstance): void {
  const all = weighted(instance);
  const small = all.find((t) => Math.abs(t.weight) === 1);
  if (small !== undefined && all.length === 1)
    l.reporter.report(
      'KA2105',
      trackAt(l, block, small.name),
      `(${instance.name}) weight ${small.weight} of ${small.name} is too small to beat another priority`,
      {
        effect: `a failure moves the address only to a router with exactly the same priority`,
        fix: 'use a weight larger than the distance between the priorities of the routers, or weight 0 for FAULT',
      },
    );
  const positive = all.filter((t) => t.weight > 0 && !t.reverse).reduce((sum, t) => sum + t.weight, 0);
  if (instance.priority === 255 || instance.priority + positive <= MAX_PRIORITY) return;
  l.reporter.report(
    'KA2106',
    settingAt(block, 'priority'),
    `(${instance.name}) priority ${instance.priority} and weights of ${positive} go beyond ${MAX_PRIORITY}`,
    {
      effect: `the priority stays ${MAX_PRIORITY}; a failed check lowers it by less than its weight`,
      fix: `use a priority of at most ${Math.max(1, MAX_PRIORITY - positive)}`,
    },
  );
}

/** The line that tracks `name`, else where its own weight is set. */
function trackAt(l: Lint, block: Statement, name: string): Span {
  for (const s of block.body)
    if (s.keyword.text === 'track_script' || s.keyword.text === 'track_interface')
      for (const e of s.entries) {
        const at = e.words.findIndex((w) => w.text === 'weight');
        if (e.words[0]?.text === name && at > 0) return (e.words[at + 1] ?? e.words[0]).at;
      }
  const script = l.blocks.get(`vrrp_script ${name}`);
  return script === undefined ? settingAt(block, 'track_script') : settingAt(script, 'weight');
}

function interval(l: Lint, { instance, block }: LintInstance): void {
  if (instance.adverIntUs >= SHORT_INTERVAL_US) return;
  const skew = ((256 - instance.priority) * instance.adverIntUs) / 256;
  const down = (instance.downTimerAdverts * instance.adverIntUs + skew) / S;
  l.reporter.report(
    'KA2107',
    settingAt(block, 'advert_int'),
    `(${instance.name}) adverts every ${instance.adverIntUs / 1000} ms`,
    {
      effect: `the peer is declared dead after ${down.toFixed(3)} s; a busy machine pauses that long`,
      fix: 'use 0.1 or more unless both machines are known to keep time',
    },
  );
}

function garpDelay(l: Lint, { instance, block }: LintInstance, told: Set<string>): void {
  const { garp } = instance;
  if (garp.delayUs !== 0 || garp.refreshUs > 0) return;
  const global = l.globals.findLast((s) => s.keyword.text === 'vrrp_garp_master_delay');
  const own = lineOf(block, 'garp_master_delay');
  const at = own?.args[0]?.at ?? global?.args[0]?.at;
  if (at === undefined || !first(told, at)) return;
  l.reporter.report('KA2108', at, `(${instance.name}) gratuitous ARP is sent in one round only`, {
    effect: 'a switch port that is not forwarding yet loses it, and neighbours keep the old router',
    fix: 'leave the default of 5 seconds, or set garp_master_refresh',
  });
}

/** An empty file starts a daemon that does nothing. Mistakes of blocks have their own findings. */
function nothingToRun(l: Lint): void {
  const { config } = l;
  if (config.instances.length > 0 || config.virtualServers.length > 0) return;
  if (l.diagnostics.some((d) => d.severity === 'error')) return;
  if (l.statements.some((s) => s.row.type === 'block' && s.keyword.text !== 'global_defs')) return;
  const at = l.statements[0]?.keyword.at;
  const source = at?.source ?? new Source(config.files[0] ?? '', '');
  l.reporter.report(
    'KA2008',
    at ?? { source, start: 0, end: 0 },
    'there is no vrrp_instance and no virtual_server',
    { effect: 'the daemon starts and does nothing', fix: "add a 'vrrp_instance NAME { … }' block" },
  );
}
