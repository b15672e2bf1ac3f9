/** Completion scripts, made from the definitions that parse the command line and the tables that explain reads. */
import { explainable } from '../check/explain.ts';
import type { SHELLS } from '../cli/check-options.ts';
import { describeCommands, describeDaemon } from '../cli/describe.ts';
import { bashCompletion } from './completion-bash.ts';
import { fishCompletion } from './completion-fish.ts';
import type { CompletionModel } from './completion-model.ts';
import { zshCompletion } from './completion-zsh.ts';

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
