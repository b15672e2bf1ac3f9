/** The script for fish: one 'complete' line for each thing. */
import type { OptionDescription } from '../cli/describe.ts';
import { type CompletionModel, INSTANCES, type Kind, kindOf } from './completion-model.ts';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** -F: files, -x: nothing but the list, -r: an argument is needed. */
const ARGUMENTS: Readonly<Record<Kind, string>> = {
  file: '-r -F',
  folder: "-x -a '(__fish_complete_directories)'",
  instance: "-x -a '(__vipd_instances)'",
  word: '-x -a "$__vipd_words"',
  command: '-x -a "$__vipd_commands"',
  shell: "-x -a 'bash zsh fish'",
  other: '-x',
};

function option(condition: string, o: OptionDescription): string {
  const short = o.short === undefined ? '' : ` -s ${o.short.slice(1)}`;
  const argument =
    o.argument === undefined || o.optional
      ? ''
      : o.choices.length > 0
        ? ` -x -a ${quoted(o.choices.join(' '))}`
        : ` ${ARGUMENTS[kindOf(o.argument)]}`;
  return `complete -c vipd -n ${quoted(condition)}${short} -l ${o.long.slice(2)}${argument} -d ${quoted(o.text)}\n`;
}

export function fishCompletion(model: CompletionModel): string {
  const none = 'not __fish_seen_subcommand_from $__vipd_commands';
  const lines = model.commands.map((c) => {
    const here = `__fish_seen_subcommand_from ${c.name}`;
    const name = `complete -c vipd -f -n ${quoted(none)} -a ${c.name} -d ${quoted(c.text)}\n`;
    const argument = c.arguments[0];
    const kind = argument === undefined ? 'other' : kindOf(argument.name);
    const operand =
      kind === 'other'
        ? ''
        : `complete -c vipd -n ${quoted(here)} ${ARGUMENTS[kind].replace('-r -F', '-F')}\n`;
    return `${name}${operand}${c.options.map((o) => option(here, o)).join('')}`;
  });
  return `# fish completion for vipd, made by 'vipd completions fish'
set -g __vipd_commands ${model.commands.map((c) => c.name).join(' ')}
set -g __vipd_words ${model.words.join(' ')}

function __vipd_instances
  ${INSTANCES}
end

complete -c vipd -f
${lines.join('')}${model.daemon.map((o) => option(none, o)).join('')}`;
}
