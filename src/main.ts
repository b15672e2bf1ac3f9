/**
 * Entry: decides what this run is and loads only what that needs. `vipd status` must not pay for the daemon.
 * bin/vipd has installed a SIGUSR1 listener before anything else: without one Node would open its inspector.
 */
import { parseArguments } from './cli/options.ts';

/** A daemon does not stop, nor fail to stop, because nobody takes what it prints. */
let isDaemon = false;
const LAST_WORDS_MS = 200;

async function run(): Promise<number> {
  const invocation = parseArguments(process.argv.slice(2), process.env);
  const { kind, out, err } = invocation;
  isDaemon = kind === 'daemon' && !invocation.options.configTest;
  // A daemon in the foreground logs by itself: making the two streams would take milliseconds before its first advert.
  const quiet = kind === 'daemon' && isDaemon && invocation.options.foreground && out + err === '';
  if (!quiet) guardStreams();
  if (out !== '') process.stdout.write(out);
  if (err !== '') process.stderr.write(err);
  switch (invocation.kind) {
    case 'exit':
      return invocation.status;
    case 'version': {
      const { versionText } = await import('./cli/version.ts');
      (invocation.to === 'stdout' ? process.stdout : process.stderr).write(versionText());
      return 0;
    }
    case 'genhash':
      process.stderr.write('vipd: genhash is not active yet (docs/compatibility.md)\n');
      return 1;
    case 'tool': {
      const { runTool } = await import('./cli/tool.ts');
      const { toolParts } = await import('./tools.ts');
      return runTool(invocation.tool, toolParts());
    }
    case 'daemon': {
      if (invocation.options.configTest) {
        const { runConfigTest } = await import('./config-test.ts');
        return runConfigTest(invocation.options);
      }
      const { runDaemon } = await import('./daemon.ts');
      return runDaemon(invocation.options);
    }
  }
}

/** `vipd decode … | head`: the reader is gone, and so is the reason to go on. */
function guardStreams(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (e: NodeJS.ErrnoException) => {
      if (isDaemon) return;
      if (e.code === 'EPIPE') process.exit(0);
      throw e;
    });
}

run().then(
  (status) => {
    process.exitCode = status;
    // What is written to a pipe may still be on its way; nothing else may hold the process.
    if (isDaemon) setTimeout(() => process.exit(status), LAST_WORDS_MS);
    process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
  },
  (e: unknown) => {
    process.stderr.write(`vipd: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}\n`);
    process.exit(70);
  },
);
