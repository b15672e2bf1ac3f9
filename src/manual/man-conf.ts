/** man/vipd.conf.5: the configuration language, from the tables. */
import { missingText, repeatText } from '../check/explain.ts';
import { DIRECTIVES } from '../config/directives.table.ts';
import type { EntryRow } from '../config/entries.table.ts';
import type { KeywordRow } from '../config/keyword.ts';
import { type BlockReference, blocks } from './reference.ts';
import { bold, form, heading, page, paragraph, subheading, tagged, title, verbatim } from './roff.ts';

const EXAMPLE = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 10
    priority 100
    virtual_ipaddress {
        192.0.2.100/24
    }
}`;

const SYNTAX = [
  'A file consists of lines. A line is a keyword with its words, separated by blanks and tabs. An opening brace begins a block and a closing one ends it; they may stand anywhere on a line. # and ! begin a remark that runs to the end of the line. A word in double quotes may hold blanks; quotes close on the same line. A line holds at most 1022 bytes.',
  'The words of a command are split a second time when it is run, so a command with arguments is quoted as a whole. It runs without a shell.',
  'A mistake in a line seldom stops the daemon: the line is reported and ignored, and its default stays in force. vipd check lists such lines.',
];

const NOT_ACTIVE = 'Not active: vipd reads it and does not carry it out yet.';

function sentences(parts: readonly (string | undefined)[]): string {
  return parts
    .filter((p) => p !== undefined && p !== '')
    .map((p) => (/[.]$/.test(p as string) ? p : `${p}.`))
    .join(' ');
}

const tag = (keyword: string, args: string): string =>
  args === '(none)' ? bold(keyword) : `${bold(keyword)} ${form(args)}`;

function keyword(row: KeywordRow): string {
  const missing = missingText(row);
  const twice = repeatText(row);
  return tagged(
    tag(row.keyword, row.args),
    sentences([
      row.summary,
      row.default === undefined ? undefined : `Default: ${row.default}`,
      row.range === undefined ? undefined : `Range: ${row.range}`,
      row.unit === undefined ? undefined : `Unit: ${row.unit}`,
      row.range === undefined && row.choices !== undefined ? `One of: ${row.choices.join(', ')}` : undefined,
      row.note === undefined ? undefined : `Note: ${row.note}`,
      row.aliases === undefined ? undefined : `See also: ${row.aliases}`,
      missing === undefined ? undefined : `Without a value: ${missing}`,
      twice === undefined || twice === 'the last counts' ? undefined : `Given twice: ${twice}`,
      row.since === undefined ? undefined : `Since keepalived ${row.since}`,
      row.inactive === true ? NOT_ACTIVE : undefined,
    ]),
  );
}

const option = (row: EntryRow): string =>
  tagged(
    form(row.args),
    sentences([
      row.summary,
      row.note === undefined ? undefined : `Note: ${row.note}`,
      row.aliases === undefined ? undefined : `See also: ${row.aliases}`,
      row.inactive === true ? NOT_ACTIVE : undefined,
    ]),
  );

function block(b: BlockReference): string {
  const name = b.path === '' ? 'Top level' : b.path;
  const about = b.opener === undefined ? '' : paragraph(`${b.opener.summary}.`);
  const lines = b.form === undefined ? '' : `.PP\nEach line: ${form(b.form)}\n`;
  return `${subheading(name)}${about}${b.keywords.map(keyword).join('')}${lines}${b.options.map(option).join('')}`;
}

export function manConf(): string {
  return page([
    title('VIPD.CONF', 5, 'File formats'),
    heading('NAME'),
    'vipd.conf \\- configuration of vipd, in the language of keepalived.conf\n',
    heading('SYNOPSIS'),
    verbatim('/etc/keepalived/keepalived.conf'),
    heading('DESCRIPTION'),
    ...SYNTAX.map(paragraph),
    heading('EXAMPLE'),
    verbatim(EXAMPLE),
    heading('DIRECTIVES'),
    paragraph('These work on lines before any keyword is looked at.'),
    ...DIRECTIVES.map((d) =>
      tagged(
        form(d.args),
        sentences([
          d.summary,
          d.default === undefined ? undefined : `Default: ${d.default}`,
          d.range === undefined ? undefined : `Form: ${d.range}`,
          d.mistakes === undefined ? undefined : `Mistakes: ${d.mistakes}`,
          d.note === undefined ? undefined : `Note: ${d.note}`,
        ]),
      ),
    ),
    heading('KEYWORDS'),
    ...blocks()
      .filter((b) => b.keywords.length + b.options.length > 0 || b.form !== undefined)
      .map(block),
    heading('SEE ALSO'),
    `${bold('vipd')}(8)\n`,
  ]);
}
