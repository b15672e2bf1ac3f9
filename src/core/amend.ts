/** What of a running instance may be changed from outside. It holds until the next reload, which goes by the file again. */
import { effectivePriority } from '../track/priority.ts';
import type { Context } from './context.ts';
import { paramsOf } from './router.ts';

export type Amendment = {
  readonly priority?: number; // base, 1..255
  readonly preempt?: boolean;
};

/** `pump`: what is due is done. Not during a reload, which compares the configurations. */
export function amend(ctx: Context, instance: string, change: Amendment, pump: () => void): void {
  const router = ctx.routers.find((r) => r.config.name === instance);
  if (router === undefined) return;
  const before = router.config;
  const config = { ...before, ...change };
  router.config = config;
  router.params = paramsOf(config, router.params.inGroup);
  ctx.config = { ...ctx.config, instances: ctx.config.instances.map((c) => (c === before ? config : c)) };
  const priority = effectivePriority(config.priority, router.contributions);
  ctx.post({ type: 'machine', router, event: { type: 'reconfigured', priority, addressesAdded: false } });
  const say = (text: string): void =>
    ctx.ports.log.log('info', `(${instance}) ${text} via SNMP`, { instance });
  if (config.priority !== before.priority)
    say(`base priority changed from ${before.priority} to ${config.priority}`);
  if (config.preempt !== before.preempt) say(`preemption ${config.preempt ? 'enabled' : 'disabled'}`);
  pump();
}
