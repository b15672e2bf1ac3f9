/**
 * The frame of a benchmark program: options from the command line, a sandbox, a folder for its files, its figure as a table on
 * the terminal and, with --json FILE, as JSON. Ends with 1 when something could not be measured, with 2 where it cannot run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { insideSandbox, rerunInSandbox, sandboxObstacle } from '../test/netns/sandbox.ts';
import { type Figure, textTable } from './figure.ts';

/** A whole number: its default, the least and the most that is taken. */
export type Range = readonly [standard: number, least: number, most: number];
/** One of some words, the first by default. */
export type Choice = readonly [string, ...string[]];
type Options = Readonly<Record<string, Range | Choice>>;
export type Chosen<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Range ? number : O[K][number];
};

export async function benchmark<O extends Options>(
  options: O,
  run: (chosen: Chosen<O>, folder: string) => Promise<Figure>,
): Promise<void> {
  process.exitCode = await program(options, run);
}

async function program<O extends Options>(
  options: O,
  run: (chosen: Chosen<O>, folder: string) => Promise<Figure>,
): Promise<number> {
  // As systemd/vipd.service does: reading a bundle of certificates alone is longer than the rest of Node's start.
  for (const name of ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS']) delete process.env[name];
  const names = [...Object.keys(options), 'json'];
  const { values } = parseArgs({ options: Object.fromEntries(names.map((n) => [n, { type: 'string' }])) });
  const chosen = Object.fromEntries(
    Object.entries(options).map(([name, allowed]) => [name, choose(name, allowed, values[name])]),
  ) as Chosen<O>;
  if (!insideSandbox()) {
    const obstacle = sandboxObstacle();
    if (obstacle === undefined) return rerunInSandbox();
    console.error(obstacle);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'vipd-bench-'));
  try {
    const figure = await run(chosen, folder);
    console.log(`${figure.title}\n${figure.about}\n${textTable(figure)}`);
    for (const problem of figure.problems) console.error(problem);
    if (typeof values['json'] === 'string')
      writeFileSync(values['json'], `${JSON.stringify(figure, null, 1)}\n`);
    return figure.problems.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function choose(name: string, allowed: Range | Choice, given: unknown): number | string {
  const text = typeof given === 'string' ? given : undefined;
  const [standard, least, most] = allowed;
  if (typeof standard === 'string') {
    if (text === undefined) return standard;
    if ((allowed as readonly string[]).includes(text)) return text;
    throw new Error(`--${name}: ${allowed.join(' or ')}, not ${text}`);
  }
  const n = text === undefined ? standard : Number(text);
  if (!Number.isInteger(n) || n < Number(least) || n > Number(most))
    throw new Error(`--${name}: ${least}..${most}, not ${text}`);
  return n;
}
