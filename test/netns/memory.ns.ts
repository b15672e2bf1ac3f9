/**
 * Some seconds after its start the daemon gives back the code that only the start needed, unless 'vrrp_no_swap' wants it kept. What
 * it needs for a takeover comes again: no advert is missed meanwhile, and the addresses move as ever.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { sleepMs, until } from './clock.ts';
import { COMMANDS, type Daemon } from './daemon.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const VIP = '192.0.2.100';
const PRIORITY = { a: 200, b: 150, c: 100 } as const;
type Node = keyof typeof PRIORITY;
const PATIENCE_MS = 15_000;
/** Of the three intervals and a skew of 0.41 s, and of a loaded machine. */
const TAKE_OVER_MS = 8_000;

const folder = mkdtempSync(join(tmpdir(), 'vipd-memory-'));
const daemons = new Map<Node, Daemon>();
let lab: Lab;

const log = (node: Node): string => readFileSync(join(folder, `${node}.log`), 'utf8');
/** kB of files in the memory of a node's daemon. */
const codeOf = (node: Node): number =>
  Number(/^RssFile:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${daemons.get(node)?.pid}/status`, 'utf8'))?.[1]);

before(async () => {
  lab = await Lab.open('vy', pairTopology('abc', false), folder);
  for (const node of ['a', 'b', 'c'] as const) {
    const conf = join(folder, `${node}.conf`);
    // The last one keeps its code.
    const global = node === 'c' ? 'global_defs {\nvrrp_no_swap\n}\n' : '';
    writeFileSync(
      conf,
      `${global}vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\npriority ${PRIORITY[node]}\nadvert_int 1\nvirtual_ipaddress {\n${VIP}\n}\n}\n`,
    );
    daemons.set(node, lab.start(node, COMMANDS.vipd, conf, join(folder, `${node}.log`)));
  }
  assert.ok(await until(() => lab.addresses.holders(VIP) === 'a', PATIENCE_MS), log('a'));
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

it('what only the start needed is given back, by master and backup', async () => {
  const lean = (node: Node): boolean => codeOf(node) < 0.65 * codeOf('c');
  assert.ok(
    await until(() => lean('a') && lean('b'), PATIENCE_MS),
    `a ${codeOf('a')} kB, b ${codeOf('b')} kB, c, which keeps all, ${codeOf('c')} kB`,
  );
  await sleepMs(1500);
  assert.ok(lean('b'), `b ${codeOf('b')} kB, c ${codeOf('c')} kB`);
});

it('nobody has noticed, and the backup takes over when its master dies', async () => {
  assert.equal(lab.addresses.holders(VIP), 'a');
  assert.ok(!/MASTER/.test(log('b') + log('c')), log('b') + log('c'));
  await daemons.get('a')?.kill9();
  assert.ok(await until(() => lab.addresses.has('b', VIP), TAKE_OVER_MS), log('b'));
});

it('a reload is followed by it too', async () => {
  daemons.get('b')?.signal('SIGHUP');
  assert.ok(await until(() => /Reload: /.test(log('b')), PATIENCE_MS), log('b'));
  const reloaded = codeOf('b');
  assert.ok(
    await until(() => codeOf('b') < 0.9 * reloaded, PATIENCE_MS),
    `${reloaded} kB, then ${codeOf('b')} kB`,
  );
  assert.equal(lab.addresses.has('b', VIP), true);
});
