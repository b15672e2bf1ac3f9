/** 'reload_time_file': what its text means, and a reload at that time. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { holdReloadFile } from '../../../src/io/files/reload-lock.ts';
import { ReloadTimer, reloadTime } from '../../../src/io/files/reload-time.ts';
import { saveState } from '../../../src/io/files/save-directory.ts';
import { until } from '../../netns/clock.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipd-rt-'));
after(() => rmSync(folder, { recursive: true }));

/** A Thursday noon, UTC. */
const NOON = Date.UTC(2026, 10, 26, 12, 0, 0);
const iso = (text: string): string | undefined => {
  const at = reloadTime(text, NOON);
  return at === undefined ? undefined : new Date(at).toISOString();
};

describe('io/files/reload-time: the text', () => {
  it('UTC: a time is the next one, a date is that day', () => {
    assert.equal(iso('12:00:01Z'), '2026-11-26T12:00:01.000Z');
    assert.equal(iso('12:00:00Z'), '2026-11-27T12:00:00.000Z');
    assert.equal(iso('03:04:05Z'), '2026-11-27T03:04:05.000Z');
    assert.equal(iso('27-01-02 03:04:05Z'), '2027-01-02T03:04:05.000Z');
    assert.equal(iso('2028-02-29 23:59:59Z\n'), '2028-02-29T23:59:59.000Z');
  });
  it('local time: what Date makes of the same fields', () => {
    assert.equal(reloadTime('2027-01-02 03:04:05', NOON), new Date(2027, 0, 2, 3, 4, 5).getTime());
    const next = new Date(reloadTime('03:04:05', NOON) as number);
    assert.deepEqual([next.getHours(), next.getMinutes(), next.getSeconds()], [3, 4, 5]);
    assert.ok(next.getTime() > NOON && next.getTime() <= NOON + 86_400_000);
  });
  it('everything else is no time', () => {
    const wrong = [
      '',
      'soon',
      '24:00:00',
      '12:60:00',
      '12:00',
      '2027-02-30 00:00:00Z',
      '27-13-01 00:00:00Z',
      '12:00:00 Z',
      '2027-1-2 03:04:05',
    ];
    for (const text of wrong) assert.equal(iso(text), undefined, text);
  });
});

describe('io/files/reload-time: the file', () => {
  function timer() {
    const said: string[] = [];
    const seen = { reloads: 0, said };

    const t = new ReloadTimer({
      log: { log: (level, text) => void said.push(`${level}: ${text}`) },
      wallMs: () => Date.now(),
      reload: () => void seen.reloads++,
    });
    return { t, seen };
  }
  const soon = (ms: number): string => `${new Date(Date.now() + ms).toISOString().slice(11, 19)}Z`;

  it('one that comes later is seen; at its time there is one reload, and it is removed', async () => {
    const path = join(folder, 'once');
    const { t, seen } = timer();
    t.configure(path, false);
    writeFileSync(path, `${soon(1500)}\n`);
    assert.ok(await until(() => seen.reloads === 1, 5000, 20), seen.said.join('\n'));
    assert.ok(!existsSync(path));
    t.close();
  });
  it('with reload_repeat it stays', async () => {
    const path = join(folder, 'daily');
    writeFileSync(path, soon(1500));
    const { t, seen } = timer();
    t.configure(path, true);
    assert.ok(await until(() => seen.reloads === 1, 5000, 20), seen.said.join('\n'));
    assert.ok(existsSync(path));
    t.close();
  });
  it('nonsense and times that are over are said, with the remedy; a removed file cancels', async () => {
    const path = join(folder, 'bad');
    const { t, seen } = timer();
    t.configure(path, false);
    writeFileSync(path, 'tomorrow');
    assert.ok(
      await until(() => seen.said.some((x) => /'tomorrow' is no time; write HH:MM:SS/.test(x)), 3000, 10),
    );
    writeFileSync(path, '2020-01-01 00:00:00Z');
    assert.ok(await until(() => seen.said.some((x) => /in the past/.test(x)), 3000, 10));
    writeFileSync(path, '2099-01-01 00:00:00Z');
    assert.ok(await until(() => seen.said.some((x) => /Reload planned for 2099/.test(x)), 3000, 10));
    rmSync(path);
    assert.ok(await until(() => seen.said.some((x) => /is cancelled/.test(x)), 3000, 10));
    assert.equal(seen.reloads, 0);
    t.close();
  });
  it('a folder that is not there: said once, nothing thrown', () => {
    const { t, seen } = timer();
    t.configure(join(folder, 'none/file'), false);
    assert.match(seen.said.join(), /cannot watch the folder of reload_time_file/);
    t.close();
  });
});

it("io/files/reload-lock: 'reload_file' is there while it is held; what cannot be made is said", () => {
  const path = join(folder, 'lock');
  const letGo = holdReloadFile(path, { log: () => assert.fail() });
  assert.ok(existsSync(path));
  letGo();
  assert.ok(!existsSync(path));
  const said: string[] = [];
  holdReloadFile(join(folder, 'none/lock'), { log: (_level, text) => void said.push(text) })();
  assert.match(said.join(), /cannot make reload_file/);
});

it("io/files/save-directory: 'config_save_dir' keeps the last ten reloads and leaves other files alone", async () => {
  const place = join(folder, 'saved');
  const log = { log: () => assert.fail() };
  for (let i = 0; i < 25; i++) {
    if (i === 1) writeFileSync(join(place, 'notes.txt'), 'mine');
    for (const when of ['before', 'after'] as const)
      await saveState(place, when, { data: `data ${i}`, json: '{}' }, NOON + 1000 * i, log);
  }
  const names = readdirSync(place).sort();
  assert.equal(names.length, 41);
  assert.ok(names.includes('notes.txt'));
  assert.equal(readFileSync(join(place, '20261126T120024.000Z-after.data'), 'utf8'), 'data 24');
  assert.equal(statSync(place).mode & 0o777, 0o700);
  assert.equal(statSync(join(place, names[0] as string)).mode & 0o777, 0o600);
  const said: string[] = [];
  const file = join(place, 'notes.txt');
  await saveState(file, 'before', { data: '', json: '' }, NOON, {
    log: (_level, text) => void said.push(text),
  });
  assert.match(said.join(), /cannot save the state in config_save_dir/);
});
