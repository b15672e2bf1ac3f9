/** Short forms for the configuration tests: text in, result out. */
import type { Config, InstanceConfig } from '../../../src/config/config.ts';
import type { InterfaceFacts, LoadEnvironment } from '../../../src/config/environment.ts';
import { type LoadResult, loadConfig } from '../../../src/config/load.ts';
import { memoryMachine } from './machine.ts';

export const MAIN = '/etc/keepalived/keepalived.conf';

/** Loads one text as the main file. */
export function load(
  text: string,
  more: Partial<LoadEnvironment> = {},
  files: Readonly<Record<string, string>> = {},
): LoadResult {
  return loadConfig(MAIN, memoryMachine({ [MAIN]: text, ...files }, more));
}

export function configOf(result: LoadResult): Config {
  if (result.config === undefined) throw new Error('nothing was loaded');
  return result.config;
}

export function firstInstance(result: LoadResult): InstanceConfig {
  const instance = configOf(result).instances[0];
  if (instance === undefined) throw new Error(`no instance: ${messages(result).join(' | ')}`);
  return instance;
}

/** A complete instance on eth0 around some lines, with one address unless `addresses` says otherwise. */
export function instance(lines: string, addresses = '192.0.2.1/24', before = ''): string {
  return `${before}\nvrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\n${lines}\nvirtual_ipaddress {\n${addresses}\n}\n}\n`;
}

/** 'CODE line' of every finding but hints, in order. */
export function codes(result: LoadResult): readonly string[] {
  return result.diagnostics
    .filter((d) => d.severity !== 'hint')
    .map((d) => `${d.code} ${d.at.source.position(d.at.start).line}`);
}

export const messages = (result: LoadResult): readonly string[] => result.diagnostics.map((d) => d.message);

/** Interfaces by name; all with multicast and an MTU of 1500. */
export function interfaces(...names: readonly string[]): ReadonlyMap<string, InterfaceFacts> {
  const lo = { index: 1, mtu: 65536, multicast: false, loopback: true };
  const rest = names.map(
    (n, i) => [n, { index: i + 2, mtu: 1500, multicast: true, loopback: false }] as const,
  );
  return new Map([['lo', lo], ...rest]);
}
