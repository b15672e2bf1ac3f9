/** 'vrrp_script' blocks, and the rules for every command: which user it runs as, whether it may. */
import type { Command, ScriptConfig } from './config.ts';
import type { BuildContext } from './context.ts';
import type { Block } from './settings.ts';
import type { Span } from './source.ts';

const MS = 1000;

/** undefined when the block is removed: no command, or an account that does not exist. */
export function buildScript(block: Block, c: BuildContext): ScriptConfig | undefined {
  const name = block.statement?.args[0];
  if (name === undefined) return undefined;
  const setting = block.get('script');
  const command = block.command('script');
  if (setting === undefined || command === undefined) {
    c.reporter.report('KA1001', name.at, `No script set for vrrp_script ${name.text} - removing`, {
      effect: 'whatever tracks the script runs without it',
      fix: 'add \'script "/path/to/check"\'',
    });
    return undefined;
  }
  const user = block.get('user')?.words;
  const owned: Command = {
    ...command,
    ...(user?.[0] === undefined ? {} : { user: user[0].text }),
    ...(user?.[1] === undefined ? {} : { group: user[1].text.replace(/^:/, '') }),
  };
  if (!accountExists(owned, block.get('user')?.at ?? setting.at, `vrrp script ${name.text} - removing`, c))
    return undefined;
  const intervalMs = block.number('interval') ?? 1000;
  return {
    name: name.text,
    command: owned,
    intervalUs: intervalMs * MS,
    timeoutUs: (block.number('timeout') ?? intervalMs) * MS,
    weight: block.number('weight') ?? 0,
    reverse: block.settings.some((s) => s.statement.keyword.text === 'weight' && s.reverse),
    rise: block.number('rise') ?? 1,
    fall: block.number('fall') ?? 1,
    initFail: block.has('init_fail'),
  };
}

/** False when the command's user is unknown, which drops the command. Nothing is said when accounts are unknown. */
export function accountExists(command: Command, at: Span, use: string, c: BuildContext): boolean {
  const { userExists, groupExists } = c.environment;
  if (userExists === undefined) return true;
  const user = command.user ?? c.globals.scriptUser;
  if (user === undefined) {
    if (!c.globals.scriptSecurity || userExists('keepalived_script')) return true;
    c.reporter.report('KA1002', at, `Unable to set default user keepalived_script for ${use}`, {
      effect: 'the script is dropped',
      fix: "create the account keepalived_script, or set 'script_user' in global_defs",
    });
    return false;
  }
  const missingUser = !userExists(user);
  const group = command.user === undefined ? c.globals.scriptGroup : command.group;
  const missingGroup = group !== undefined && groupExists !== undefined && !groupExists(group);
  if (!missingUser && !missingGroup) return true;
  // An unknown 'script_user' has been reported where it is set.
  if (command.user !== undefined)
    c.reporter.report(
      'KA1002',
      at,
      `Script ${missingUser ? `user '${user}'` : `group '${group}'`} does not exist: ${use}`,
      {
        effect: 'the script is dropped',
        // For a vrrp_script and a MISC_CHECK it is an error, for the others only a log line.
        keepalivedClass: /^(?:vrrp|misc checker) script/.test(use) ? 'general-error' : 'none',
        ...(command.argv.length === 1 && !command.text.includes(' ')
          ? { fix: 'when these words are arguments, quote the whole command' }
          : {}),
      },
    );
  return false;
}
