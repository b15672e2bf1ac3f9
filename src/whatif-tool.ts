/** `vipd whatif`: reads the files as their nodes would, asks the simulator, prints. Nothing of this machine's network counts. */
import { hostname } from 'node:os';
import { posix } from 'node:path';
import { DEFAULT_CONFIG_FILE } from './cli/paths.ts';
import type { WhatIfInvocation } from './cli/whatif-options.ts';
import type { Config } from './config/config.ts';
import { formatDiagnostic } from './config/diagnostic.ts';
import type { LoadEnvironment } from './config/environment.ts';
import { type LoadResult, loadConfig } from './config/load.ts';
import { configFiles } from './io/files/config-files.ts';
import { macs } from './io/mac.ts';
import { type Answer, answer, QUESTION_PHASES, TABLE_PHASES, wholeTable } from './whatif/answer.ts';
import { type Asked, questionsOf } from './whatif/ask.ts';
import { assumedPair, type Plan, planAlone, planPair } from './whatif/plan.ts';
import { answerJson, answerText } from './whatif/table.ts';

type Write = (text: string) => void;

/**
 * The environment in which node `id` reads a file ('' = this host), wherever it will run: interfaces, accounts and scripts of this machine
 * say nothing about it. Random definitions take their least value.
 */
export function asNodeEnvironment(id: string): LoadEnvironment {
  const host = id === '' ? hostname() : id;
  return {
    readFile: (path) => {
      const result = configFiles(process.cwd()).readFile(path);
      return result.ok ? result : { ok: false, code: result.code, detail: path };
    },
    glob: (pattern, cwd) => configFiles(cwd).glob(pattern),
    env: { ...process.env, PWD: process.cwd() },
    configId: id === '' ? (host.split('.', 1)[0] ?? host) : id,
    hostName: host,
    random: (min) => min,
  };
}

/** A name of a file beyond this makes the table unreadable. */
const LONG_NAME = 20;

/** What the table calls the nodes: their identities, else their files, else a and b. */
export function nodeNames(tool: {
  readonly file: string;
  readonly asNode: string;
  readonly peer: string;
  readonly peerNode: string;
}): readonly [string, string] {
  const name = (id: string, file: string): string =>
    id === '' ? posix.basename(file).replace(/\.conf$/, '') : id;
  const a = name(tool.asNode, tool.file);
  const b = name(tool.peerNode, tool.peer);
  const long = (id: string, text: string): boolean => id === '' && text.length > LONG_NAME;
  return a === b || long(tool.asNode, a) || long(tool.peerNode, b) ? ['a', 'b'] : [a, b];
}

/** 0: each fault leaves one holder; 1: one leaves none or two; 2: usage, or a file that cannot be used. */
export function runWhatIf(asked: WhatIfInvocation, out: Write, err: Write): number {
  const tool = asked.file === '' ? { ...asked, file: DEFAULT_CONFIG_FILE } : asked;
  const files = tool.peer === '' ? [tool.file] : [tool.file, tool.peer];
  const loaded = files.map((file, i) =>
    usable(file, loadConfig(file, asNodeEnvironment(i === 0 ? tool.asNode : tool.peerNode)), err),
  );
  const [a, b] = loaded;
  if (loaded.includes(undefined) || a === undefined) return 2;
  if (a.instances.length === 0) {
    err(`vipd whatif: ${tool.file} has no vrrp_instance\n`);
    return 2;
  }
  if (b !== undefined) {
    const answered = ask(planPair(nodeNames(tool), a, b, macs), tool.faults, err);
    return answered === undefined ? 2 : show(tool, [[answered, 'pair']], out);
  }
  const [name] = nodeNames({ ...tool, peer: 'b', peerNode: '' });
  const pair = ask(planPair([name, 'peer'], ...assumedPair(a), macs), tool.faults, err);
  if (pair === undefined) return 2;
  const plan = planAlone(name, a, macs);
  const alone = answer(plan, wholeTable(plan), TABLE_PHASES);
  const note =
    "assumed pair: 'peer' is a copy of this file with the same priorities; --peer FILE names the real one";
  const list: Shown = [
    ...(tool.faults.length === 0 ? [[alone, 'alone'] as const] : []),
    [{ ...pair, notes: [...pair.notes, note] }, 'assumed pair'],
  ];
  return show(tool, list, out);
}

/** Findings of a file do not keep it from running, so they do not here; one that keepalived stops at does. */
function usable(file: string, result: LoadResult, err: Write): Config | undefined {
  const { config, fatal } = result;
  if (config !== undefined && fatal === undefined) {
    const errors = result.diagnostics.filter((d) => d.severity === 'error').length;
    if (errors > 0) err(`vipd whatif: ${file}: ${errors} error${errors === 1 ? '' : 's'}; see vipd check\n`);
    return config;
  }
  const why = fatal?.diagnostic ?? result.diagnostics[0];
  err(why === undefined ? `vipd whatif: ${file} cannot be read\n` : `${formatDiagnostic(why)}\n`);
  return undefined;
}

function ask(plan: Plan, faults: readonly Asked[], err: Write): Answer | undefined {
  if (faults.length === 0) return answer(plan, wholeTable(plan), TABLE_PHASES);
  const questions = questionsOf(plan, faults);
  if (questions.ok) return answer(plan, questions.value, QUESTION_PHASES);
  err(`vipd whatif: ${questions.error}\n`);
  return undefined;
}

type Shown = readonly (readonly [Answer, string])[];

function show(tool: WhatIfInvocation, list: Shown, out: Write): number {
  const all = tool.faults.length > 0;
  if (tool.json)
    out(`${JSON.stringify({ schema: 1, tables: list.map(([a, l]) => answerJson(a, l)) }, null, 2)}\n`);
  else out(`${list.map(([a, label]) => answerText(a, label, all)).join('\n\n')}\n`);
  return list.at(-1)?.[0].negative === true ? 1 : 0;
}
