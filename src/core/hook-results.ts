/** What became of a hook: one log line, and the latest of each kind kept for `vipd status`. */
import type { HookResult } from '../ports/process.ts';
import type { Context } from './context.ts';

export function onHookResult(ctx: Context, result: HookResult): void {
  // 'INSTANCE VI_1' or 'GROUP web'
  const space = result.owner.indexOf(' ');
  const name = result.owner.slice(space + 1);
  const failed = result.outcome !== 'superseded' && !(result.outcome === 'exited' && result.exitCode === 0);
  ctx.ports.log.log(failed ? 'warning' : 'info', sentence(name, result, failed), {
    instance: name,
    hook: result.what,
  });
  if (result.owner.slice(0, space) !== 'INSTANCE') return;
  ctx.routers
    .find((r) => r.config.name === name)
    ?.hooks.set(result.what, {
      what: result.what,
      state: result.state,
      outcome: result.outcome,
      exitCode: result.exitCode,
      durationMs: Math.round(result.durationUs / 1000),
      output: result.output,
      endedWallMs: ctx.ports.clock.wallMs(),
    });
}

function sentence(name: string, h: HookResult, failed: boolean): string {
  const parts = [`(${name}) ${h.what} for ${h.state}: ${h.outcome}`];
  if (h.outcome === 'exited') parts.push(`with status ${h.exitCode}`);
  if (h.signal !== '') parts.push(`by ${h.signal}`);
  parts.push(`after ${Math.round(h.durationUs / 1000)} ms`);
  const lastLine = h.output.trimEnd().split('\n').at(-1) ?? '';
  const said = [h.detail, failed ? lastLine : ''].filter((text) => text !== '');
  return [parts.join(' '), ...said].join(': ');
}
