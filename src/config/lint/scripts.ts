/** Track scripts and every other command, as text: what never runs, what runs as something else than was meant. */
import type { Command } from '../config.ts';
import { nearest } from '../suggest.ts';
import type { Statement } from '../tree.ts';
import type { Word } from '../words.ts';
import { splitArgv } from '../words.ts';
import { type Lint, lineOf, placeKey, settingAt } from './input.ts';

const S = 1_000_000;
/** A check that needs longer than this notices late by any measure. */
const LATE_US = 30 * S;

export function checkScripts(l: Lint): void {
  untracked(l);
  for (const script of l.config.scripts) {
    const block = l.blocks.get(`vrrp_script ${script.name}`);
    if (block === undefined) continue;
    if (script.timeoutUs > script.intervalUs && lineOf(block, 'timeout') !== undefined)
      l.reporter.report(
        'KA2202',
        settingAt(block, 'timeout'),
        `script ${script.name}: timeout ${script.timeoutUs / S} s exceeds interval ${script.intervalUs / S} s`,
        {
          effect: `a script that hangs holds up the next ${Math.ceil(script.timeoutUs / script.intervalUs) - 1} runs`,
          fix: `use a timeout of at most ${script.intervalUs / S}, or a longer interval`,
        },
      );
    const detection = script.intervalUs * script.fall;
    if (detection > LATE_US)
      l.reporter.report(
        'KA2204',
        settingAt(block, script.fall > 1 ? 'fall' : 'interval'),
        `script ${script.name} takes up to ${detection / S} s to notice a failure`,
        {
          effect: `it runs every ${script.intervalUs / S} s, and ${script.fall} failure${script.fall === 1 ? '' : 's in a row'} count`,
          fix: 'shorten the interval',
        },
      );
  }
  for (const [key, line] of l.commands) {
    shell(l, line);
    surplusWords(l, line);
    relative(l, line, key);
  }
  withoutSecurity(l);
}

function untracked(l: Lint): void {
  const named = new Set<string>();
  for (const s of l.statements)
    for (const line of s.body)
      if (line.keyword.text === 'track_script')
        for (const e of line.entries) named.add(e.words[0]?.text ?? '');
  const strangers = [...named].filter((n) => n !== '' && !l.blocks.has(`vrrp_script ${n}`));
  for (const s of l.statements) {
    const name = s.args[0];
    if (s.keyword.text !== 'vrrp_script' || name === undefined || named.has(name.text)) continue;
    // Tracked under a wrong name: the loader has said that the name is unknown.
    if (strangers.some((n) => n.includes(name.text) || name.text.includes(n))) continue;
    if (nearest(name.text, strangers) !== undefined) continue;
    if (lineOf(s, 'script') === undefined) continue; // has its own finding
    l.reporter.report('KA2201', name.at, `script ${name.text} is tracked by nothing`, {
      effect: 'it never runs',
      fix: `add 'track_script { ${name.text} }' to an instance or a sync group, or remove the block`,
    });
  }
}

const SHELLS = /(?:^|\/)(?:ba|da|k|z|a)?sh$/;
const OPERATOR = /^(?:\|\|?|&&?|;|[0-9]?>>?(?:&[0-9-]|&|\/.*|\.{0,2}\/.*)?|<|2>&1|&>.*)$/;

