/** Which commands would run, and whether keepalived calls that a security violation. */
import type { Command, Config, ScriptConfig } from './config.ts';
import type { BuildContext } from './context.ts';
import { Source, type Span } from './source.ts';

export type PlacedScript = { readonly script: ScriptConfig; readonly at: Span };
export type Built = Omit<Config, 'global' | 'files'>;

/** 'insecure' when script security refuses a command that could be run. */
function disabledFor(command: Command, c: BuildContext): 'insecure' | undefined {
  const { scriptUser, scriptGroup } = c.globals;
  if (!c.globals.scriptSecurity) return undefined;
  const verdict = c.environment.judgeCommand?.(command, {
    ...(scriptUser === undefined ? {} : { scriptUser }),
    ...(scriptGroup === undefined ? {} : { scriptGroup }),
    scriptSecurity: true,
  });
  return verdict?.ok === false && verdict.cause === 'insecure' ? 'insecure' : undefined;
}

/**
 * What keepalived finds out about the files of commands: tracked scripts that are not there, and commands that would
 * run without 'enable_script_security'; `more` are those of virtual servers. Silent when the files are unknown.
 */
export function checkCommands(
  built: Built,
  scripts: readonly PlacedScript[],
  c: BuildContext,
  more: readonly Command[] = [],
): void {
  const { scriptState } = c.environment;
  if (scriptState === undefined) return;
  const program = (command: Command): string => command.argv[0] ?? '';
  const found: Command[] = [];
  for (const { script, at } of scripts) {
    // `script "</file"` only tests that the file can be opened.
    const state = program(script.command).startsWith('<')
      ? 'executable'
      : scriptState(program(script.command));
    const why = state === 'executable' ? disabledFor(script.command, c) : 'not found/accessible';
    // A file without execute bit goes unnoticed until it is to run (2.2.7, measured).
    if (state !== 'missing' && why !== 'insecure') found.push(script.command);
    if (why === undefined) continue;
    c.reporter.report(
      'KA1004',
      at,
      `Disabling track script ${script.name} ${why === 'insecure' ? 'due to' : 'since'} ${why}`,
      {
        effect: 'keepalived does not run it; what tracks it runs without it',
        fix:
          why === 'insecure'
            ? `make '${program(script.command)}' and the folders above it root's alone`
            : state === 'missing'
              ? 'correct the path'
              : `chmod a+x '${program(script.command)}'`,
        ...(state === 'not-executable' ? { keepalivedClass: 'none' as const } : {}),
      },
    );
  }
  for (const x of [...built.instances, ...built.groups])
    found.push(...Object.values(x.notify).filter((command) => scriptState(program(command)) !== 'missing'));
  for (const command of more) if (scriptState(program(command)) !== 'missing') found.push(command);
  const first = found[0];
  if (first === undefined || c.globals.scriptSecurity) return;
  const { file, line, col } = first.place;
  c.reporter.report(
    'KA1003',
    scripts[0]?.at ?? { source: new Source(file, ''), start: 0, end: 0 },
    `SECURITY VIOLATION - scripts are being executed but script_security not enabled. (${first.text}, ${file}:${line}:${col})`,
    {
      effect: 'keepalived runs the scripts; its configuration test ends with status 6',
      fix: "add 'enable_script_security' to global_defs, and 'script_user' for the account that runs them",
    },
  );
}
