/** 'quorum' and 'hysteresis' against what the servers weigh together. */
import type { BuildContext } from '../context.ts';
import type { Block } from '../settings.ts';
import type { RealServerConfig } from './lvs-config.ts';
import type { Service } from './ports.ts';

/** KEEPALIVED: with a total of 0 quorum - 1 wraps around. */
const WRAPPED = 4294967295;

export function quorumOf(
  block: Block,
  servers: readonly RealServerConfig[],
  service: Service,
  c: BuildContext,
): { readonly quorum: number; readonly hysteresis: number } {
  let total = 0;
  for (const r of servers) total += r.weight;
  let quorum = block.number('quorum') ?? 1;
  const hysteresis = block.number('hysteresis') ?? 0;
  if (quorum > total) {
    c.reporter.report(
      'KA1112',
      block.get('quorum')?.at ?? service.at,
      `Warning - quorum ${quorum} for ${service.name} exceeds total weight of real servers ${total}, reducing quorum to ${total}`,
      total === 0
        ? { effect: 'the quorum is never reached', fix: 'give at least one real server a weight' }
        : {
            effect: 'the quorum is lost as soon as one server fails',
            fix: `write a quorum of at most ${total}`,
          },
    );
    quorum = total;
  }
  if (quorum === 0) return { quorum, hysteresis: WRAPPED };
  if (hysteresis < quorum) return { quorum, hysteresis };
  c.reporter.report(
    'KA1113',
    block.get('hysteresis')?.at ?? service.at,
    `Virtual server ${service.name}: hysteresis ${hysteresis} >= quorum ${quorum}; setting hysteresis to ${quorum - 1}`,
    {
      effect: `the quorum is gained at ${2 * quorum - 1} and lost below 1`,
      fix: 'write a smaller hysteresis',
    },
  );
  return { quorum, hysteresis: quorum - 1 };
}
