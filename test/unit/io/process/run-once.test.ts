/** 'startup_script' and 'shutdown_script': waited for, bounded, and never in the way. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { runOnce } from '../../../../src/io/process/run-once.ts';
import { checker, commandOf, UID, Workshop } from './support.ts';

const shop = new Workshop();
after(() => shop.remove());

const run = (body: string, timeoutS = 5): Promise<string> => {
  const path = shop.script(`s${Math.abs(body.length * 31 + timeoutS)}.sh`, body);
  const deps = { checker: checker(), children: shop.children, environment: process.env, ownUid: UID };
  return runOnce(deps, commandOf(path, 'one', 'two words'), timeoutS);
};

describe('io/process/run-once', () => {
  it('waits for the end and hands on the arguments', async () => {
    assert.equal(await run(`echo "$1,$2,$#" > ${shop.path('args')}`), '');
    assert.equal(shop.read('args'), 'one,two words,2\n');
  });

  it('tells the status and the last line of output', async () => {
    assert.equal(await run('echo first; echo why >&2; exit 3'), 'failed with status 3: why');
  });

  it('ends a script that hangs, with its children', async () => {
    const startedMs = performance.now();
    assert.equal(await run('sleep 30 & sleep 30', 1), 'timed out after 1 s and was ended');
    assert.ok(performance.now() - startedMs < 4000);
  });

  it('a command that does not exist is told, not thrown', async () => {
    const deps = { checker: checker(), children: shop.children, environment: process.env, ownUid: UID };
    assert.match(await runOnce(deps, commandOf(shop.path('absent')), 1), /^not run: /);
  });
});
