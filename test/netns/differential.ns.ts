/**
 * Effective values against the real daemon: every file is loaded here and by Debian's keepalived, whose data dump is compared
 * field by field. The files: those of VIPD_CORPUS, and generated ones that set keywords of the table to values at and
 * beyond the ends of their ranges. One seed, one set of files; VIPD_DIFFERENTIAL_COUNT says how many are generated.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, it } from 'node:test';
import type { Command, Config } from '../../src/config/config.ts';
import { type LoadResult, loadConfig } from '../../src/config/load.ts';
import { shape, type Values } from '../config-shape.ts';
import { memoryMachine } from '../unit/config/machine.ts';
import { interfaces } from '../unit/config/support.ts';
import { parseDump } from './dump.ts';
import { dumpedShape } from './dump-shape.ts';
import { generated } from './generated-config.ts';
import { CONF, Oracle } from './oracle.ts';

let oracle: Oracle;
before(async () => {
  oracle = await Oracle.open(mkdtempSync(join(tmpdir(), 'vipd-oracle-')));
});

const names = (file: string): ReadonlySet<string> =>
  new Set(
    readFileSync(file, 'utf8')
      .split('\n')
      .map((l) => l.split(':', 1)[0] as string),
  );
const users = names('/etc/passwd');
const groups = names('/etc/group');

function loadHere(text: string, known?: readonly string[]): LoadResult {
  return loadConfig(
    CONF,
    memoryMachine(
      { [CONF]: text },
      {
        configId: 'oracle',
        env: { PWD: '/' },
        userExists: (u) => users.has(u),
        groupExists: (g) => groups.has(g),
        scriptState: () => 'executable',
        ...(known === undefined ? {} : { interfaces: interfaces(...known) }),
      },
    ),
  );
}

function commands(c: Config): readonly Command[] {
  return [
    ...c.scripts.map((s) => s.command),
    ...[...c.instances, ...c.groups].flatMap((x) => Object.values(x.notify)),
    ...[c.global.startupScript, c.global.shutdownScript].filter((x) => x !== undefined),
  ];
}

/** Also those of blocks that are dropped: keepalived stops for an interface that does not exist. */
function interfaceNames(c: Config, text: string): readonly string[] {
  const all = c.instances.flatMap((i) => [
    i.interface,
    ...[...i.vips, ...i.excludedVips].map((v) => v.interface),
    ...i.trackInterfaces.map((t) => t.interface),
  ]);
  const more = c.groups.flatMap((g) => g.trackInterfaces.map((t) => t.interface));
  const written = [...text.matchAll(/\b(?:interface|dev)[ \t]+([\w.-]+)/g)].map((m) => m[1] as string);
  return [...new Set(['eth0', 'eth1', ...all, ...more, ...written])].filter(
    (n) => /^[\w.-]{1,15}$/.test(n) && n !== 'lo',
  );
}

/** What differs, a line each; [] when all fields that both have are the same. */
async function differences(text: string): Promise<readonly string[]> {
  const first = loadHere(text).config;
  const known = first === undefined ? ['eth0', 'eth1'] : interfaceNames(first, text);
  const programs = (first === undefined ? [] : commands(first))
    .map((c) => (c.argv[0] ?? '').replace(/^<+/, ''))
    .filter((p) => /^[\w./-]*[\w-]$/.test(p) && !p.includes('..'))
    .map((p) => (p.startsWith('/') ? p : `/usr/bin/${p}`));
  const result = loadHere(text, known);
  const answer = await oracle.ask({ text, interfaces: known, programs }).catch((e: Error) => e);
  if (answer instanceof Error) return [answer.message];
  const exit = result.fatal?.exit;
  if ('exit' in answer)
    return exit === answer.exit ? [] : [`keepalived ends with ${answer.exit}, vipd: ${exit}`];
  if (exit !== undefined)
    return [`keepalived runs, vipd ends with ${exit}: ${result.fatal?.diagnostic.message}`];
  const dumped = (parseDump(answer.dump).get('VRRP Topology') ?? []).map(dumpedShape);
  const ours = result.config?.instances.map(shape) ?? [];
  const out: string[] = [];
  const order = (list: readonly Values[]) => list.map((v) => v.name).join(' ');
  if (order(dumped) !== order(ours))
    return [`instances: keepalived '${order(dumped)}', vipd '${order(ours)}'`];
  dumped.forEach((theirs, n) => {
    for (const [key, value] of Object.entries(theirs)) {
      const own = ours[n]?.[key];
      if (own !== undefined && JSON.stringify(own) !== JSON.stringify(value))
        out.push(`(${theirs.name}) ${key}: keepalived ${JSON.stringify(value)}, vipd ${JSON.stringify(own)}`);
    }
  });
  return out;
}

/** Files, by the number their name begins with, for which the two cannot agree here. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  '005': 'lvs_sync_daemon needs a kernel with IPVS; keepalived ends without it',
  '103': 'lvs_sync_daemon needs a kernel with IPVS; 2.2.7 crashes without it',
  '171': '2.2.7 keeps a unicast peer that is given twice; 2.4.3 and vipd skip it',
};

const corpus = process.env['VIPD_CORPUS'];
it('effective values of real files', {
  skip: corpus === undefined && 'VIPD_CORPUS is not set',
}, async (t) => {
  const folder = join(corpus ?? '', 'configs');
  const wrong: string[] = [];
  const files = readdirSync(folder).sort();
  for (const file of files.filter((f) => EXCEPTIONS[f.slice(0, 3)] === undefined))
    for (const line of await differences(readFileSync(join(folder, file), 'utf8')))
      wrong.push(`${file}: ${line}`);
  t.diagnostic(`${files.length} files, ${Object.keys(EXCEPTIONS).length} left out`);
  assert.ok(wrong.length === 0, `\n${wrong.join('\n')}`);
});

it('effective values of generated files', async (t) => {
  const count = Number(process.env['VIPD_DIFFERENTIAL_COUNT'] ?? 40);
  const wrong: string[] = [];
  for (let seed = 1; seed <= count; seed++) {
    const text = generated(seed);
    for (const line of await differences(text)) wrong.push(`seed ${seed}: ${line}\n${text}`);
  }
  t.diagnostic(`${count} files`);
  assert.ok(wrong.length === 0, `\n${wrong.join('\n')}`);
});
