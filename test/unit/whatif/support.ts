/** Two nodes' configurations from text, and what the simulator says of them. */
import assert from 'node:assert/strict';
import type { Config } from '../../../src/config/config.ts';
import { type LoadResult, loadConfig } from '../../../src/config/load.ts';
import { macs } from '../../../src/io/mac.ts';
import { type Answer, answer, type Row, wholeTable } from '../../../src/whatif/answer.ts';
import { planPair } from '../../../src/whatif/plan.ts';
import { memoryMachine } from '../config/machine.ts';

export type Loaded = LoadResult & { readonly config: Config };

/** `node` is the identity for lines that begin with `@`. */
export function loadNode(text: string, node: string): Loaded {
  const file = `${node}.conf`;
  const result = loadConfig(file, memoryMachine({ [file]: text }, { configId: node, hostName: node }));
  const { config } = result;
  assert.ok(config);
  return { ...result, config };
}

export type Settings = {
  readonly priority?: number;
  readonly vrid?: number;
  readonly name?: string;
  readonly vip?: string;
  readonly more?: string; // further lines of the instance
  readonly before?: string; // blocks in front of it
};

export function conf(s: Settings): string {
  return `${s.before ?? ''}
vrrp_instance ${s.name ?? 'VI_1'} {
    interface eth0
    virtual_router_id ${s.vrid ?? 51}
    priority ${s.priority ?? 100}
    ${s.more ?? ''}
    virtual_ipaddress {
        ${s.vip ?? '192.0.2.100'}/24
    }
}
`;
}

export const script = (name: string, more: string): string =>
  `vrrp_script ${name} {\n script /bin/true\n ${more}\n}\n`;

/** The whole table for nodes a and b. */
export function ask(a: string, b: string, phases = 4): Answer {
  const plan = planPair(['a', 'b'], loadNode(a, 'a').config, loadNode(b, 'b').config, macs);
  return answer(plan, wholeTable(plan), phases);
}

/** Rows of one router by their words: 'a stops', 'a stops, then a returns'. */
export function rowsOf(result: Answer, router = 0): ReadonlyMap<string, Row> {
  const out = new Map<string, Row>();
  let last = '';
  for (const row of result.routers[router]?.rows ?? []) {
    if (!row.recovery) last = row.what;
    out.set(row.recovery ? `${last}, then ${row.what}` : row.what, row);
  }
  return out;
}

/** Who holds the address after it: 'b', 'a+b', '-'. */
export function after(rows: ReadonlyMap<string, Row>, what: string): string {
  const row = rows.get(what);
  assert.ok(row, `no row '${what}' among ${[...rows.keys()].join(' | ')}`);
  return row.outcome.after.join('+') || '-';
}

/** The longest takeover seen lies within seconds of what the standard's timers say. */
export function takesOver(rows: ReadonlyMap<string, Row>, what: string, min: number, max: number): void {
  const range = rows.get(what)?.outcome.takeoverS;
  assert.ok(range, `no takeover: ${what}`);
  assert.ok(
    range.min >= min && range.max <= max,
    `${what}: ${range.min}..${range.max} is not in ${min}..${max}`,
  );
}
