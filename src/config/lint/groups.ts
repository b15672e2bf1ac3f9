/** Sync groups: members that do not pull in one direction. Alert mails, which need more than one keyword. */
import type { InstanceConfig } from '../config.ts';
import type { Related } from '../diagnostic.ts';
import type { Statement } from '../tree.ts';
import { type Lint, lineOf, settingAt } from './input.ts';

type Aspect = {
  readonly what: string;
  readonly keywords: readonly string[];
  readonly of: (i: InstanceConfig) => string | number | boolean;
};

const ASPECTS: readonly Aspect[] = [
  { what: 'priorities', keywords: ['priority'], of: (i) => i.priority },
  { what: 'initial states', keywords: ['state'], of: (i) => (i.stateMaster ? 'MASTER' : 'BACKUP') },
  {
    what: 'preemption',
    keywords: ['nopreempt', 'preempt'],
    of: (i) => (i.preempt ? 'preempt' : 'nopreempt'),
  },
];

export function checkGroups(l: Lint): void {
  const byName = new Map(l.instances.map((i) => [i.instance.name, i] as const));
  for (const g of l.config.groups) {
    const members = g.members.flatMap((m) => byName.get(m) ?? []);
    const first = members[0];
    if (first === undefined) continue;
    for (const aspect of ASPECTS) {
      const others = members.filter((m) => aspect.of(m.instance) !== aspect.of(first.instance));
      if (others.length === 0) continue;
      const related: Related[] = [first, ...others].slice(0, 4).map((m) => ({
        at: settingAt(m.block, ...aspect.keywords),
        message: `${m.instance.name}: ${aspect.of(m.instance)}`,
      }));
      const name = l.blocks.get(`vrrp_sync_group ${g.name}`)?.args[0];
      l.reporter.report(
        'KA2110',
        name?.at ?? first.at,
        `sync group ${g.name}: its members differ in ${aspect.what}`,
        {
          related,
          effect: 'one member may take over while another holds back, and the group swings',
          fix: `give all members the same ${aspect.what === 'preemption' ? 'preemption' : aspect.keywords[0]} on this router`,
        },
      );
      break;
    }
  }
}

/** Who asked for mails: the first line that switches them on. */
function alertLine(l: Lint): Statement | undefined {
  const on = (s: Statement | undefined): s is Statement =>
    s !== undefined && !/^(?:off|false|no)$/.test(s.args[0]?.text ?? 'on');
  for (const s of l.statements) {
    if (s.keyword.text === 'global_defs') {
      const line = lineOf(s, 'smtp_alert_vrrp', 'smtp_alert', 'smtp_alert_checker');
      if (on(line)) return line;
    } else if (/^vrrp_(?:instance|sync_group)$|^virtual_server$/.test(s.keyword.text)) {
      const line = lineOf(s, 'smtp_alert');
      if (on(line)) return line;
    }
  }
  return undefined;
}

export function checkMail(l: Lint): void {
  const line = alertLine(l);
  if (line === undefined) return;
  const { smtp } = l.config.global;
  const has = (keyword: string) => l.globals.some((s) => s.keyword.text === keyword);
  // A word that was given and refused has its own finding.
  const missing = [
    ...(smtp === undefined && !has('smtp_server') ? ['smtp_server'] : []),
    ...((smtp?.to.length ?? 0) === 0 && !has('notification_email') ? ['notification_email'] : []),
  ];
  if (missing.length === 0) return;
  l.reporter.report('KA2109', line.keyword.at, `'${line.keyword.text}' without ${missing.join(' and ')}`, {
    effect: 'no mail is ever sent',
    fix: `add ${missing.join(' and ')} to global_defs, or remove '${line.keyword.text}'`,
  });
}
