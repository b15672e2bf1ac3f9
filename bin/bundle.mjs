// Joins the compiled program into build/bundle/main.cjs and lets V8 compile it ahead. Start-up is what a restart, `vipd -t`
// and `vipd status` wait for, and most of it was opening, linking and compiling some 150 modules.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = { name: 'main', entry: 'main.js' };
/** What runs after a death and has nothing else to load: see src/cleanup-main.ts. */
const CLEANUP = { name: 'cleanup', entry: 'cleanup-main.js' };
rmSync(`${root}build/bundle`, { recursive: true, force: true });
await build({
  entryPoints: [PROGRAM, CLEANUP].map(({ name, entry }) => ({ in: `${root}build/src/${entry}`, out: name })),
  outdir: `${root}build/bundle`,
  outExtension: { '.js': '.cjs' },
  bundle: true,
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
  // bin/joined.js calls this function; what esbuild imports dynamically is inside, run when it is asked for.
  banner: {
    js: "(function (exports, require, module, __filename, __dirname) { const bundleUrl = require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: '})' },
});
for (const [{ name }, ...config] of [[PROGRAM, `${root}keepalived.conf.example`], [CLEANUP]]) {
  const file = `${root}build/bundle/${name}.cjs`;
  const made = spawnSync(process.execPath, [`${root}bin/code-cache.js`, file, ...config], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Without it vipd starts more slowly, and no worse.
  if (made.status !== 0)
    process.stderr.write(
      `bundle: no usable code cache of ${name} was made (${made.status ?? made.signal})\n`,
    );
}
