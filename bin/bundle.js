// Joins the compiled program into build/bundle: one module for each thing that is loaded at a time instead of some 150
// files. Start-up is what a restart and `vipd status` wait for, and most of it was opening and linking modules.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}build/bundle`, { recursive: true, force: true });
await build({
  entryPoints: [`${root}build/src/main.js`],
  outdir: `${root}build/bundle`,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  // Packages with native parts find these beside their own files.
  external: ['raw-socket', 'node-gyp-build'],
  banner: {
    js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
  },
});
