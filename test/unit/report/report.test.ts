/** The reports as an operator sees them, kept whole in test/golden/report. UPDATE=1 rewrites them: read the difference. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Snapshot } from '../../../src/core/snapshot.ts';
import { dataText, parentText } from '../../../src/report/data.ts';
import { duration, moment } from '../../../src/report/format.ts';
import { jsonText } from '../../../src/report/json.ts';
import { sdStatus } from '../../../src/report/sd-status.ts';
import { statsText } from '../../../src/report/stats.ts';
import { statusJson, statusText, unknownInstances } from '../../../src/report/status.ts';
import { CONFIG, CONFIG_V2, FACTS, PLAIN, SNAPSHOT } from './fixture.ts';

const GOLDEN = 'test/golden/report';
function golden(name: string, text: string): void {
  if (process.env['UPDATE'] === '1') {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(`${GOLDEN}/${name}`, text);
  }
  assert.equal(text, readFileSync(`${GOLDEN}/${name}`, 'utf8'), name);
}
const all = { verbose: false, instances: [] };

describe('status', () => {
  it('plain case', () => {
    const text = statusText(PLAIN, all);
    golden('status-plain.txt', text);
    for (const line of text.split('\n')) assert.ok(line.length <= 80, `${line.length}: ${line}`);
  });
  it('with trouble', () => golden('status.txt', statusText(SNAPSHOT, all)));
  it('verbose', () => golden('status-verbose.txt', statusText(SNAPSHOT, { ...all, verbose: true })));
  it('why the kernel watches nobody', () => {
    const s: Snapshot = { ...SNAPSHOT, watchdog: { instanceCount: 0, obstacle: 'bpf: EPERM' } };
    assert.match(
      statusText(s, { ...all, verbose: true }),
      /\nLiveness: every advert is heard by this process; bpf: EPERM\n/,
    );
  });
  it('one instance, in detail, with its own trouble', () =>
    golden('status-one.txt', statusText(SNAPSHOT, { ...all, instances: ['VI_2'] })));
  it('nothing configured', () => {
    const empty: Snapshot = { ...SNAPSHOT, instances: [], groups: [], scripts: [], warnings: [] };
    assert.match(statusText(empty, all), /\n\nno instances\n$/);
    assert.equal(sdStatus(empty), 'no instances');
  });
  it('never prints a control character', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(statusText(SNAPSHOT, { ...all, verbose: true }), /[\u0000-\u0009\u000b-\u001f]/);
  });
  it('a master without its address is an alarm', () => {
    const [first] = PLAIN.instances;
    assert.ok(first);
    const lost = { ...first, vips: first.vips.map((v) => ({ ...v, present: false })) };
    assert.match(
      statusText({ ...PLAIN, instances: [lost] }, all),
      /\n! VI_1: MASTER but without 192\.0\.2\.100\/24\n/,
    );
  });
  it('json is the snapshot under a schema number', () => {
    assert.deepEqual(JSON.parse(statusJson(SNAPSHOT)), { schema: 1, ...SNAPSHOT });
    const one = JSON.parse(statusJson(SNAPSHOT, ['VI_2'])) as Snapshot;
    assert.deepEqual(
      one.instances.map((i) => i.name),
      ['VI_2'],
    );
  });
  it('unknown names', () => assert.deepEqual(unknownInstances(SNAPSHOT, ['VI_1', 'x']), ['x']));
});

describe('dumps', () => {
  it('data', () => golden('keepalived.data', dataText(CONFIG, SNAPSHOT, FACTS)));
  it('the data of the parent', () => {
    const text = parentText(CONFIG, FACTS);
    assert.ok(dataText(CONFIG, SNAPSHOT, FACTS).startsWith(text));
    assert.match(text, /^------< Global definitions >------\n Network namespace = /);
  });
  it('a name with a line break stays on its line', () => {
    const config = { ...CONFIG, global: { ...CONFIG.global, routerId: 'a\nb' } };
    assert.match(parentText(config, FACTS), /\n Router ID = a b\n/);
  });
  it('stats', () => golden('keepalived.stats', statsText(SNAPSHOT)));
  it('json', () => golden('keepalived.json', jsonText(CONFIG, SNAPSHOT)));
  it('json, version 2', () => golden('keepalived-v2.json', jsonText(CONFIG_V2, SNAPSHOT)));
  it('json has keys and types of keepalived, in its order', () => {
    type File = readonly {
      readonly data: Record<string, unknown>;
      readonly stats: Record<string, unknown>;
    }[];
    const [ours] = JSON.parse(jsonText(CONFIG, SNAPSHOT)) as File;
    const [theirs] = JSON.parse(readFileSync('test/golden/keepalived-2.4.3.json', 'utf8')) as File;
    assert.ok(ours && theirs);
    assert.deepEqual(Object.keys(ours.stats), Object.keys(theirs.stats));
    const shape = (o: Record<string, unknown>): string[] =>
      Object.entries(o).map(([key, v]) => `${key} ${typeof v}`);
    const [own, known] = [shape(ours.data), shape(theirs.data)];
    const both = own.filter((key) => known.includes(key));
    assert.ok(both.length > 30);
    assert.deepEqual(
      both,
      known.filter((key) => own.includes(key)),
    );
    const more = own.filter((key) => !known.includes(key)).map((key) => key.split(' ')[0]);
    assert.deepEqual(more, ['vroutes', 'vrules', 'track_ifp', 'track_script']);
  });
  it('stats has the lines of keepalived, in its order', () => {
    const labels = statsText(PLAIN)
      .split('\n')
      .map((line) => line.replace(/: .*/, ':'));
    const theirs = readFileSync('test/golden/keepalived-2.4.3.stats', 'utf8')
      .split('\n')
      .map((line) => line.replace(/: .*/, ':'));
    assert.deepEqual(labels.slice(0, 26), theirs.slice(0, 26));
  });
});

