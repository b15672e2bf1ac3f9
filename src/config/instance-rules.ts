/** keepalived's rules for identity, election and timing of an instance: one rule, one function. */
import { type Draft, lastOf, tell } from './instance-draft.ts';
import type { Setting } from './settings.ts';

const S = 1_000_000;

/** Fatal without: every instance needs a VRID. */
export function virtualRouterId(d: Draft): number | undefined {
  const vrid = d.block.number('virtual_router_id');
  if (vrid !== undefined) return vrid;
  tell(d, 'KA0602', 'virtual_router_id', 'the virtual router id must be set', {
    effect: 'keepalived stops with status 2',
    fix: "add 'virtual_router_id N' with N in 1..255, the same on all routers of the group",
    fatal: 2,
  });
  return undefined;
}

/** 'version', else 3 for IPv6, else the global one; what the family or strict mode forbids is corrected. */
export function version(d: Draft): 2 | 3 {
  const settings = d.block.settings.filter((s) => s.statement.keyword.text === 'version');
  const first = settings[0];
  const other = settings.find((s) => s.value !== first?.value);
  if (other !== undefined)
    tell(d, 'KA0603', other.at, `vrrp version already set to ${first?.value}`, {
      effect: 'keepalived keeps the first',
    });
  const wanted = first?.value;
  if (d.family === 4) return (wanted ?? d.c.globals.version) === 3 ? 3 : 2;
  if (wanted !== 2) return 3;
  const afterAddresses = first !== undefined && versionAfterAddresses(d);
  if (!afterAddresses && !d.strict) return 2;
  tell(d, 'KA0604', 'version', 'VRRP version 2 does not support IPv6', {
    effect: 'keepalived uses version 3',
    fix: 'remove the line',
  });
  return 3;
}

function versionAfterAddresses(d: Draft): boolean {
  const body = d.block.statement?.body ?? [];
  const at = body.findIndex((s) => s.keyword.text === 'version');
  return body
    .slice(0, at)
    .some((s) => s.keyword.text === 'virtual_ipaddress' || s.keyword.text === 'unicast_peer');
}

export type Election = { readonly stateMaster: boolean; readonly priority: number };

/** The state and priority table: MASTER without priority makes an owner, 255 without state a MASTER. */
export function election(d: Draft): Election {
  const states = d.block.settings.filter((s) => s.statement.keyword.text === 'state');
  const master = stateMasterLine(d, states);
  const written = d.block.number('priority');
  const priority = written ?? (master === undefined ? 100 : 255);
  let stateMaster = master !== undefined || (states.length === 0 && priority === 255);
  if (written === undefined && master !== undefined)
    tell(
      d,
      'KA0606',
      master.at,
      "'state MASTER' without 'priority' makes this router the address owner, priority 255",
      {
        effect: 'it becomes master at once and takes over from every other router',
        fix: "add 'priority N' with N in 1..254",
      },
    );
  if (d.strict && stateMaster !== (priority === 255)) {
    stateMaster = priority === 255;
    tell(d, 'KA0607', 'state', `strict mode: initial state must be MASTER exactly for priority 255`, {
      effect: `keepalived starts it as ${stateMaster ? 'MASTER' : 'BACKUP'}`,
    });
  }
  return { stateMaster, priority };
}

/** The line that makes it MASTER: BACKUP behind it is refused, an unknown word (read as BACKUP) is not. */
function stateMasterLine(d: Draft, states: readonly Setting[]): Setting | undefined {
  let master: Setting | undefined;
  for (const s of states) {
    if (s.value === 'MASTER') master = s;
    else if (s.words[0]?.text !== 'BACKUP') master = undefined;
    else if (master !== undefined)
      tell(d, 'KA0605', s.at, 'state previously set as MASTER - ignoring BACKUP', {
        effect: 'keepalived keeps MASTER',
      });
  }
  return master;
}

/** 'nopreempt' and 'preempt_delay' bind only a BACKUP below 255. */
export function preemption(
  d: Draft,
  e: Election,
): { readonly preempt: boolean; readonly preemptDelayUs: number } {
  let preempt = lastOf(d.block, 'preempt', 'nopreempt')?.statement.keyword.text !== 'nopreempt';
  if (!preempt && (e.stateMaster || e.priority === 255)) {
    preempt = true;
    const why = e.stateMaster ? 'initial state MASTER' : 'priority 255';
    tell(d, 'KA0608', 'nopreempt', `Warning - nopreempt will not work with ${why} - clearing`, {
      effect: 'the instance preempts',
      fix: "use 'state BACKUP' on all routers with nopreempt",
    });
  }
  let preemptDelayUs = d.block.number('preempt_delay') ?? 0;
  const against = d.strict
    ? 'strict mode'
    : e.stateMaster
      ? 'initial state MASTER'
      : preempt
        ? undefined
        : 'nopreempt mode';
  if (preemptDelayUs > 0 && against !== undefined) {
    preemptDelayUs = 0;
    tell(d, 'KA0609', 'preempt_delay', `preempt_delay is incompatible with ${against} - resetting`, {
      effect: 'there is no delay',
    });
  }
  return { preempt, preemptDelayUs };
}

