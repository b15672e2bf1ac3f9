/** `-t`, the configuration test: a process of its own, which loads nothing of the daemon. */
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { DaemonOptions } from './cli/options.ts';
import { absolutePaths } from './cli/paths.ts';
import { formatDiagnostic } from './config/diagnostic.ts';
import { configTestStatus } from './config/load.ts';
import { inNamespaceOf, loadInNamespace } from './namespace.ts';

/** Exit status when nothing could be tested. */
const FAILED = 1;

export function runConfigTest(given: DaemonOptions): number {
  // A judged block is garbage at once: a young generation that grows only takes memory (30 MB of 110 with 37,000 servers).
  setFlagsFromString('--semi-space-growth-factor=1');
  const options = { ...given, ...absolutePaths(given) };
  return inNamespaceOf(options) ? configTest(options) : FAILED;
}

/** `-t`: findings on stderr or in the file of `-tFILE`; the status is keepalived's (grammar of its man page and measured). */
function configTest(options: DaemonOptions): number {
  const { loaded: result, problem } = loadInNamespace(options);
  if (problem !== undefined) {
    process.stderr.write(`vipd: ${problem}\n`);
    return FAILED;
  }
  const color =
    options.configTestFile === undefined &&
    process.stderr.isTTY === true &&
    process.env['NO_COLOR'] === undefined;
  const text = result.diagnostics
    .filter((d) => d.severity !== 'hint')
    .map((d) => `${formatDiagnostic(d, { color })}\n`)
    .join('');
  if (options.configTestFile === undefined) process.stderr.write(text);
  else appendFileSync(options.configTestFile, text, { mode: 0o600 });
  return configTestStatus(result);
}
