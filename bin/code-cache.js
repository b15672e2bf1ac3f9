// Writes the code cache of a joined program: node bin/code-cache.js FILE [CONFIG]. With CONFIG it runs a few of its ways in
// this process, so that V8 has compiled what a start needs, and keeps that; without, all of it is compiled.
'use strict';
const { spawnSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { cacheOf, compile, start } = require('./joined.js');

const [file, config] = process.argv.slice(2);
if (config === undefined) setFlagsFromString('--no-lazy');
const script = compile(file);
setFlagsFromString('--lazy');
const exit = process.exit;
const ways = config === undefined ? [] : [['--version'], ['-t', '-f', config]];
const quiet = (_text, ...rest) => {
  const done = rest.at(-1);
  if (typeof done === 'function') setImmediate(done);
  return true;
};
process.stdout.write = quiet;
process.stderr.write = quiet;
next();

function next() {
  const way = ways.shift();
  if (way === undefined) {
    // A cache made under other flags than a fresh process has is refused: `-t` sets this one, here it is V8's own again.
    setFlagsFromString('--semi-space-growth-factor=2');
    writeFileSync(cacheOf(file), script.createCachedData());
    const check = `process.exit(require(${JSON.stringify(require.resolve('./joined.js'))}).compile(${JSON.stringify(file)}).cachedDataRejected ? 1 : 0)`;
    exit(spawnSync(process.execPath, ['-e', check]).status ?? 1);
  }
  process.exit = next;
  process.argv = [process.argv[0], file, ...way];
  start(script, file);
}
