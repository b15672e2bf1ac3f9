/** The script for bash; it needs nothing of the bash-completion package. */
import type { OptionDescription } from '../cli/describe.ts';
import { type CompletionModel, INSTANCES, type Kind, kindOf } from './completion-model.ts';

const names = (list: readonly OptionDescription[]): string =>
  list.flatMap((o) => (o.short === undefined ? [o.long] : [o.short, o.long])).join(' ');

const GENERATORS: Readonly<Record<Kind, string | undefined>> = {
  file: 'mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames 2>/dev/null',
  folder: 'mapfile -t COMPREPLY < <(compgen -d -- "$cur"); compopt -o filenames 2>/dev/null',
  instance: '_vipd_from "$(_vipd_instances)"',
  word: '_vipd_from "$_vipd_words"',
  command: '_vipd_from "$_vipd_commands"',
  shell: '_vipd_from "$_vipd_shells"',
  other: undefined,
};

/** `pattern) action ;;` lines for what follows an option, in one command or everywhere. */
function afterOption(where: string, list: readonly OptionDescription[]): string {
  return list
    .filter((o) => o.argument !== undefined && !o.optional)
    .map((o) => {
      const action =
        o.choices.length > 0
          ? `_vipd_from '${o.choices.join(' ')}'`
          : (GENERATORS[kindOf(o.argument ?? '')] ?? ':');
      const patterns = [o.short, o.long].filter((n) => n !== undefined).map((n) => `'${where} ${n}'`);
      return `    ${patterns.join('|')}) ${action}; return ;;\n`;
    })
    .join('');
}

export function bashCompletion(model: CompletionModel): string {
  const operands = model.commands.flatMap((c) => {
    const argument = c.arguments[0];
    const action = argument === undefined ? undefined : GENERATORS[kindOf(argument.name)];
    return action === undefined ? [] : [`    ${c.name}) ${action} ;;\n`];
  });
  return `# bash completion for vipd, made by 'vipd completions bash'
_vipd_commands='${model.commands.map((c) => c.name).join(' ')}'
_vipd_shells='${model.shells.join(' ')}'
_vipd_words='${model.words.join(' ')}'

_vipd_instances() {
  ${INSTANCES}
}

_vipd_from() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_vipd() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} cmd=daemon i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case " $_vipd_commands " in *" \${COMP_WORDS[i]} "*) cmd=\${COMP_WORDS[i]}; break ;; esac
  done
  case "$cmd $prev" in
${model.commands.map((c) => afterOption(c.name, c.options)).join('')}${afterOption('daemon', model.daemon)}  esac
  if [[ $cur == -* ]]; then
    case $cmd in
${model.commands.map((c) => `    ${c.name}) _vipd_from '${names(c.options)} --help' ;;\n`).join('')}    daemon) _vipd_from '${names(model.daemon)}' ;;
    esac
    return
  fi
  case $cmd in
    daemon) ((COMP_CWORD == 1)) && _vipd_from "$_vipd_commands" ;;
${operands.join('')}  esac
}

complete -F _vipd vipd
`;
}
