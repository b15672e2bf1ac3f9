/** One line for sd_notify's STATUS=, shown by `systemctl status`. */
import type { Snapshot } from '../core/snapshot.ts';
import { printable } from './format.ts';
import { problems } from './problems.ts';

/** Instances named one by one up to this many; then only counted. */
const NAMED = 4;
const LONGEST = 200;

/** 'VI_1 MASTER (peer 10.0.0.2), VI_2 BACKUP; 1 warning: script chk: down …', at most 200 characters. */
export function sdStatus(s: Snapshot): string {
  const states =
    s.instances.length === 0
      ? 'no instances'
      : s.instances.length <= NAMED
        ? s.instances
            .map((i) => {
              const peer = i.peer.address === '' ? '' : ` (peer ${i.peer.address})`;
              return `${i.name} ${i.state.toUpperCase()}${peer}`;
            })
            .join(', ')
        : counted(s);
  const wrong = problems(s);
  const tail =
    wrong.length === 0 ? '' : `; ${wrong.length} warning${wrong.length === 1 ? '' : 's'}: ${wrong[0]}`;
  const text = printable(states + tail);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 3)}...`;
}

function counted(s: Snapshot): string {
  const counts = new Map<string, number>();
  for (const i of s.instances) counts.set(i.state, (counts.get(i.state) ?? 0) + 1);
  return [...counts].map(([state, n]) => `${n} ${state.toUpperCase()}`).join(', ');
}
