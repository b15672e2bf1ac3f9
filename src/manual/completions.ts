/** Completion scripts, made from the definitions that parse the command line and the tables that explain reads. */
import { explainable } from '../check/explain.ts';
import type { SHELLS } from '../cli/check-options.ts';
import {
  type CommandDescription,
  describeCommands,
  describeDaemon,
  type OptionDescription,
} from '../cli/describe.ts';
import { bashCompletion } from './completion-bash.ts';
import { fishCompletion } from './completion-fish.ts';
import { zshCompletion } from './completion-zsh.ts';

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

export function completionScript(shell: (typeof SHELLS)[number]): string {
  const model: CompletionModel = {
    commands: describeCommands(),
    daemon: describeDaemon(),
    // A shell would have to quote the rest, and nobody types them by halves.
    words: explainable().filter((word) => /^[\w-]+$/.test(word)),
    shells: ['bash', 'zsh', 'fish'],
  };
  switch (shell) {
    case 'bash':
      return bashCompletion(model);
    case 'zsh':
      return zshCompletion(model);
    case 'fish':
      return fishCompletion(model);
  }
}