describe('dumps of trackers', () => {
  it('a tracked process: a delay runs while what is counted and what counts differ', () => {
    const rows = [
      [1, 'down', false, false],
      [2, 'down', true, false],
      [2, 'up', false, false],
      [1, 'up', false, true],
    ] as const;
    for (const [count, state, fork, terminate] of rows) {
      const seen = { name: 'sshd', process: 'sshd', count, wanted: 'at least 2', state, sinceWallMs: 0 };
      const text = jsonText(CONFIG_V2, { ...SNAPSHOT, processes: [seen] });
      const [sshd] = (JSON.parse(text) as { track_process: Record<string, unknown>[] }).track_process;
      assert.deepEqual(Object.keys(sshd ?? {}), [
        'process',
        'param_match',
        'min_processes',
        'current_processes',
        'have_quorum',
        'weight',
        'terminate_delay',
        'fork_delay',
        'fork_delay_timer_running',
        'terminate_delay_timer_running',
        'full_command',
      ]);
      assert.deepEqual(
        [
          sshd?.['current_processes'],
          sshd?.['have_quorum'],
          sshd?.['fork_delay_timer_running'],
          sshd?.['terminate_delay_timer_running'],
        ],
        [count, state === 'up', fork, terminate],
      );
    }
  });
});

describe('STATUS=', () => {
  it('names a few, counts many, says the first trouble', () => {
    assert.equal(sdStatus(PLAIN), 'VI_1 MASTER (peer 192.0.2.2), VI_2 BACKUP (peer 192.0.2.2)');
    assert.match(sdStatus(SNAPSHOT), /, VI_3 FAULT; 6 warnings: VI_2: advert from 192\.0\.2\.9 refused/);
    const many = { ...PLAIN, instances: [...PLAIN.instances, ...PLAIN.instances, ...PLAIN.instances] };
    assert.equal(sdStatus(many), '3 MASTER, 3 BACKUP');
    assert.ok(sdStatus({ ...PLAIN, warnings: ['x'.repeat(500)] }).length === 200);
  });
});

it('times', () => {
  const rows: readonly (readonly [number, string])[] = [
    [-1, '0ms'],
    [400_000, '400ms'],
    [999_600, '1s'],
    [3.6e6, '3.6s'],
    [9.94e6, '9.9s'],
    [9.96e6, '9s'],
    [59.9e6, '59s'],
    [60e6, '1m00s'],
    [3_599e6, '59m59s'],
    [3_600e6, '1h00m'],
    [86_399e6, '23h59m'],
    [273_600e6, '3d04h'],
  ];
  for (const [us, want] of rows) assert.equal(duration(us), want);
  const now = Date.UTC(2026, 10, 23, 0, 0, 5);
  assert.equal(moment(now - 1_000, now), '00:00:04');
  assert.equal(moment(now - 6_000, now), '2026-11-22 23:59:59');
});
