// Runs the joined program (build/bundle/main.cjs) with the machine code that V8 made of it when it was built. Code of
// another Node release or processor is refused by V8; then the program is compiled as it runs, which only takes longer.
'use strict';
const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const cacheOf = (file) => `${file}.cache`;

// Of Node's modules those that take milliseconds to load and that many runs never use: loaded when something of them is used.
const SELDOM = new Set(
  [
    'assert',
    'child_process',
    'crypto',
    'dns/promises',
    'fs/promises',
    'net',
    'readline',
    'string_decoder',
    'v8',
    'worker_threads',
  ].flatMap((name) => [name, `node:${name}`]),
);
const delayed = (name) =>
  new Proxy(() => {}, {
    get: (_, key) => require(name)[key],
    apply: (_, self, args) => Reflect.apply(require(name), self, args),
  });
// The files that it asks for lie below the same root, and `createRequire` of a path there would find what this one finds.
const own = { createRequire: () => require };
const lean = (name) => (SELDOM.has(name) ? delayed(name) : name === 'node:module' ? own : require(name));

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
  const folder = dirname(file);
  const asked = (name) => (name.startsWith('./') ? require(join(folder, name)) : lean(name));
  script.runInThisContext()(module.exports, asked, module, file, folder);
  return module.exports;
}

const run = (file) => start(compile(file), file);

module.exports = { cacheOf, compile, start, run };