/** The first word that only a shell would understand. */
function shellWord(argv: readonly string[]): string | undefined {
  if (SHELLS.test(argv[0] ?? '')) return undefined;
  return argv.find(
    (w, i) =>
      (i > 0 && OPERATOR.test(w)) ||
      w.includes('$(') ||
      /`[^`]+`/.test(w) ||
      (i < argv.length - 1 && /^[^;]+;$/.test(w) && !w.endsWith('\\;')),
  );
}

function shell(l: Lint, line: Statement): void {
  const command = line.args[0];
  if (command === undefined || line.unmatchedQuote) return;
  const argv = splitArgv(command.text);
  const text = line.args.length > 1 ? line.args.map((w) => w.text).join(' ') : command.text;
  const word =
    shellWord(argv) ?? (line.args.length > 1 ? shellWord(line.args.map((w) => w.text)) : undefined);
  if (word === undefined) return;
  replaceSurplus(l, line);
  l.reporter.report('KA2203', command.at, `'${word}' in the command needs a shell`, {
    effect: `${argv[0] ?? ''} gets '${word}' as a word; no shell reads the line`,
    fix: text.includes("'")
      ? 'put the command into a script file'
      : `put it into a script file, or write "/bin/sh -c '${text}'"`,
  });
}

/** The loader's finding about the words behind the command is the same mistake. */
function replaceSurplus(l: Lint, line: Statement): void {
  for (const word of line.args) l.replaced.add(`${word.at.source.file}\0${word.at.start}`);
}

const COMMON_ACCOUNTS = new Set(['root', 'nobody', 'keepalived_script', 'keepalived', 'daemon']);
const ACCOUNT = /^[a-z_][a-z0-9_-]*\$?$/;

/** `notify_master /x.sh a b`: a is the user, b the group. */
function surplusWords(l: Lint, line: Statement): void {
  const [command, user, group] = line.args;
  if (command === undefined || user === undefined || !line.row.args.includes('<USER>')) return;
  if (l.replaced.has(`${command.at.source.file}\0${command.at.start}`)) return;
  const words = [user, ...(group === undefined ? [] : [group])];
  const { userExists } = l.environment;
  const odd = words.some((w) => !ACCOUNT.test(w.text.replace(/^:/, '')));
  const known = userExists?.(user.text) ?? COMMON_ACCOUNTS.has(user.text);
  if (known && !odd) return;
  for (const w of line.args) l.replaced.add(`${w.at.source.file}\0${w.at.start}`);
  const whole = line.args.map((a) => a.text).join(' ');
  l.reporter.report('KA2206', user.at, surplusText(command, user, group), {
    severity: odd || userExists !== undefined ? 'error' : 'hint',
    effect:
      userExists === undefined && !odd
        ? `${command.text} gets no arguments of its own`
        : `there is no user '${user.text}': the command is dropped`,
    fix: `when they are arguments, quote the whole command: ${line.keyword.text} "${whole}"`,
  });
}

const surplusText = (command: Word, user: Word, group: Word | undefined): string =>
  `'${user.text}' behind ${command.text} is the user that runs it${group === undefined ? '' : `, '${group.text}' the group`}`;

/** keepalived looks for a word without '/' in PATH, and refuses one with a '/' that is not in front. */
function relative(l: Lint, line: Statement, key: string): void {
  const program = splitArgv(line.args[0]?.text ?? '')[0] ?? '';
  if (!program.includes('/') || program.startsWith('/') || program.startsWith('<')) return;
  const command = line.args[0];
  if (command === undefined || key === '') return;
  if (l.replaced.has(`${command.at.source.file}\0${command.at.start}`)) return;
  l.replaced.add(`${command.at.source.file}\0${command.at.start}`);
  l.reporter.report('KA2207', command.at, `${line.keyword.text} '${program}' is not an absolute path`, {
    effect: 'the command never runs',
    fix: "write the whole path, from '/' on",
  });
}

/** Without the machine the loader cannot say whether the files exist, and says nothing (KA1003). */
function withoutSecurity(l: Lint): void {
  if (l.config.global.scriptSecurity || l.environment.scriptState !== undefined) return;
  const first = [
    ...l.config.scripts.map((s) => s.command),
    ...l.config.instances.flatMap((i) => notifies(i.notify)),
    ...l.config.groups.flatMap((g) => notifies(g.notify)),
  ]
    .map((c) => l.commands.get(placeKey(c.place)))
    .find((line) => line !== undefined);
  const at = first?.args[0]?.at;
  if (at === undefined) return;
  l.reporter.report('KA2205', at, 'scripts run without enable_script_security', {
    effect: "they run with root's rights unless script_user says otherwise, whoever can change them",
    fix: "add 'enable_script_security' and 'script_user NAME' to global_defs",
  });
}

export const notifies = (notify: Readonly<Record<string, Command | undefined>>): readonly Command[] =>
  Object.values(notify).filter((c) => c !== undefined);
