/** The command line as plain values, read from the definitions that parse it: for the manual and the completions. */
import type { Command, Option } from 'commander';
import { KEEPALIVED_OPTIONS, type OptionRow, VIPD_OPTIONS } from './options.table.ts';
import { toolProgram } from './tool-options.ts';

export type OptionDescription = {
  readonly short?: string; // '-i'
  readonly long: string; // '--config-id'
  readonly argument?: string; // 'id'; absent: a switch
  readonly optional: boolean; // the argument may be left out
  readonly text: string;
  readonly choices: readonly string[];
  readonly default?: string;
};
export type CommandDescription = {
  readonly name: string;
  readonly text: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly required: boolean;
    readonly variadic: boolean;
  }[];
  readonly options: readonly OptionDescription[];
  readonly more: string; // what the help says behind the options
};

/** The subcommands in the order of the help text. */
export function describeCommands(): readonly CommandDescription[] {
  const program = toolProgram();
  const help = { name: 'help', text: 'show what a command does', more: '', options: [] };
  return [
    ...program.commands.map(describe),
    { ...help, arguments: [{ name: 'command', required: false, variadic: false }] },
  ];
}

/** Options in front of a subcommand. */
export const describeCommon = (): readonly OptionDescription[] => toolProgram().options.map(option);

/** The daemon's options; what is internal is left out. */
export function describeDaemon(): readonly OptionDescription[] {
  return [...KEEPALIVED_OPTIONS, ...VIPD_OPTIONS]
    .filter((row) => row.long !== 'daemon-child')
    .map(daemonOption);
}

function daemonOption(row: OptionRow): OptionDescription {
  return {
    ...(row.short === undefined ? {} : { short: `-${row.short}` }),
    long: `--${row.long}`,
    ...(row.arity === 'none' ? {} : { argument: row.argument ?? 'VALUE' }),
    optional: row.arity === 'optional',
    text: row.text,
    choices: [],
  };
}

function describe(command: Command): CommandDescription {
  let whole = '';
  command.configureOutput({
    writeOut: (text) => {
      whole += text;
    },
  });
  command.outputHelp();
  const more = whole.slice(command.helpInformation().length);
  return {
    name: command.name(),
    text: command.description(),
    arguments: command.registeredArguments.map((a) => ({
      name: a.name(),
      required: a.required,
      variadic: a.variadic,
    })),
    options: command.options.map(option),
    more: more.trim(),
  };
}

function option(o: Option): OptionDescription {
  const argument = /[<[]([^>\]]+)[>\]]/.exec(o.flags)?.[1];
  return {
    ...(o.short === undefined ? {} : { short: o.short }),
    long: o.long ?? '',
    ...(argument === undefined ? {} : { argument: argument.replace(/\.\.\.$/, '') }),
    optional: o.optional,
    text: o.description,
    choices: o.argChoices ?? [],
    ...(o.defaultValue === undefined ? {} : { default: String(o.defaultValue) }),
  };
}
