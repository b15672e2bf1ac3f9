/**
 * A second entry, for what systemd runs after a death: `vipd cleanup`, joined into a file of its own, because the peers wait
 * while it starts. It understands one line, that of the unit; every other is main.ts's.
 */
import { defaultPaths } from './cli/paths.ts';

/** The run directory of `cleanup`, `cleanup --run-dir DIR` and `cleanup --run-dir=DIR`; undefined: some other line. */
export function plainCleanup(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const [command, option, value, ...more] = argv;
  if (command !== 'cleanup' || more.length > 0) return undefined;
  const given = option === '--run-dir' ? value : /^--run-dir=(.+)$/.exec(option ?? '')?.[1];
  const whole =
    option === undefined || (given !== undefined && (value === undefined || option === '--run-dir'));
  if (!whole) return undefined;
  return defaultPaths({ runDir: given, socket: undefined, pidFile: undefined }, env).runDir;
}

/** False: this line is not for us, and nothing was done. Else it ends the process. */
export function runCleanup(argv: readonly string[]): boolean {
  const runDir = plainCleanup(argv, process.env);
  if (runDir === undefined) return false;
  void finish(runDir);
  return true;
}

async function finish(runDir: string): Promise<void> {
  const { cleanUpAfter } = await import('./cleaning-up.ts');
  const status = await cleanUpAfter(
    runDir,
    (text) => void process.stdout.write(text),
    (text) => void process.stderr.write(text),
  );
  process.exitCode = status;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
}
