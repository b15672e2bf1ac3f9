/** The flags of `vipd fmt`. */
import type { Command } from 'commander';
import type { FmtOptions } from './fmt.ts';

export type FmtTool = { readonly command: 'fmt' } & FmtOptions;

const MAX_BLANKS = 16;

/** 'tab' or a number of blanks to one level of indentation; undefined when it is neither. */
function level(text: string): string | undefined {
  if (text === 'tab') return '\t';
  return /^\d{1,2}$/.test(text) && Number(text) <= MAX_BLANKS ? ' '.repeat(Number(text)) : undefined;
}

export function addFmt(program: Command, take: (tool: FmtTool) => void): void {
  program
    .command('fmt [file...]')
    .description(
      'lay out configuration files anew without changing their meaning; standard input with - or no file',
    )
    .option('--write', 'change the files in place')
    .option('--check', 'only name the files that would change, and leave with 1 when there are any')
    .option('--indent <blanks>', `blanks for each level (0..${MAX_BLANKS}), or 'tab'`, '4')
    .action((files: string[], raw: { write?: boolean; check?: boolean; indent: string }, self: Command) => {
      const indent = level(raw.indent);
      if (indent === undefined)
        return self.error(`error: --indent must be 0..${MAX_BLANKS} or 'tab'; got '${raw.indent}'`);
      const { write = false, check = false } = raw;
      if (write && files.every((f) => f === '-'))
        self.error('error: --write needs a file; give one, or leave it out');
      take({ command: 'fmt', files, write, check, indent });
    });
}
