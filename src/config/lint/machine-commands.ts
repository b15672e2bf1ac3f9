/** Commands against the files and accounts of the machine, and what else manages the interfaces. */
import type { Command } from '../config.ts';
import type { Statement } from '../tree.ts';
import { type Lint, placeKey, settingAt, spanKey } from './input.ts';
import { notifies } from './scripts.ts';

export function checkMachineCommands(l: Lint): void {
  const { judgeCommand } = l.environment;
  if (judgeCommand !== undefined) {
    const commands = [
      ...l.config.scripts.map((s) => s.command),
      ...l.config.instances.flatMap((i) => notifies(i.notify)),
      ...l.config.groups.flatMap((g) => notifies(g.notify)),
      ...[l.config.global.startupScript, l.config.global.shutdownScript].filter((c) => c !== undefined),
    ];
    const seen = new Set<string>();
    for (const command of commands) {
      const key = placeKey(command.place);
      if (!seen.has(key)) judge(l, command, key);
      seen.add(key);
    }
  }
  networkd(l);
}

function judge(l: Lint, command: Command, key: string): void {
  const line = l.commands.get(key);
  const at = line?.args[0]?.at;
  if (line === undefined || at === undefined || l.replaced.has(spanKey(at))) return;
  if (command.argv[0]?.startsWith('<') === true) return; // only tests that a file can be opened
  const { scriptUser, scriptGroup, scriptSecurity } = l.config.global;
  const verdict = l.environment.judgeCommand?.(command, {
    ...(scriptUser === undefined ? {} : { scriptUser }),
    ...(scriptGroup === undefined ? {} : { scriptGroup }),
    scriptSecurity,
  });
  if (verdict === undefined) return;
  const what = line.keyword.text;
  if (verdict.ok) {
    for (const warning of verdict.warnings)
      l.reporter.report('KA2504', at, `${what}: ${warning}`, {
        effect: "whoever can change it gets root's rights",
        fix: "make the file and all folders above it root's alone; then add 'enable_script_security'",
      });
    return;
  }
  // Accounts that do not exist have been reported where they are named.
  if (verdict.cause === 'account') return;
  const code = verdict.cause === 'missing' ? 'KA2501' : verdict.cause === 'insecure' ? 'KA2503' : 'KA2502';
  if (what === 'script') dropDisabled(l, line);
  l.reporter.report(code, at, `${what}: ${verdict.reason}`, {
    effect: what === 'script' ? 'what tracks it runs without the check' : 'the command never runs',
    fix: verdict.remedy,
  });
}

/** The loader has said of the block that its script is disabled, without the reason. */
function dropDisabled(l: Lint, line: Statement): void {
  const owner = l.statements.find((s) => s.keyword.text === 'vrrp_script' && s.body.includes(line));
  const name = owner?.args[0];
  if (name === undefined) return;
  const key = spanKey(name.at);
  for (const d of l.diagnostics) if (d.code === 'KA1004' && spanKey(d.at) === key) l.dropped.add(d);
}

/** One finding for an interface. */
function networkd(l: Lint): void {
  const { networkd: ask } = l.environment;
  if (ask === undefined) return;
  const seen = new Set<string>();
  for (const i of l.instances) {
    const name = i.instance.interface;
    if (name === '' || seen.has(name)) continue;
    seen.add(name);
    const managed = ask(name);
    if (managed === undefined || managed.keeps) continue;
    l.reporter.report(
      'KA2516',
      settingAt(i.block, 'interface'),
      `systemd-networkd manages ${name} without KeepConfiguration (${managed.file})`,
      {
        effect: `a restart of systemd-networkd removes the virtual addresses of ${name}`,
        fix: `add 'KeepConfiguration=yes' to [Network] of ${managed.file}, or to a drop-in of it`,
      },
    );
  }
}
