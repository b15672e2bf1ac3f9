/**
 * Stricter than keepalived: what a second pass over the words, the values and the machine finds. `vipd check` asks for
 * it; the daemon's start and `-t` do not, since their findings are keepalived's.
 */
import type { Diagnostic } from '../diagnostic.ts';
import type { LoadEnvironment } from '../environment.ts';
import { inOrder, type LoadResult } from '../load.ts';
import { checkAddresses } from './addresses.ts';
import { withoutConsequences } from './consequences.ts';
import { checkGroups, checkMail } from './groups.ts';
import { type Lint, lintInput } from './input.ts';
import { checkInstances } from './instances.ts';
import { checkLines } from './lines.ts';
import { checkMachineAddresses } from './machine-addresses.ts';
import { checkMachineCommands } from './machine-commands.ts';
import { relocate } from './relocate.ts';
import { checkScripts } from './scripts.ts';
import { checkUnicast } from './unicast.ts';
import { checkWords } from './words.ts';

/** In this order: who replaces a finding of the loader comes before who asks for it. */
const RULES: readonly ((l: Lint) => void)[] = [
  checkWords,
  checkLines,
  checkScripts,
  checkAddresses,
  checkInstances,
  checkUnicast,
  checkGroups,
  checkMail,
  checkMachineAddresses,
  checkMachineCommands,
  relocate,
];

/**
 * Everything there is to say about a loaded file, in the order of the text: the loader's findings without those that
 * only follow from others, and the rules'. `environment` is the one it was loaded with; what it does not know is not
 * judged. Work is linear in the size of the file.
 */
export function judge(loaded: LoadResult, environment: LoadEnvironment): readonly Diagnostic[] {
  const { config } = loaded;
  if (config === undefined) return loaded.diagnostics;
  const l = lintInput(loaded, config, environment);
  for (const rule of RULES) rule(l);
  const kept = withoutConsequences(l);
  return inOrder([...kept, ...l.reporter.diagnostics], config.files);
}