/** Microseconds. Version 2 knows whole seconds from 1 to 255, version 3 steps of 10 ms up to 40.95 s. */
export function advertInterval(d: Draft, v: 2 | 3): number {
  const written = d.block.number('advert_int') ?? S;
  if (v === 2) {
    const rounded = Math.max(1, Math.floor((written + S / 2) / S)) * S;
    if (rounded !== written)
      tell(
        d,
        'KA0610',
        'advert_int',
        `VRRPv2 advertisement interval ${(written / S).toFixed(6)}s must be an integer. rounding`,
        {
          effect: `the interval is ${rounded / S} s`,
          fix: "write whole seconds, or use 'version 3' on all routers",
        },
      );
    return rounded;
  }
  const most = 40_950_000;
  if (written > most) {
    tell(
      d,
      'KA0611',
      'advert_int',
      `VRRPv3 advertisement interval ${(written / S).toFixed(2)}s is out of range. Must be less than 40.96s. Setting to 40.95s`,
      {
        effect: 'the interval is 40.95 s',
      },
    );
    return most;
  }
  const rounded = Math.floor((written + 5000) / 10_000) * 10_000;
  if (rounded !== written)
    tell(
      d,
      'KA0610',
      'advert_int',
      `VRRPv3 advertisement interval ${(written / S).toFixed(6)}s must be in units of 10ms. rounding`,
      {
        effect: `the interval is ${rounded / S} s`,
      },
    );
  return Math.max(10_000, rounded);
}

export function downTimerAdverts(d: Draft): number {
  const count = d.block.number('down_timer_adverts') ?? d.c.globals.downTimerAdverts;
  if (!d.strict || count === 3) return count;
  tell(d, 'KA0612', 'down_timer_adverts', 'strict mode requires down_timer_adverts to be 3 - resetting', {
    effect: 'it is 3',
  });
  return 3;
}

/** On, unless 'no_accept'; in strict mode off unless 'accept' or the owner. */
export function accept(d: Draft, v: 2 | 3, priority: number): boolean {
  const written = lastOf(d.block, 'accept', 'no_accept')?.statement.keyword.text;
  if (!d.strict) return written !== 'no_accept';
  if (priority === 255) return written !== 'no_accept';
  if (written === 'accept' && v === 2) {
    tell(
      d,
      'KA0613',
      'accept',
      "strict mode: 'accept' is not allowed with VRRPv2 below priority 255 - resetting",
      {
        effect: 'the addresses do not answer',
        fix: "use 'version 3', or leave strict mode",
      },
    );
    return false;
  }
  return written === 'accept';
}

/** Answers to lower and higher adverts, and whether an owner listens at all. */
export function advertAnswers(
  d: Draft,
  priority: number,
): {
  readonly lowerPrioNoAdvert: boolean;
  readonly higherPrioSendAdvert: boolean;
  readonly ownerIgnoreAdverts: boolean;
} {
  const { globals } = d.c;
  const lower = d.block.boolean('lower_prio_no_advert');
  const higher = d.block.boolean('higher_prio_send_advert');
  if (d.strict && lower === false)
    tell(
      d,
      'KA0614',
      'lower_prio_no_advert',
      'strict mode requires lower_prio_no_advert to be set - resetting',
      { effect: 'it is on' },
    );
  if (d.strict && higher === true)
    tell(
      d,
      'KA0614',
      'higher_prio_send_advert',
      'strict mode requires higher_prio_send_advert to be clear - resetting',
      { effect: 'it is off' },
    );
  return {
    lowerPrioNoAdvert: d.strict ? true : (lower ?? globals.lowerPrioNoAdvert ?? false),
    higherPrioSendAdvert: d.strict ? false : (higher ?? globals.higherPrioSendAdvert),
    ownerIgnoreAdverts: ownerIgnore(d, priority),
  };
}

function ownerIgnore(d: Draft, priority: number): boolean {
  const written = d.block.boolean('owner_ignore_adverts');
  if (priority !== 255) {
    if (written === true)
      tell(d, 'KA0615', 'owner_ignore_adverts', 'owner_ignore_adverts is for priority 255 only - resetting', {
        effect: 'it is off',
      });
    return false;
  }
  if (written === false) {
    // KEEPALIVED: an explicit 'off' is turned on, strict or not.
    tell(d, 'KA0615', 'owner_ignore_adverts', 'owner_ignore_adverts cannot be switched off at priority 255', {
      effect: 'it is on',
      fix: 'remove the line',
    });
    return true;
  }
  return written ?? (d.strict || d.c.globals.ownerIgnoreAdverts);
}
