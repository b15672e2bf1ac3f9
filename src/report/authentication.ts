/** What `vipd status` says of signatures: how adverts are signed and checked, whose clock is off. Never a key. */
import { clockDifference } from '../base/clock-difference.ts';
import type { InstanceSnapshot } from '../core/snapshot.ts';

/** One line for the instance, one for each peer whose signature was believed; none without authentication. */
export function authenticationLines(i: InstanceSnapshot): readonly string[] {
  const a = i.authentication;
  switch (a.type) {
    case 'none':
      return [];
    case 'pass':
      return ['auth_type PASS'];
    case 'ah':
      return [`auth_type AH, sequence number ${a.sequence}`];
    case 'hmac': {
      const signing = a.mode === 'receive-only' ? 'adverts are not signed' : `signs with key ${a.activeKey}`;
      const window = a.antiReplay === 'time' ? `, time_window ${a.timeWindowS} s` : '';
      return [
        `auth_hmac mode ${a.mode}, ${signing}, knows ${a.keys.join(', ')}, anti_replay ${a.antiReplay}${window}`,
        ...a.peers.map(
          (p) => `${p.address} signs with key ${p.keyId}, its clock is ${clockDifference(p.aheadMs)} ours`,
        ),
      ];
    }
  }
}

/** What will go wrong unless somebody acts. */
export function authenticationProblems(i: InstanceSnapshot): readonly string[] {
  const a = i.authentication;
  if (a.type === 'ah' && a.exhausted)
    return [
      `${i.name}: the AH sequence number is used up and peers refuse our adverts: change auth_pass on all nodes and restart them`,
    ];
  if (a.type !== 'hmac' || a.antiReplay !== 'time') return [];
  return a.peers
    .filter((p) => Math.abs(p.aheadMs) > a.timeWindowS * 500)
    .map(
      (p) =>
        `${i.name}: the clock of ${p.address} is ${clockDifference(p.aheadMs)} ours, adverts are refused from ${a.timeWindowS} s on (time_window): set both clocks by NTP`,
    );
}
