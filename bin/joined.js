// Runs the joined program (build/bundle/main.cjs) with the machine code that V8 made of it when it was built. Code of
// another Node release or processor is refused by V8; then the program is compiled as it runs, which only takes longer.
'use strict';
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');

const cacheOf = (file) => `${file}.cache`;

function compile(file) {
  let cachedData;
  try {
    cachedData = readFileSync(cacheOf(file));
  } catch (e) {
    if (e.code !== 'ENOENT') throw e;
  }
  // Latin-1: esbuild escapes everything beyond ASCII, and a string of one byte a character needs no decoding.
  return new Script(readFileSync(file, 'latin1'), { filename: file, cachedData });
}

// The file is one function expression with the arguments of a CommonJS module.
function start(script, file) {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

const run = (file) => start(compile(file), file);

module.exports = { cacheOf, compile, start, run };
