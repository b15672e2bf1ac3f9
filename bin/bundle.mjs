// Joins the compiled program into build/bundle/main.cjs and lets V8 compile it ahead. Start-up is what a restart, `vipd -t`
// and `vipd status` wait for, and most of it was opening, linking and compiling some 150 modules.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = { name: 'main', entry: 'main.js' };
/** What runs after a death and has nothing else to load: see src/cleanup-main.ts. */
const CLEANUP = { name: 'cleanup', entry: 'cleanup-main.js' };
/** What only few cleanups need before they speak, or all of them afterwards: files of their own beside it. */
const LATE = ['late-signing', 'late-deleting'].map((name) => ({ name, entry: `${name}.js` }));
const apart = {
  name: 'apart',
  setup(bundling) {
    bundling.onResolve({ filter: /\/late-[a-z]+\.js$/ }, ({ kind, path }) =>
      kind === 'entry-point' ? undefined : { path: `./${basename(path, '.js')}.cjs`, external: true },
    );
  },
};
/** pino asks for them before anybody wants its transports on threads of their own; nobody here does. */
const threadless = {
  name: 'threadless',
  setup(bundling) {
    bundling.onResolve({ filter: /^(thread-stream|worker_threads)$/ }, ({ path }) => ({
      path,
      namespace: 'threadless',
    }));
    bundling.onLoad({ filter: /./, namespace: 'threadless' }, () => ({
      contents: 'module.exports = { isMainThread: true };',
    }));
  },
};
rmSync(`${root}build/bundle`, { recursive: true, force: true });
const entries = (...list) => list.map(({ name, entry }) => ({ in: `${root}build/src/${entry}`, out: name }));
const options = {
  outdir: `${root}build/bundle`,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  plugins: [threadless, apart],
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  charset: 'ascii',
  // Names stay, so that a stack still tells where; what is not there need not be read, nor held as long as the daemon runs.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  legalComments: 'linked',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  // Packages with native parts find these beside their own files; what few need must not make every start slower.
  external: ['raw-socket', 'node-gyp-build', 'nodemailer', '@jellybrick/dbus-next'],
  // A script that was compiled ahead has no import().
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'bundleUrl' },
};
const URL_OF_FILE = "const bundleUrl = require('node:url').pathToFileURL(__filename).href;";
await build({ ...options, entryPoints: entries(...LATE), banner: { js: URL_OF_FILE } });
await build({
  ...options,
  entryPoints: entries(PROGRAM, CLEANUP),
  // bin/joined.js calls this function; what esbuild imports dynamically is inside, run when it is asked for.
  banner: {
    js: `(function (exports, require, module, __filename, __dirname) { ${URL_OF_FILE}`,
  },
  footer: { js: '})' },
});
const HERE = [];
/** A network of its own with one interface in it, where that is allowed: the daemon's own way is compiled ahead too. */
const APART = [
  'unshare',
  ...(process.getuid() === 0 ? [] : ['--user', '--map-root-user']),
  '--net',
  '--',
  'sh',
  '-c',
  'ip link add warm0 type veth peer name warm1 && ip addr add 192.0.2.1/24 dev warm0 && ip link set warm1 up && ip link set warm0 up && exec "$@" warm0',
  'sh',
];

/** False: there is no usable one. */
function codeCache(where, name, config) {
  const [command, ...args] = [
    ...where,
    process.execPath,
    `${root}bin/code-cache.js`,
    `${root}build/bundle/${name}.cjs`,
    ...config,
  ];
  const quiet = where === APART ? 'ignore' : 'inherit';
  return spawnSync(command, args, { stdio: ['ignore', quiet, quiet], timeout: 20_000 }).status === 0;
}

const made =
  codeCache(HERE, CLEANUP.name, []) &&
  [APART, HERE].some((where) => codeCache(where, PROGRAM.name, [`${root}keepalived.conf.example`]));
// Without one vipd starts more slowly, and no worse.
if (!made) process.stderr.write('bundle: no usable code cache was made\n');
