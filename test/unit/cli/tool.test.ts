/** The subcommands against a real control socket: texts, and the exit statuses that scripts and units rely on. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseArguments } from '../../../src/cli/options.ts';
import { runTool } from '../../../src/cli/tool.ts';
import { packageVersion, versionText } from '../../../src/cli/version.ts';
import { type ControlServer, startControl } from '../../../src/io/control/server.ts';
import { SNAPSHOT } from '../report/fixture.ts';

let folder = '';
let server: ControlServer;
let reloadAnswer: () => unknown = () => ({ ok: true, text: 'reloaded: 1 instance added' });
let statusAnswer: () => unknown = () => SNAPSHOT;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-tool-'));
  server = await startControl({
    path: join(folder, 'vipd.sock'),
    handlers: { status: () => statusAnswer(), reload: () => reloadAnswer() },
  });
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function run(line: string): Promise<{ status: number; out: string; err: string }> {
  const result = parseArguments([...line.split(' '), '--run-dir', folder]);
  assert.equal(result.kind, 'tool');
  let out = '';
  let err = '';
  const status = await runTool((result as { tool: Parameters<typeof runTool>[0] }).tool, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    decode: () => Promise.reject(new Error('not here')),
    text: () => Promise.reject(new Error('not here')),
    whatIf: () => Promise.reject(new Error('not here')),
    cleanUp: (runDir) => Promise.resolve(runDir === folder ? 4 : 0),
    format: () => Promise.resolve(5),
    init: () => Promise.resolve(6),
  });
  return { status, out, err };
}

describe('tool', () => {
  it('status', async () => {
    assert.match((await run('status')).out, /\nVI_1 {6}MASTER /);
    const one = await run('status VI_2');
    assert.equal(one.status, 0);
    assert.match(one.out, /\nVI_2 is BACKUP/);
    assert.equal((JSON.parse((await run('status --json')).out) as { schema: number }).schema, 1);
  });

  it('status of an instance that is not there is a negative answer', async () => {
    const { status, out, err } = await run('status VI_1 VI_9');
    assert.deepEqual({ status, out }, { status: 1, out: '' });
    assert.equal(err, 'vipd: no instance VI_9; there are: VI_1, VI_2, VI_3\n');
  });

  it('status of something else that answers', async () => {
    statusAnswer = () => ({ hello: 1 });
    assert.equal((await run('status')).status, 1);
    statusAnswer = () => SNAPSHOT;
  });

  it('reload tells the result and fails with the reason', async () => {
    assert.deepEqual(await run('reload'), { status: 0, out: 'reloaded: 1 instance added\n', err: '' });
    reloadAnswer = () => {
      throw new Error('a.conf:3:1: error: unknown keyword');
    };
    assert.deepEqual(await run('reload'), {
      status: 1,
      out: '',
      err: 'vipd: a.conf:3:1: error: unknown keyword\n',
    });
    reloadAnswer = () => new Promise(() => {});
    assert.match((await run('reload --timeout 0.1')).err, /no answer/);
  });

  it('cleanup gets the run directory', async () => assert.equal((await run('cleanup')).status, 4));

  it('no daemon is status 3', async () => {
    const result = parseArguments(['status', '--socket', join(folder, 'nobody')]);
    assert.ok(result.kind === 'tool');
    let err = '';
    const parts = {
      out: () => {},
      err: (text: string) => {
        err += text;
      },
      decode: async () => 0,
      whatIf: async () => 0,
      cleanUp: async () => 0,
      text: async () => 0,
      format: () => Promise.resolve(0),
      init: () => Promise.resolve(0),
    };
    assert.equal(await runTool(result.tool, parts), 3);
    assert.match(err, /vipd is not running/);
  });
});

it('version: the first line holds a version as keepalived’s does', () => {
  assert.match(packageVersion(), /^\d+\.\d+\.\d+$/);
  assert.match(versionText(), /^vipd v\d+\.\d+\.\d+ .*Keepalived v\d/);
});

it('the tool loads neither logger nor addon nor raw sockets', () => {
  const module = new URL('../../../src/cli/', import.meta.url).href;
  const program = `
    import { createRequire } from 'node:module';
    const { parseArguments } = await import('${module}options.js');
    const { runTool } = await import('${module}tool.js');
    await runTool(parseArguments(['status', '--socket', '/nonexistent']).tool, { out() {}, err() {} });
    const cache = Object.keys(createRequire('${module}x.js').cache);
    console.log(cache.filter((name) => /[/](pino|raw-socket|netlink|picomatch)[/]|vipd[.]node$/.test(name)).length, cache.some((name) => /commander/.test(name)));
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  assert.equal(stdout, '0 true\n');
});
