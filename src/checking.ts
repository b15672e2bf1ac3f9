/** The commands on configurations: reads the files and the machine, and prints what the pure views make of them. */
import { readFileSync } from 'node:fs';
import { explain } from './check/explain.ts';
import { checkGithub, checkJson, checkText } from './check/formats.ts';
import { type CheckReport, exitStatus, reportOf } from './check/report.ts';
import { resolvedJson, resolvedText } from './check/resolved.ts';
import type { CheckTool, ConfigTool, ExplainTool, TextTool } from './cli/check-options.ts';
import type { Write } from './cli/tool.ts';
import type { LoadEnvironment } from './config/environment.ts';
import { judge } from './config/lint/judge.ts';
import { type LoadResult, loadConfig } from './config/load.ts';
import { macs } from './io/mac.ts';
import { environmentOf, readMachine } from './loading.ts';
import type { PairReport } from './whatif/check-pair.ts';

/** The name under which standard input appears in findings. */
const STDIN = '<stdin>';

/** The exit status. */
export async function runText(tool: TextTool, out: Write, err: Write): Promise<number> {
  switch (tool.command) {
    case 'check':
      return check(tool, out);
    case 'explain':
      return explainWords(tool, out, err);
    case 'config':
      return config(tool, out, err);
    case 'completions': {
      const { completionScript } = await import('./manual/completions.ts');
      out(completionScript(tool.shell));
      return 0;
    }
  }
}

type From = { readonly offline: boolean; readonly configId?: string };

/** The machine, with standard input as one more file; relative names are relative to the working folder. */
export function machine({ offline, configId }: From): LoadEnvironment {
  const { links, addresses } = offline ? { links: [], addresses: [] } : readMachine();
  const environment = environmentOf(configId, offline ? 'offline' : 'check', links, addresses);
  let text: string | undefined;
  return {
    ...environment,
    env: { ...process.env, PWD: process.cwd() },
    readFile: (path) => {
      if (path !== STDIN) return environment.readFile(path);
      text ??= readFileSync(0, 'utf8');
      return { ok: true, text };
    },
  };
}

export const fileName = (given: string): string => (given === '-' ? STDIN : given);

/** A file read and judged, with what it is printed from. */
type Examined = { readonly report: CheckReport; readonly judged: LoadResult };

function examine(file: string, environment: LoadEnvironment, max: number): Examined {
  const start = loadConfig(file, environment);
  const test = start.diagnostics.length === 0 ? start : loadConfig(file, environment, { testMode: true });
  // What the text and the machine tell beyond what a start must know.
  const judged = { ...start, diagnostics: judge(start, environment) };
  return { report: reportOf(file, judged, test, max), judged };
}

async function check(tool: CheckTool, out: Write): Promise<number> {
  const environment = machine(tool);
  const examined = tool.files.map((given) => examine(fileName(given), environment, tool.max));
  const pair = tool.peer === '' ? undefined : await comparePeer(tool, examined);
  const color = tool.color === 'always' || (tool.color === 'auto' && mayColor());
  const reports = examined.map((e) => e.report);
  if (tool.format === 'json') out(checkJson(reports, tool.strict, pair?.json));
  else
    for (const { report, judged } of examined)
      out(tool.format === 'text' ? checkText(report, judged, { color }) : checkGithub(report));
  if (tool.format === 'text' && pair !== undefined) out(`${pair.table}\n`);
  return worst(reports, tool.strict);
}

/** Adds the other file, and to the first what the two say together. The other file is judged without this machine. */
async function comparePeer(tool: CheckTool, examined: Examined[]): Promise<PairReport | undefined> {
  const { asNodeEnvironment, nodeNames } = await import('./whatif-tool.ts');
  const { checkPair } = await import('./whatif/check-pair.ts');
  const [first] = examined;
  if (first === undefined) return undefined;
  const other = asNodeEnvironment(tool.peerNode);
  const peer = examine(tool.peer, other, tool.max);
  const file = first.report.file;
  const own = file === STDIN ? first.judged : loadConfig(file, asNodeEnvironment(tool.configId ?? ''));
  const names = nodeNames({ file, asNode: tool.configId ?? '', peer: tool.peer, peerNode: tool.peerNode });
  const pair = checkPair(own, peer.judged, names, macs);
  const judged = { ...first.judged, diagnostics: [...first.judged.diagnostics, ...pair.diagnostics] };
  const test = loadConfig(file, machine(tool), { testMode: true });
  examined.splice(0, 1, { report: reportOf(file, judged, test, tool.max), judged }, peer);
  return pair;
}

const worst = (reports: readonly CheckReport[], strict: boolean): number =>
  Math.max(0, ...reports.map((r) => exitStatus(r, strict)));

const mayColor = (): boolean =>
  process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';

function explainWords(tool: ExplainTool, out: Write, err: Write): number {
  let status = 0;
  const texts: string[] = [];
  for (const word of tool.words) {
    const found = explain(word);
    if (found.ok) {
      texts.push(found.text);
      continue;
    }
    status = 1;
    const hint = found.suggestion === undefined ? '' : `; did you mean '${found.suggestion}'?`;
    err(`vipd explain: no code, keyword or directive '${word}'${hint}\n`);
  }
  out(texts.join('\n'));
  return status;
}

function config(tool: ConfigTool, out: Write, err: Write): number {
  const file = fileName(tool.file);
  const result: LoadResult = loadConfig(file, machine(tool));
  if (result.config !== undefined) out((tool.json ? resolvedJson : resolvedText)(result.config, tool));
  if (result.fatal === undefined) return 0;
  err(
    `vipd config: no daemon would start with this file: ${result.fatal.diagnostic.message}; see 'vipd check ${tool.file}'\n`,
  );
  return 2;
}
