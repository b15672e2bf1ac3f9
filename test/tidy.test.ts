/** House rules that a machine can check. Reads `src/` and `test/`; run from the repository root. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { it } from 'node:test';

/** Folder -> folders it may import besides itself. A missing folder is an error: name it here first. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: ['base'],
  vrrp: ['base'],
  track: ['base'],
  bfd: ['base'],
  lvs: ['base'],
  config: ['base'],
  ports: ['base', 'wire', 'vrrp', 'track', 'bfd', 'lvs', 'config'],
  core: ['base', 'vrrp', 'track', 'bfd', 'lvs', 'config', 'ports'],
  io: ['base', 'wire', 'ports', 'native.ts', 'node', 'package'],
  /** The dumps print the configuration beside the snapshot. */
  report: ['base', 'core/snapshot.ts', 'config', 'ports', 'node'],
  /** Views of what was loaded: findings, explanations, the resolved values. */
  check: ['base', 'config', 'whatif'],
  /** Two nodes in virtual time: the real core with simulated hands. */
  whatif: ['base', 'wire', 'vrrp', 'track', 'config', 'ports', 'core'],
  /** Both nodes' files from a few answers. */
  init: ['base', 'config'],
  /** The manual pages, completions and reference made from the tables. */
  manual: ['base', 'config', 'cli', 'check'],
  cli: ['base', 'wire', 'core/snapshot.ts', 'ports', 'report', 'package-root.ts', 'node', 'package'],
};
/** Files directly under src/: the composition root and the addon's face. */
const ROOT_FILES = new Set([
  'bfd-part.ts',
  'checking.ts',
  'cleaning-up.ts',
  'cleanup-main.ts',
  'config-test.ts',
  'daemon.ts',
  'dumping.ts',
  'hands.ts',
  'late-deleting.ts',
  'late-signing.ts',
  'listeners.ts',
  'loading.ts',
  'main.ts',
  'namespace.ts',
  'notices.ts',
  'native.ts',
  'package-root.ts',
  'reloads.ts',
  'remains.ts',
  'running.ts',
  'settled.ts',
  'sign-adverts.ts',
  'signals.ts',
  'slices.ts',
  'tools.ts',
  'track-hands.ts',
  'whatif-tool.ts',
]);
const PURE = new Set(['base', 'wire', 'vrrp', 'track', 'bfd', 'lvs', 'config', 'check', 'whatif', 'init']);
const BANNED = [
  /\bDate\.now\b/,
  /\bnew Date\b/,
  /\bMath\.random\b/,
  /\bset(Timeout|Interval|Immediate)\b/,
  /(?<!-)\bprocess\./, // not './global-process.ts'
  /\bawait\b/,
];
const MAX_LINES = 500;

const files = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && f.name.endsWith('.ts'))
    .map((f) => posix.join(f.parentPath, f.name))
    .sort();

/** 'core/snapshot.ts' style path under src for our own files, 'node' for node:*, 'package' for the rest. */
function target(file: string, specifier: string): string {
  if (specifier.startsWith('node:')) return 'node';
  if (!specifier.startsWith('.')) return 'package';
  return posix.relative('src', posix.join(posix.dirname(file), specifier));
}

it('imports go one way', () => {
  const wrong: string[] = [];
  for (const file of files('src')) {
    const folder = file.split('/')[1] as string;
    if (ROOT_FILES.has(folder)) continue;
    const allowed = MAY_IMPORT[folder];
    assert.ok(allowed, `${file}: folder ${folder} is not in MAY_IMPORT`);
    const text = readFileSync(file, 'utf8');
    const specifiers = [
      ...text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'/gm),
      ...text.matchAll(/\b(?:import|require)\('([^']+)'\)/g),
    ];
    for (const m of specifiers) {
      const to = target(file, m[1] as string);
      const toFolder = to.split('/')[0] as string;
      if (toFolder !== folder && !allowed.includes(toFolder) && !allowed.includes(to))
        wrong.push(`${file}: may not import ${m[1]}`);
    }
  }
  assert.deepEqual(wrong, []);
});

it('ports hold types only', () => {
  const code = /^(?:export )?(?:const|let|function|class)\b/m;
  assert.deepEqual(
    files('src/ports').filter((f) => code.test(readFileSync(f, 'utf8'))),
    [],
  );
});

it('pure folders touch no clock, no chance, no process', () => {
  const wrong: string[] = [];
  for (const file of files('src').filter((f) => PURE.has(f.split('/')[1] as string))) {
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    for (const ban of BANNED) if (ban.test(code)) wrong.push(`${file}: ${ban.source}`);
  }
  assert.deepEqual(wrong, []);
});

it('files are short and hold no leftovers', () => {
  const wrong: string[] = [];
  for (const file of [...files('src'), ...files('test')]) {
    const text = readFileSync(file, 'utf8');
    if (!file.endsWith('.table.ts') && text.split('\n').length - 1 > MAX_LINES)
      wrong.push(`${file}: more than ${MAX_LINES} lines`);
    if (file.startsWith('src/') && /\b(TODO|FIXME|XXX)\b/.test(text)) wrong.push(`${file}: leftover mark`);
  }
  assert.deepEqual(wrong, []);
});

it('every test file is listed in test/all.ts', () => {
  const listed = readFileSync('test/all.ts', 'utf8');
  assert.deepEqual(
    files('test').filter((f) => f.endsWith('.test.ts') && !listed.includes(`'./${f.slice('test/'.length)}'`)),
    [],
  );
});
