/** The verdict, the exit status and the printed forms of a check. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkGithub, checkJson, checkText } from '../../../src/check/formats.ts';
import { exitStatus, reportOf } from '../../../src/check/report.ts';
import { formatDiagnostic } from '../../../src/config/diagnostic.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { memoryMachine } from '../config/machine.ts';
import { instance, load, MAIN } from '../config/support.ts';

function check(text: string, max = 200, files: Readonly<Record<string, string>> = {}) {
  const machine = memoryMachine({ [MAIN]: text, ...files });
  const start = loadConfig(MAIN, machine);
  const report = reportOf(MAIN, start, loadConfig(MAIN, machine, { testMode: true }), max);
  return { start, report, text: checkText(report, start, { color: false }) };
}
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

it('check/verdict of a clean file', () => {
  const { report, text } = check(instance('priority 100'));
  assert.equal(text, `${MAIN}: no mistakes found. keepalived would start with this file.\n`);
  assert.equal(exitStatus(report, true), 0);
});

it('check/verdict of a file that starts in spite of an error', () => {
  const { report, text } = check(instance('prioriti 100\nnopreempt off\nstate MASTER'));
  assert.equal(
    lastLine(text),
    `${MAIN}: 1 error, 3 warnings. keepalived would start with this file, in spite of KA0401; its configuration test ends with status 5.`,
  );
  assert.equal(exitStatus(report, false), 2);
});

it('check/verdict of a file that does not start', () => {
  const { report, text } = check(instance('priority'));
  assert.match(lastLine(text) ?? '', /: 1 error\. keepalived would not start \(status 2, KA0501: .*\)\.$/);
  assert.deepEqual(report.keepalived, { starts: false, startStatus: 2, testStatus: 2 });
  assert.equal(exitStatus(report, false), 2);
});

it('check/warnings count with --strict alone', () => {
  const { report } = check(instance('advert_int 0.5'));
  assert.deepEqual(report.counts, { errors: 0, warnings: 1, hints: 0 });
  assert.deepEqual([exitStatus(report, false), exitStatus(report, true)], [0, 1]);
});

it('check/what is not active is listed once, with its owner', () => {
  const { report, text } = check(`net_namespace_ipvs x\n${instance('lvs_sync_daemon_interface eth0')}`);
  assert.deepEqual(report.notActive, [
    { where: 'the file', keywords: ['net_namespace_ipvs'] },
    { where: 'vrrp_instance VI_1', keywords: ['lvs_sync_daemon_interface'] },
  ]);
  assert.match(
    text,
    /\nrecognised, not active .*\n {2}the file: net_namespace_ipvs\n {2}vrrp_instance VI_1: lvs_sync_daemon_interface\n|^recognised/,
  );
});

it('check/findings beyond the limit are counted', () => {
  const { report, text } = check('foo\n'.repeat(30), 3);
  assert.deepEqual([report.findings.length, report.omitted, report.counts.errors], [3, 27, 30]);
  assert.match(text, /\n… and 27 more findings/);
  assert.equal(check('foo\n'.repeat(30), 0).report.findings.length, 30);
  assert.equal(check('foo\n'.repeat(3000), 0).report.omitted, 1000);
});

it('check/json', () => {
  const { report } = check('include /etc/keepalived/b.conf\n', 200, {
    '/etc/keepalived/b.conf': instance('virtual_router_id 52\nprioriti 5'),
  });
  const json = JSON.parse(checkJson([report], false)) as {
    readonly schema: number;
    readonly exit: number;
    readonly results: readonly { readonly findings: readonly { code: string }[]; readonly exit: number }[];
  };
  assert.deepEqual([json.schema, json.exit, json.results[0]?.exit], [1, 2, 2]);
  assert.deepEqual(
    json.results[0]?.findings.find((f) => f.code === 'KA0401'),
    {
      code: 'KA0401',
      severity: 'error',
      message: "Unknown keyword 'prioriti' in vrrp_instance",
      place: { file: '/etc/keepalived/b.conf', line: 6, col: 1, endCol: 8 },
      related: [],
      includedFrom: [{ file: MAIN, line: 1, col: 9 }],
      effect: 'keepalived ignores this line',
      fix: "did you mean 'priority'?",
      keepalived: { class: 'unknown-keyword', status: 5 },
    },
  );
});

it('check/github escapes what would end a command', () => {
  const { report } = check('~SEQ(%0A,::x::) foo\n');
  assert.equal(
    checkGithub(report).split('\n')[0],
    '::error file=/etc/keepalived/keepalived.conf,line=1,col=1,endColumn=19,title=KA0205%3A bad ~SEQ or ~LST::' +
      "Invalid ~SEQ specification '~SEQ(%250A,::x::) foo'%0Aeffect: keepalived drops the line",
  );
});

it('check/no control character of a file reaches the terminal', () => {
  const { text, report } = check('pri\x1b[2Jority\u202e 5\n\u0085\u2028foo\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the question
  const bad = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]/;
  assert.doesNotMatch(text, bad);
  assert.doesNotMatch(checkGithub(report), bad);
});

const excerptOf = (text: string): readonly string[] =>
  formatDiagnostic(load(text).diagnostics[0] as NonNullable<ReturnType<typeof load>['diagnostics'][0]>)
    .split('\n')
    .slice(1, 3);

it('excerpt/a long line is a window around the mistake', () => {
  const [line, caret] = excerptOf(
    instance(`mcast_src_ip 10.0.0.1 ${'x'.repeat(200)} y\npriority 0`).replace(
      '10.0.0.1',
      `${' '.repeat(300)}10.0.0.300`,
    ),
  );
  assert.ok((line ?? '').length < 130, line);
  assert.match(line ?? '', /^ {4}…/);
  const from = (caret ?? '').indexOf('^');
  assert.equal((line ?? '').slice(from, (caret ?? '').length), '10.0.0.300');
});

it('excerpt/wide characters take two columns, tabs stay', () => {
  const [line, caret] = excerptOf(instance('\tmcast_src_ip "漢字" 1'));
  assert.equal(line, '    \tmcast_src_ip "漢字" 1');
  assert.equal(caret, '    \t             ^^^^^^');
});
