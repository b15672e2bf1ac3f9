/** Loads the configuration with the real machine as its environment, and says in the log what was found. */
import { randomInt } from 'node:crypto';
import { cpus, hostname } from 'node:os';
import { posix } from 'node:path';
import { drain } from './base/steps.ts';
import type { DaemonOptions } from './cli/options.ts';
import type { Config } from './config/config.ts';
import { formatDiagnostic } from './config/diagnostic.ts';
import type { InterfaceAddress, InterfaceFacts, LoadEnvironment } from './config/environment.ts';
import { type LoadResult, loading } from './config/load.ts';
import { configFiles } from './io/files/config-files.ts';
import { managedByNetworkd } from './io/files/networkd.ts';
import { readSecret } from './io/files/secret-files.ts';
import { readLinksNow } from './io/netlink/dump.ts';
import { RtNetlink } from './io/netlink/rt-netlink.ts';
import { IFAPROT_KEEPALIVED } from './io/netlink/rtnetlink.table.ts';
import { CommandJudge, programState } from './io/process/verdict.ts';
import { native } from './native.ts';
import type { KernelAddress, Link } from './ports/netlink.ts';
import type { Log } from './ports/system.ts';

function facts(links: readonly Link[]): ReadonlyMap<string, InterfaceFacts> {
  return new Map(
    links.map((l) => [l.name, { index: l.index, mtu: l.mtu, multicast: l.multicast, loopback: l.loopback }]),
  );
}

/**
 * How much of the machine is asked. 'start': what the daemon needs to begin (its hooks are judged when they run).
 * 'test': the files of scripts too, as `-t` does. 'check': everything. 'offline': only the files of the configuration.
 */
export type Depth = 'start' | 'test' | 'check' | 'offline';

function textEnvironment(configId: string | undefined): LoadEnvironment {
  const host = hostname();
  return {
    readFile: (path) => {
      const result = configFiles(process.cwd()).readFile(path);
      return result.ok ? result : { ok: false, code: result.code, detail: path };
    },
    glob: (pattern, cwd) => configFiles(cwd).glob(pattern),
    env: process.env,
    configId: configId ?? host.split('.', 1)[0] ?? host,
    hostName: host,
    random: (min, max) => randomInt(min, max + 1),
  };
}

/** The machine as the loader and the checks see it. `addresses`: for 'check'. */
export function environmentOf(
  configId: string | undefined,
  depth: Depth,
  links: readonly Link[],
  addresses: readonly KernelAddress[] = [],
): LoadEnvironment {
  const text = textEnvironment(configId);
  if (depth === 'offline') return text;
  const api = native();
  const started: LoadEnvironment = {
    ...text,
    interfaces: facts(links),
    userExists: (name) => api.lookupUser(name) !== null,
    groupExists: (name) => api.lookupGroup(name) !== null,
    readSecret,
    cpuCount: cpus().length,
  };
  if (depth === 'start') return started;
  const path = process.env['PATH'];
  const judges = new Map<string, CommandJudge>();
  const tested: LoadEnvironment = {
    ...started,
    scriptState: (program) => programState(program, path),
    judgeCommand: (command, settings) => {
      const key = JSON.stringify(settings);
      const made = judges.get(key) ?? new CommandJudge(settings, api, path);
      judges.set(key, made);
      return made.judge(command);
    },
  };
  if (depth === 'test') return tested;
  const indexes = new Map(links.map((l) => [l.name, l.index] as const));
  return {
    ...tested,
    addresses: addressFacts(links, addresses),
    networkd: (name) => {
      const index = indexes.get(name);
      return index === undefined ? undefined : managedByNetworkd(index);
    },
  };
}

const IFA_F_SECONDARY = 0x01; // of IPv4: not the first address of its network
const IFA_F_NODAD = 0x02; // IPv6: what keepalived sets on its addresses

