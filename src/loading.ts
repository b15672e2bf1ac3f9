/** Loads the configuration with the real machine as its environment, and says in the log what was found. */
import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { posix } from 'node:path';
import { drain } from './base/steps.ts';
import type { DaemonOptions } from './cli/options.ts';
import type { Config } from './config/config.ts';
import { formatDiagnostic } from './config/diagnostic.ts';
import type { InterfaceFacts } from './config/environment.ts';
import { type LoadResult, loading } from './config/load.ts';
import { configFiles } from './io/files/config-files.ts';
import { RtNetlink } from './io/netlink/rt-netlink.ts';
import { native } from './native.ts';
import type { Link } from './ports/netlink.ts';
import type { Log } from './ports/system.ts';

function facts(links: readonly Link[]): ReadonlyMap<string, InterfaceFacts> {
  return new Map(
    links.map((l) => [l.name, { index: l.index, mtu: l.mtu, multicast: l.multicast, loopback: l.loopback }]),
  );
}

/** Reads and checks the files; pure but for the files it reads. `links`: of the namespace the daemon runs in. */
export function load(options: DaemonOptions, links: readonly Link[]): LoadResult {
  return drain(loadSteps(options, links));
}

/** `load` in small steps, for a daemon that has other things to do. */
export function loadSteps(options: DaemonOptions, links: readonly Link[]): Generator<void, LoadResult> {
  const host = hostname();
  const api = native();
  return loading(
    posix.resolve(options.configFile),
    {
      readFile: (path) => {
        const result = configFiles('/').readFile(path);
        return result.ok ? result : { ok: false, code: result.code, detail: path };
      },
      glob: (pattern, cwd) => configFiles(cwd).glob(pattern),
      env: process.env,
      configId: options.configId ?? host.split('.', 1)[0] ?? host,
      hostName: host,
      random: (min, max) => randomInt(min, max + 1),
      interfaces: facts(links),
      userExists: (name) => api.lookupUser(name) !== null,
      groupExists: (name) => api.lookupGroup(name) !== null,
    },
    {
      testMode: options.configTest,
      allIncludes: options.allConfig,
      ...(options.configTest ? { keep: 'findings' } : {}),
    },
  );
}

/** The links of this namespace, read once. */
export function readLinks(): readonly Link[] {
  const netlink = new RtNetlink(native(), () => undefined);
  try {
    netlink.start();
    return netlink.links();
  } finally {
    netlink.close();
  }
}

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

/** -C: the configuration without what VRRP would do. */
export function partsToRun(options: DaemonOptions, config: Config): Config {
  return options.vrrp ? config : { ...config, instances: [], groups: [], scripts: [] };
}
