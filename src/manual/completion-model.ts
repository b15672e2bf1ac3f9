/** What the completion scripts of all shells have in common. */
import type { CommandDescription, OptionDescription } from '../cli/describe.ts';

/** What stands after an option or as an operand. */
export type Kind = 'file' | 'folder' | 'instance' | 'word' | 'command' | 'shell' | 'other';

export type CompletionModel = {
  readonly commands: readonly CommandDescription[];
  readonly daemon: readonly OptionDescription[];
  readonly words: readonly string[]; // for explain
  readonly shells: readonly string[];
};

const KINDS: Readonly<Record<string, Kind>> = {
  instance: 'instance',
  word: 'word',
  command: 'command',
  shell: 'shell',
  dir: 'folder',
  file: 'file',
  path: 'file',
  log_file: 'file',
};

export const kindOf = (argument: string): Kind => KINDS[argument.toLowerCase()] ?? 'other';

/** Prints the names of the running daemon's instances, one a line, and nothing when there is none. */
export const INSTANCES = `vipd status --json 2>/dev/null | sed -n '/^  "instances": \\[/,/^  \\]/s/^      "name": "\\([^"\\\\]*\\)",*$/\\1/p'`;