/** 2.2.7 leaves no mark, so what looks like a daemon's work counts as such. */
function looksVirtual(a: KernelAddress): boolean {
  if (a.protocol === IFAPROT_KEEPALIVED) return true;
  return a.family === 4
    ? (a.flags & IFA_F_SECONDARY) !== 0 || a.prefixLength === 32
    : (a.flags & IFA_F_NODAD) !== 0 || a.prefixLength === 128;
}

function addressFacts(
  links: readonly Link[],
  addresses: readonly KernelAddress[],
): ReadonlyMap<string, readonly InterfaceAddress[]> {
  const names = new Map(links.map((l) => [l.index, l.name] as const));
  const out = new Map<string, InterfaceAddress[]>(links.map((l) => [l.name, []]));
  for (const a of addresses)
    out
      .get(names.get(a.interfaceIndex) ?? '')
      ?.push({ bytes: a.bytes, prefixLength: a.prefixLength, virtual: looksVirtual(a) });
  return out;
}

/** Reads and checks the files; pure but for the files it reads. `links`: of the namespace the daemon runs in. */
export function load(options: DaemonOptions, links: readonly Link[]): LoadResult {
  return drain(loadSteps(options, links));
}

/** `load` in small steps, for a daemon that has other things to do. */
export function loadSteps(options: DaemonOptions, links: readonly Link[]): Generator<void, LoadResult> {
  return loading(
    posix.resolve(options.configFile),
    environmentOf(options.configId, options.configTest ? 'test' : 'start', links),
    {
      testMode: options.configTest,
      allIncludes: options.allConfig,
      ...(options.configTest ? { keep: 'findings' } : {}),
    },
  );
}

/** Links and addresses of this namespace, read once. */
export function readMachine(): {
  readonly links: readonly Link[];
  readonly addresses: readonly KernelAddress[];
} {
  const netlink = new RtNetlink(native(), () => undefined);
  try {
    netlink.start();
    return { links: netlink.links(), addresses: netlink.addresses() };
  } finally {
    netlink.close();
  }
}

/** The links of this namespace, read once. */
export const readLinks = (): readonly Link[] => readLinksNow(native());

export function countFindings(result: LoadResult): { errors: number; warnings: number } {
  let errors = 0;
  let warnings = 0;
  for (const d of result.diagnostics)
    if (d.severity === 'error') errors++;
    else if (d.severity === 'warning') warnings++;
  return { errors, warnings };
}

/** Findings as log lines, one a step; an error of the file is logged with its place, as keepalived does. */
export function* findingsToLog(log: Log, result: LoadResult): Generator<void, void> {
  for (const d of result.diagnostics) {
    yield;
    if (d.severity === 'hint') continue;
    log.log(
      d.severity === 'error' ? 'error' : 'warning',
      formatDiagnostic(d).split('\n', 1)[0] ?? d.message,
      { code: d.code },
    );
  }
}

export function logFindings(log: Log, result: LoadResult): void {
  drain(findingsToLog(log, result));
}

/** What the configuration asks for and vipd does not carry out: one line each, shown in the log and by `vipd status`. */
export function warningsOf(config: Config): readonly string[] {
  const out: string[] = [];
  if (config.virtualServers.length > 0)
    out.push(
      `LVS is not active yet: ${config.virtualServers.length} virtual_server block(s) were read and are not served`,
    );
  const others = [...new Set(config.global.inactive)].filter((word) => !word.startsWith('virtual_server'));
  if (others.length > 0) out.push(`recognised, not active: ${others.join(', ')}`);
  for (const i of [...config.instances, ...config.groups])
    if (i.inactive !== undefined && i.inactive.length > 0)
      out.push(`(${i.name}) recognised, not active: ${[...new Set(i.inactive)].join(', ')}`);
  return out;
}

/** -C: the configuration without what VRRP would do; -B: without BFD, so that what tracks a session has none that is up. */
export function partsToRun(options: DaemonOptions, config: Config): Config {
  const withBfd = options.bfd ? config : { ...config, bfdInstances: [] };
  return options.vrrp ? withBfd : { ...withBfd, instances: [], groups: [], scripts: [] };
}
