/** A master agent (snmpd), a receiver of traps (snmptrapd) and net-snmp's commands, all on loopback inside a node of a lab. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './clock.ts';
import type { Lab } from './lab.ts';

const AGENT = '127.0.0.1:1161';
const TRAPS = '127.0.0.1:1162';
const WAIT_MS = 15_000;
/** Numbers only: Debian has no MIB files of the IETF. */
const FORM = "-v2c -c public -r 1 -t 10 -On -Oe -OU -m ''";

const MIBS = [
  ['K', '.1.3.6.1.4.1.9586.100.5'],
  ['V2', '.1.3.6.1.2.1.68'],
  ['V3', '.1.3.6.1.2.1.207'],
] as const;
/** Rows and traps with the MIBs' roots as K, V2 and V3. */
export const short = (text: string): string =>
  MIBS.reduce((t, [name, oid]) => t.replaceAll(`${oid}.`, `${name}.`), text);
export const long = (oid: string): string => {
  const [name = '', ...rest] = oid.split('.');
  return [MIBS.find(([n]) => n === name)?.[1] ?? name, ...rest].join('.');
};

export class SnmpLab {
  readonly socket: string;
  readonly #lab: Lab;
  readonly #node: string;
  readonly #folder: string;
  #agent: ChildProcess | undefined;
  #receiver: ChildProcess | undefined;

  constructor(lab: Lab, node: string, folder: string) {
    this.#lab = lab;
    this.#node = node;
    this.#folder = folder;
    this.socket = join(folder, 'agentx');
  }

  #file = (name: string): string => join(this.#folder, name);
  #text(name: string): string {
    return existsSync(this.#file(name)) ? readFileSync(this.#file(name), 'utf8') : '';
  }

  async start(): Promise<void> {
    await this.#lab.sh(this.#node, 'ip link set lo up');
    writeFileSync(
      this.#file('snmpd.conf'),
      `master agentx\nagentXSocket unix:${this.socket}\nrwcommunity public 127.0.0.1\nagentaddress udp:${AGENT}\ntrap2sink ${TRAPS} public\n`,
    );
    writeFileSync(this.#file('trapd.conf'), 'disableAuthorization yes\n');
    const env = ['env', `SNMP_PERSISTENT_DIR=${this.#folder}/persistent`];
    this.#receiver = this.#lab.spawn(this.#node, [
      ...env,
      'snmptrapd',
      '-f',
      ...['-m', '', '-On', '-Oe', '-n', '-C', '-c', this.#file('trapd.conf')],
      ...['-Lf', this.#file('traps'), '-F', 'TRAP %v\\n', `udp:${TRAPS}`],
    ]);
    await this.startAgent();
    assert.ok(await until(() => this.#text('traps').includes('NET-SNMP'), WAIT_MS, 50), 'no snmptrapd');
  }

  async startAgent(): Promise<void> {
    rmSync(this.socket, { force: true });
    this.#agent = this.#lab.spawn(this.#node, [
      'env',
      `SNMP_PERSISTENT_DIR=${this.#folder}/persistent`,
      'snmpd',
      '-f',
      ...['-C', '-c', this.#file('snmpd.conf'), '-I', '-smux,mteTrigger', '-Lf', this.#file('snmpd.log')],
    ]);
    assert.ok(await until(() => existsSync(this.socket), WAIT_MS, 20), this.#text('snmpd.log'));
  }

  async stopAgent(): Promise<void> {
    const agent = this.#agent;
    const ended = new Promise((done) => agent?.once('exit', done));
    agent?.kill('SIGTERM');
    await ended;
    rmSync(this.socket, { force: true });
  }

  async #command(name: string, words: string): Promise<string> {
    return short((await this.#lab.sh(this.#node, `${name} ${FORM} ${AGENT} ${words} 2>&1`)).text);
  }
  /** Every row of the three MIBs: identifier to 'TYPE: value'. */
  async walk(...roots: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = new Map<string, string>();
    for (const root of roots.length === 0 ? MIBS.map(([name]) => name) : roots) {
      const text = await this.#command('snmpwalk', long(root));
      for (const [, oid = '', value = ''] of text.matchAll(
        /^((?:K|V2|V3)\.[\d.]+) = ([\s\S]*?)\s*(?=\n(?:K|V2|V3|\.1)\b|$(?![\s\S]))/gm,
      ))
        rows.set(oid, value);
    }
    return rows;
  }
  /** Value with its type. */
  async get(oid: string): Promise<string> {
    return (await this.#command('snmpget', long(oid))).replace(/^\S+ = /, '').trim();
  }
  async bulk(...oids: readonly string[]): Promise<string> {
    return this.#command('snmpbulkget -Cr4', oids.map(long).join(' '));
  }
  async set(oid: string, type: string, value: string): Promise<string> {
    return this.#command('snmpset', `${long(oid)} ${type} ${value}`);
  }

  /** Each as 'ID variable = value; …', in the order of arrival. */
  traps(): readonly string[] {
    return short(this.#text('traps'))
      .split('\n')
      .filter((line) => line.startsWith('TRAP'))
      .map((line) =>
        line
          .split('\t')
          .slice(1)
          .join('; ')
          .replace(/^\.1\.3\.6\.1\.6\.3\.1\.1\.4\.1\.0 = OID: /, ''),
      );
  }

  async close(): Promise<void> {
    await this.stopAgent();
    this.#receiver?.kill('SIGTERM');
  }
}
