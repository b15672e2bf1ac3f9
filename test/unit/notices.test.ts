/** Listeners are made, changed and closed as the configuration says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { type ListenerKind, Notices } from '../../src/notices.ts';
import { config } from './core/fakes.ts';

const withFiles = (...files: string[]): Config => config([], { files });

/** Wanted while a file of its name was read. */
function kind(name: string, done: string[], fails = false): ListenerKind {
  return {
    name,
    wanted: (c) => c.files.includes(name),
    make: async () => {
      if (fails) throw new Error('no such module');
      done.push(`make ${name}`);
      return {
        tell: (n) => void done.push(`${name} hears ${n.type}`),
        reconfigure: (c) => void done.push(`${name} takes ${c.files.join()}`),
        close: async () => void done.push(`close ${name}`),
      };
    },
  };
}

describe('notices', () => {
  it('makes what is wanted, once, tells in order, closes what is wanted no more', async () => {
    const done: string[] = [];
    const n = new Notices([kind('a', done), kind('b', done)], { log: () => undefined });
    n.tell({ type: 'started' });
    for (const c of [withFiles('a', 'b'), withFiles('a', 'c'), withFiles()]) {
      await n.prepare(c);
      n.apply(c);
      n.tell({ type: 'started' });
    }
    await n.close();
    assert.deepEqual(done, [
      'make a',
      'make b',
      'a takes a,b',
      'b takes a,b',
      'a hears started',
      'b hears started',
      'a takes a,c',
      'close b',
      'a hears started',
      'close a',
    ]);
  });

  it('one that throws is told nothing more, the others hear all', async () => {
    const done: string[] = [];
    const said: string[] = [];
    const broken: ListenerKind = {
      ...kind('bad', done),
      make: async () => ({
        tell: () => {
          throw new TypeError('a mistake of ours');
        },
        reconfigure: () => undefined,
        close: async () => undefined,
      }),
    };
    const n = new Notices([broken, kind('b', done)], {
      log: (level, text) => void said.push(`${level} ${text}`),
    });
    await n.prepare(withFiles('bad', 'b'));
    n.apply(withFiles('bad', 'b'));
    n.tell({ type: 'started' });
    n.tell({ type: 'stopped' });
    assert.deepEqual(done.slice(-2), ['b hears started', 'b hears stopped']);
    assert.equal(said.length, 1);
    assert.match(
      said[0] as string,
      /^error bad failed and is told nothing more: TypeError: a mistake of ours/,
    );
  });

  it('one that cannot be made is said and missed, the others hear', async () => {
    const done: string[] = [];
    const said: string[] = [];
    const n = new Notices([kind('a', done, true), kind('b', done)], {
      log: (level, text) => void said.push(`${level} ${text}`),
    });
    await n.prepare(withFiles('a', 'b'));
    n.apply(withFiles('a', 'b'));
    n.tell({ type: 'stopped' });
    assert.deepEqual(said, ['error a cannot be used: no such module']);
    assert.equal(done.at(-1), 'b hears stopped');
  });

  it('nobody waits for long for one that does not close', async () => {
    const stuck: ListenerKind = {
      name: 'stuck',
      wanted: () => true,
      make: async () => ({
        tell: () => undefined,
        reconfigure: () => undefined,
        close: () => new Promise(() => undefined),
      }),
    };
    const n = new Notices([stuck], { log: () => undefined });
    await n.prepare(withFiles());
    n.apply(withFiles());
    await n.close();
  });
});
