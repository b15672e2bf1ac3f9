/** The script for zsh: a function file in the form of its completion system. */
import type { CommandDescription, OptionDescription } from '../cli/describe.ts';
import { type CompletionModel, INSTANCES, type Kind, kindOf } from './completion-model.ts';

const ACTIONS: Readonly<Record<Kind, string>> = {
  file: '_files',
  folder: '_files -/',
  instance: '_vipd_instances',
  word: '_vipd_words',
  command: '_vipd_commands',
  shell: '_vipd_shells',
  other: ' ',
};

/** Text inside single quotes and inside [...] of an _arguments specification. */
const inside = (text: string): string => text.replaceAll("'", "'\\''").replace(/[[\]\\:]/g, '\\$&');

function specification(o: OptionDescription): string {
  const list = [o.short, o.long].filter((n) => n !== undefined);
  const action = o.choices.length > 0 ? `(${o.choices.join(' ')})` : ACTIONS[kindOf(o.argument ?? '')];
  const argument =
    o.argument === undefined ? '' : `${o.optional ? '::' : ':'}${inside(o.argument.toLowerCase())}:${action}`;
  // '=' after a long name: the argument may be attached; '-': an optional one has to be.
  const form = (name: string): string =>
    o.argument === undefined
      ? name
      : name.startsWith('--')
        ? `${name}=${o.optional ? '-' : ''}`
        : o.optional
          ? `${name}-`
          : name;
  const text = `[${inside(o.text)}]${argument}`;
  if (list.length === 1) return `'${form(list[0] as string)}${text}'`;
  return `'(${list.join(' ')})'{${list.map(form).join(',')}}'${text}'`;
}

const operands = (c: CommandDescription): string[] =>
  c.arguments.map(({ name, variadic }) => `'${variadic ? '*' : ''}:${name}:${ACTIONS[kindOf(name)]}'`);

function commandCase(c: CommandDescription): string {
  const specs = [...c.options.map(specification), "'--help[show help]'", ...operands(c)];
  return `    ${c.name})\n      _arguments -s -S ${specs.map((s) => `\\\n        ${s}`).join(' ')}\n      ;;\n`;
}

export function zshCompletion(model: CompletionModel): string {
  const described = model.commands.map((c) => `    '${c.name}:${inside(c.text)}'`).join('\n');
  return `#compdef vipd
# zsh completion for vipd, made by 'vipd completions zsh'

_vipd_commands() {
  local -a commands
  commands=(
${described}
  )
  _describe -t commands command commands
}

_vipd_shells() {
  _values shell ${model.shells.join(' ')}
}

_vipd_words() {
  local -a known
  known=(${model.words.join(' ')})
  compadd -a known
}

_vipd_instances() {
  local -a names
  names=(\${(f)"$(${INSTANCES})"})
  compadd -a names
}

_vipd() {
  local command=\${words[2]}
  if (( CURRENT > 2 )); then
    case $command in
    ${model.commands.map((c) => c.name).join('|')})
      shift words
      (( CURRENT-- ))
      ;;
    *) command= ;;
    esac
  else
    command=
  fi
  case $command in
${model.commands.map(commandCase).join('')}    *)
      _arguments -s -S ${model.daemon.map((o) => `\\\n        ${specification(o)}`).join(' ')} \\
        '1::command:_vipd_commands'
      ;;
  esac
}

_vipd "$@"
`;
}
