/** man/vipd.8: the daemon's command line and the subcommands, from their definitions. */
import {
  type CommandDescription,
  describeCommands,
  describeCommon,
  describeDaemon,
  type OptionDescription,
} from '../cli/describe.ts';
import { SIGNALS } from '../cli/options.table.ts';
import {
  bold,
  heading,
  italic,
  literal,
  page,
  paragraph,
  subheading,
  tagged,
  title,
  verbatim,
} from './roff.ts';

function optionTag(o: OptionDescription): string {
  const names = [o.short, o.long]
    .filter((n) => n !== undefined)
    .map(bold)
    .join(', ');
  if (o.argument === undefined) return names;
  const argument = italic(o.argument);
  return o.optional ? `${names}[=${argument}]` : `${names} ${argument}`;
}

function optionText(o: OptionDescription): string {
  const choices = o.choices.length === 0 ? '' : ` (${o.choices.join(', ')})`;
  const preset = o.default === undefined ? '' : `; default ${o.default}`;
  return sentence(`${o.text}${choices}${preset}`);
}

const options = (list: readonly OptionDescription[]): string =>
  list.map((o) => tagged(optionTag(o), optionText(o))).join('');

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function argumentsOf(c: CommandDescription): string {
  return c.arguments
    .map(({ name, required, variadic }) => {
      const text = italic(`${name}${variadic ? '...' : ''}`.toUpperCase());
      return required ? ` ${text}` : ` [${text}]`;
    })
    .join('');
}

function command(c: CommandDescription): string {
  const own = c.options.length === 0 ? '' : ` [${italic('OPTION')}...]`;
  return `${subheading(`vipd ${c.name}`)}.PP\n${bold(`vipd ${c.name}`)}${own}${argumentsOf(c)}\n${paragraph(sentence(c.text))}${
    c.more === '' ? '' : verbatim(c.more)
  }${options(c.options)}`;
}

const SIGNAL_TEXTS: Readonly<Record<string, string>> = {
  STOP: 'stop in order: hand over the addresses, then leave (SIGINT does the same unless --ignore-sigint)',
  RELOAD: 'read the configuration again; a file that cannot be used changes nothing',
  DATA: 'write the state to /tmp/keepalived.data',
  STATS: 'write the counters to /tmp/keepalived.stats',
  STATS_CLEAR: 'write the counters and set them to 0',
  JSON: 'write the state as JSON to /tmp/keepalived.json',
};

const STATUSES: readonly (readonly [string, string])[] = [
  ['0', 'all went well; for commands that check: nothing was found'],
  ['1', 'a negative answer or a usage error of the daemon; vipd check --strict: warnings'],
  [
    '2',
    'usage error of a command, errors in the configuration, or a configuration that no daemon starts with',
  ],
  ['3', 'the command needs a running vipd, and there is none'],
  ['4, 5, 6', 'of -t: the classes of findings as in keepalived; 6 also for a file that cannot be read'],
];

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['VIPD_SOCKET', 'control socket, unless a path is given with an option'],
  ['NO_COLOR', 'when not empty, vipd check --color=auto uses no colours'],
];

const FILES: readonly (readonly [string, string])[] = [
  ['/etc/keepalived/keepalived.conf', 'the configuration, see vipd.conf(5)'],
  ['/run/keepalived.pid', "the daemon's process id"],
  ['/run/vipd/vipd.sock', 'control socket, for root alone'],
  ['/tmp/keepalived.data, .stats, .json', 'what the signals write'],
];

export function manVipd(): string {
  const pairs = (list: readonly (readonly [string, string])[]) =>
    list.map(([name, text]) => tagged(bold(name), `${sentence(text)}`)).join('');
  return page([
    title('VIPD', 8, 'System administration'),
    heading('NAME'),
    `vipd \\- ${literal('VRRP daemon for keepalived configurations, and its tool')}\n`,
    heading('SYNOPSIS'),
    `.B vipd\n[${italic('OPTION')}...]\n.br\n.B vipd\n${italic('COMMAND')} [${italic('OPTION')}...]\n`,
    heading('DESCRIPTION'),
    paragraph(
      'vipd moves IP addresses between hosts with VRRP. It reads the configuration of keepalived and takes its command line. Without a command it is the daemon; with one it checks configurations, or asks or tells a running daemon.',
    ),
    heading('COMMANDS'),
    paragraph("A command is the first word; 'vipd help COMMAND' prints a short form of this."),
    describeCommands().map(command).join(''),
    subheading('Options in front of a command'),
    options(describeCommon()),
    heading('DAEMON OPTIONS'),
    paragraph(
      "Options may be combined and shortened as with getopt_long(3). An optional argument counts only when it is attached, as in '-tFILE'.",
    ),
    options(describeDaemon()),
    heading('SIGNALS'),
    paragraph("'vipd --signum=NAME' prints the number of a signal."),
    Object.entries(SIGNALS)
      .map(([name, number]) => tagged(bold(`${name} (${number})`), sentence(SIGNAL_TEXTS[name] ?? name)))
      .join(''),
    heading('EXIT STATUS'),
    pairs(STATUSES),
    heading('ENVIRONMENT'),
    pairs(ENVIRONMENT),
    heading('FILES'),
    pairs(FILES),
    heading('SEE ALSO'),
    `${bold('vipd.conf')}(5), ${bold('ip')}(8), ${bold('systemctl')}(1), RFC 9568, RFC 5798, RFC 3768\n`,
  ]);
}
