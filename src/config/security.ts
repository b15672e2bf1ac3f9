/** Which commands would run, and whether keepalived calls that a security violation. */
import type { Command, Config } from './config.ts';
import type { BuildContext } from './context.ts';
import { Source } from './source.ts';

export type Built = Omit<Config, 'global' | 'files'>;

/** Every command that VRRP or a checker would start. */
function commandsOf(built: Built): readonly Command[] {
  const notify = [...built.instances, ...built.groups].flatMap((x) => Object.values(x.notify));
  return [...notify, ...built.scripts.map((s) => s.command)];
}

/**
 * Says what keepalived says at the end of a configuration test when a script would run without
 * 'enable_script_security'. Silent when the files are unknown.
 */
export function checkCommands(built: Built, c: BuildContext): void {
  const { scriptState } = c.environment;
  if (scriptState === undefined || c.globals.scriptSecurity) return;
  const running = commandsOf(built).find((command) => scriptState(command.argv[0] ?? '') !== 'missing');
  if (running === undefined) return;
  const { file, line, col } = running.place;
  const source = new Source(file, '');
  c.reporter.report(
    'KA1003',
    { source, start: 0, end: 0 },
    `SECURITY VIOLATION - scripts are being executed but script_security not enabled. (${running.text}, ${file}:${line}:${col})`,
    {
      effect: 'keepalived runs the scripts; its configuration test ends with status 6',
      fix: "add 'enable_script_security' to global_defs, and 'script_user' for the account that runs them",
    },
  );
}
