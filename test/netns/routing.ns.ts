/**
 * Routes and rules against the real kernel: what vipd makes of a line, and what `ip route` and `ip rule` make of the same
 * words, must read back the same. Run as root: node --test build/test/netns/routing.ns.js.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { linksByName } from '../../src/core/network.ts';
import { itemOf, linesOf } from '../../src/core/routing-items.ts';
import { RtRouting, sendPrepared } from '../../src/io/netlink/rt-routing.ts';
import { native } from '../../src/native.ts';
import type { AddressResult } from '../../src/ports/netlink.ts';
import type { RoutingItem } from '../../src/ports/routing.ts';
import { diskMachine } from '../unit/config/machine.ts';
import { inOwnNamespace, ip, ipBatch, pair, run, stop, until } from './netlink-lab.ts';
import { generatedRoutes, generatedRules, type Line, ROUTES, RULES } from './routing-lines.ts';

const GENERATED = 150;
const SEED = Number(process.env['SEED'] ?? 1);

/** Lines of a configuration become what the kernel is asked for; each line must be one item. */
function itemsOf(kind: 'static_routes' | 'static_rules', lines: readonly string[]): readonly RoutingItem[] {
  const text = `${kind} {\n${lines.join('\n')}\n}\n`;
  const base = diskMachine();
  const machine = diskMachine({
    readFile: (path) => (path === '/routing.conf' ? { ok: true, text } : base.readFile(path)),
  });
  const loaded = loadConfig('/routing.conf', machine);
  const config = loaded.config as Config;
  const r = run();
  const links = linksByName(r.port.links());
  stop(r);
  const list = linesOf(config.staticRoutes, config.staticRules);
  const told = loaded.diagnostics.filter((d) => !/KA1336|KA1318/.test(d.code)).map((d) => d.message);
  assert.equal(list.length, lines.length, `every line is understood: ${told.join('; ')}`);
  return list.map((l) => {
    const item = itemOf(l, links);
    assert.ok(item);
    return item;
  });
}

/**
 * What `ip -d` shows, one text for each entry; what passes with time is left out. Tables come in an order that their
 * history decides; routes to one destination stay in theirs.
 */
function shownRoutes(): string[] {
  return [4, 6].flatMap((family) =>
    ip(`-${family}`, '-d', '-o', 'route', 'show', 'table', 'all')
      .trim()
      .split('\n')
      .filter((l) => !/proto kernel|proto ra\b|^$/.test(l))
      .map((l) =>
        l
          .replace(/expires \d+sec/, 'expires')
          .replaceAll('\\\t', ' ')
          .trim(),
      )
      .map((l) => ({ l, key: `${/table \S+/.exec(l)?.[0]} ${/\S+ (\S+)/.exec(l)?.[1]}` }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map((x) => x.l),
  );
}
const shownRules = (): string[] =>
  [4, 6].flatMap((family) =>
    ip(`-${family}`, '-d', 'rule', 'show')
      .trim()
      .split('\n')
      .filter((l) => !/proto kernel/.test(l))
      .map((l) => `${family} ${l.trim()}`),
  );

/** `ip -batch`, going on after a refusal, for one family at a time: lines cannot name it. */
function ipLines(lines: readonly Line[], what: (l: Line) => string): void {
  for (const family of [4, 6] as const) {
    const input = lines.filter((l) => l.family === family).map((l) => `${what(l)}\n`);
    spawnSync('ip', [`-${family}`, '-force', '-batch', '-'], { input: input.join(''), encoding: 'utf8' });
  }
}

const proto = (l: Line, word: string): string => (l.ip.includes(word) ? l.ip : `${l.ip} ${word} 18`);
/** 'nexthop' ends the options of a route. */
function routeWords(l: Line): string {
  const at = l.ip.indexOf(' nexthop ');
  const whole = at < 0 ? proto(l, 'proto') : `${l.ip.slice(0, at)} proto 18${l.ip.slice(at)}`;
  return `route ${l.mode ?? 'prepend'} ${whole}`;
}

function compare(
  kind: 'static_routes' | 'static_rules',
  lines: readonly Line[],
  shown: () => string[],
  byIp: (l: Line) => string,
  t: { diagnostic(text: string): void },
): void {
  const port = new RtRouting(native(), () => undefined);
  const items = itemsOf(
    kind,
    lines.map((l) => l.vipd),
  );
  const before = shown();
  const added = port.add(items);
  const ours = shown();
  const present = port.present(items);
  const deleted = port.delete(items);
  assert.deepEqual(shown(), before, 'all that was added is deleted again');
  port.close();
  ipLines(lines, byIp);
  const theirs = shown();
  t.diagnostic(`${lines.length} lines, ${ours.length - before.length} entries, ${refusals(added)} refused`);
  assert.deepEqual(
    {
      onlyOurs: ours.filter((x) => !theirs.includes(x)),
      onlyTheirs: theirs.filter((x) => !ours.includes(x)),
    },
    { onlyOurs: [], onlyTheirs: [] },
  );
  assert.deepEqual(ours, theirs, 'in the same order');
  assert.ok(ours.length - before.length > lines.length * 0.5, 'the kernel takes most of them');
  const named = (list: readonly boolean[]): string[] =>
    items.flatMap((_, i) => (list[i] ? [lines[i]?.vipd ?? ''] : []));
  const taken = added.map((r) => r.ok);
  const watched = items.map((i) => (i.kind === 'route' ? i.route : i.rule).protocol === 18);
  assert.deepEqual(
    named((present ?? []).map((there, i) => there && watched[i] === true)),
    named(taken.map((ok, i) => ok && watched[i] === true)),
    'what was taken is found again, what was refused is not',
  );
  assert.deepEqual(
    named(deleted.map((r) => r.ok && !r.already)),
    named(taken),
    'what was taken was there to delete',
  );
  for (const family of [4, 6]) {
    ip(`-${family}`, 'route', 'flush', 'table', 'all', 'proto', '18');
    spawnSync('ip', [`-${family}`, 'rule', 'flush', 'protocol', '18']);
  }
}
const refusals = (list: readonly AddressResult[]): number => list.filter((r) => !r.ok).length;

function tests(): void {
  before(() => {
    pair('ra0', 'ra1');
    pair('rb0', 'rb1');
    ipBatch([
      'addr add 192.0.2.10/24 dev ra0',
      'addr add 198.51.100.10/24 dev rb0',
      'addr add 2001:db8::a/64 dev ra0 nodad',
    ]);
  });
  describe('the same words', () => {
    it('routes of the table', (t) => compare('static_routes', ROUTES, shownRoutes, routeWords, t));
    it('generated routes', (t) =>
      compare('static_routes', generatedRoutes(SEED, GENERATED), shownRoutes, routeWords, t));
    it('rules of the table', (t) =>
      compare('static_rules', RULES, shownRules, (l) => `rule add ${proto(l, 'protocol')}`, t));
    it('generated rules', (t) =>
      compare(
        'static_rules',
        generatedRules(SEED, GENERATED),
        shownRules,
        (l) => `rule add ${proto(l, 'protocol')}`,
        t,
      ));
  });
}
void after;
void until;
void sendPrepared;
inOwnNamespace(import.meta.url, tests);
