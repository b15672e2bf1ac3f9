// Writes the code cache of the joined program: node bin/code-cache.js FILE CONFIG. Runs a few of its ways in this process,
// so that V8 has compiled what a start needs, and keeps that.
'use strict';
const { writeFileSync } = require('node:fs');
const { cacheOf, compile, start } = require('./joined.js');

const [file, config] = process.argv.slice(2);
const script = compile(file);
const exit = process.exit;
const ways = [['--version'], ['-t', '-f', config]];
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
    writeFileSync(cacheOf(file), script.createCachedData());
    exit(0);
  }
  process.exit = next;
  process.argv = [process.argv[0], file, ...way];
  start(script, file);
}
