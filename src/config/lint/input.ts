/**
 * What the rules look at: the checked values, the words they came from, the machine, and what the loader said. A rule
 * reports through `reporter`; with `instead` it also takes the place of the loader's finding about the same word.
 */
import type { Config, InstanceConfig, Place } from '../config.ts';
import { type Diagnostic, Reporter } from '../diagnostic.ts';
import type { LoadEnvironment } from '../environment.ts';
import type { LoadResult } from '../load.ts';
import { placeOf, type Span } from '../source.ts';
import type { Entry, Statement } from '../tree.ts';

export type Lint = {
  readonly config: Config;
  readonly statements: readonly Statement[];
  readonly environment: LoadEnvironment;
  readonly diagnostics: readonly Diagnostic[]; // the loader's
  readonly reporter: Reporter;
  readonly instances: readonly LintInstance[];
  /** Commands of instances, groups, scripts and global_defs: place of the command -> its line. */
  readonly commands: ReadonlyMap<string, Statement>;
  /** Lines of all global_defs blocks, in order. */
  readonly globals: readonly Statement[];
  /** Blocks of the top level by 'keyword name', the first of each. */
  readonly blocks: ReadonlyMap<string, Statement>;
  /** Places whose findings of the loader are said better by a rule. */
  readonly replaced: Set<string>;
  /** Findings of the loader that are left out one by one. */
  readonly dropped: Set<Diagnostic>;
};

/** An instance that exists, and the block it came from. */
export type LintInstance = {
  readonly instance: InstanceConfig;
  readonly block: Statement;
  readonly at: Span; // the name
};

/** One address line of an instance. */
export type AddressLine = { readonly entry: Entry; readonly excluded: boolean };

export const placeKey = (p: Place): string => `${p.file}\0${p.line}\0${p.col}`;
export const spanKey = (at: Span): string => `${at.source.file}\0${at.start}`;

export function lintInput(loaded: LoadResult, config: Config, environment: LoadEnvironment): Lint {
  const commands = new Map<string, Statement>();
  const places = new Map<string, Statement>();
  const blocks = new Map<string, Statement>();
  const globals: Statement[] = [];
  for (const s of loaded.statements) {
    const keyword = s.keyword.text;
    if (keyword === 'virtual_server') continue;
    const name = s.args[0];
    if (keyword === 'global_defs') for (const line of s.body) globals.push(line);
    if (name !== undefined) {
      places.set(placeKey(placeOf(name.at)), s);
      const key = `${keyword} ${name.text}`;
      if (!blocks.has(key)) blocks.set(key, s);
    }
    for (const line of s.body) {
      const command = line.args[0];
      if (line.row.type === 'command' && command !== undefined)
        commands.set(placeKey(placeOf(command.at)), line);
    }
  }
  const instances: LintInstance[] = [];
  for (const instance of config.instances) {
    const block = places.get(placeKey(instance.place));
    const name = block?.args[0];
    if (block !== undefined && name !== undefined) instances.push({ instance, block, at: name.at });
  }
  return {
    config,
    statements: loaded.statements,
    environment,
    diagnostics: loaded.diagnostics,
    reporter: new Reporter(),
    instances,
    commands,
    globals,
    blocks,
    replaced: new Set(),
    dropped: new Set(),
  };
}

/** The last line with the keyword in a block; most settings are those of the last. */
export const lineOf = (block: Statement, ...keywords: readonly string[]): Statement | undefined =>
  block.body.findLast((s) => keywords.includes(s.keyword.text));

/** Where a setting's value stands, else its keyword, else the name of the block. */
export function settingAt(block: Statement, ...keywords: readonly string[]): Span {
  const line = lineOf(block, ...keywords);
  return line?.args[0]?.at ?? line?.keyword.at ?? block.args[0]?.at ?? block.keyword.at;
}

/** The address lines as they were written, in order. */
export function addressLines(block: Statement): readonly AddressLine[] {
  const out: AddressLine[] = [];
  for (const s of block.body) {
    const excluded = s.keyword.text === 'virtual_ipaddress_excluded';
    if (excluded || s.keyword.text === 'virtual_ipaddress')
      for (const entry of s.entries) if (entry.words.length > 0) out.push({ entry, excluded });
  }
  return out;
}
