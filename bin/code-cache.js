// Writes the code cache of a joined program: node bin/code-cache.js FILE [CONFIG [INTERFACE]]. With CONFIG it runs a few of its ways
// in this process, so that V8 has compiled what a start needs, and keeps that; without, all of it is compiled. With INTERFACE,
// of a network namespace in which it may do what it likes, one of the ways is the daemon, until its first adverts are out.
'use strict';
const { spawnSync } = require('node:child_process');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { cacheOf, compile, start } = require('./joined.js');

const DAEMON_MS = 500;

const [file, config, device] = process.argv.slice(2);
if (config === undefined) setFlagsFromString('--no-lazy');
// Nor does it forget what it has compiled.
setFlagsFromString('--no-flush-bytecode');
const script = compile(file);
setFlagsFromString('--lazy');
const exit = process.exit;
const folder = mkdtempSync(join(tmpdir(), 'vipd-cache-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const ways = config === undefined ? [] : [['--version'], ['-t', '-f', config]];
if (device !== undefined) ways.push(daemon());
const quiet = (_text, ...rest) => {
  const done = rest.at(-1);
  if (typeof done === 'function') setImmediate(done);
  return true;
};
process.stdout.write = quiet;
process.stderr.write = quiet;
next();

// An owner of its address is master at once.
function daemon() {
  const conf = join(folder, 'vipd.conf');
  writeFileSync(
    conf,
    `vrrp_instance W {\ninterface ${device}\nvirtual_router_id 1\npriority 255\nvirtual_ipaddress {\n192.0.2.2\n}\n}\n`,
  );
  const files = ['-p', '-r', '-c', '-b'].flatMap((option) => [option, join(folder, `pid${option}`)]);
  return ['-n', '-G', '-f', conf, ...files, `--run-dir=${folder}`];
}

function next() {
  const way = ways.shift();
  if (way === undefined) {
    // A cache made under other flags than a fresh process has is refused: what was set is V8's own again.
    setFlagsFromString('--semi-space-growth-factor=2');
    setFlagsFromString('--flush-bytecode');
    writeFileSync(cacheOf(file), script.createCachedData());
    const check = `process.exit(require(${JSON.stringify(require.resolve('./joined.js'))}).compile(${JSON.stringify(file)}).cachedDataRejected ? 1 : 0)`;
    exit(spawnSync(process.execPath, ['-e', check]).status ?? 1);
  }
  process.exit = next;
  process.argv = [process.argv[0], file, ...way];
  if (way.includes('-n')) setTimeout(() => process.kill(process.pid, 'SIGTERM'), DAEMON_MS);
  start(script, file);
}
