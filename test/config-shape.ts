/** An instance in the words of keepalived's data dump, for tests that compare the two. */
import type { InstanceConfig, VirtualAddress } from '../src/config/config.ts';
import { addressText } from '../src/report/dump/text.ts';

export type Values = Readonly<Record<string, unknown>> & { readonly name: string };

/** An address as keepalived dumps it. */
const dumped = (v: VirtualAddress): string => addressText(v, false);

const tracked = (name: string, weight: number, reverse: boolean) =>
  `${name} weight ${weight}${reverse ? ' reverse' : ''}`;

/** Times in microseconds, lists as the dump's lines. */
export function shape(i: InstanceConfig): Values {
  const auth = i.authentication;
  const g = i.garp;
  return {
    name: i.name,
    version: i.version,
    interface: i.interface,
    vrid: i.vrid,
    priority: i.priority,
    adverIntUs: i.adverIntUs,
    garp: [
      g.delayUs / 1e6,
      g.repeatCount,
      g.refreshUs / 1e6,
      g.refreshRepeatCount,
      g.lowerPrioDelayUs / 1e6,
      g.lowerPrioRepeatCount,
    ],
    downTimerAdverts: i.downTimerAdverts,
    lowerPrioNoAdvert: i.lowerPrioNoAdvert,
    higherPrioSendAdvert: i.higherPrioSendAdvert,
    accept: i.accept,
    preempt: i.preempt,
    preemptDelayUs: i.preemptDelayUs,
    promote: i.promoteSecondaries,
    auth: auth.type,
    password: auth.type === 'none' ? '' : Buffer.from(auth.data).toString('latin1').replace(/\0+$/, ''),
    vips: i.vips.map(dumped),
    evips: i.excludedVips.map(dumped),
    trackInterfaces: i.trackInterfaces.map((t) => tracked(t.interface, t.weight, t.reverse)),
    trackScripts: i.trackScripts.map((t) => tracked(t.script, t.weight, t.reverse)),
    peers: i.unicastPeers.map((p) => `${p.address} min_ttl ${p.minTtl} max_ttl ${p.maxTtl}`),
    wantMaster: i.stateMaster,
    smtp: i.smtpAlert,
    multicast: i.unicastPeers.length === 0,
    ...(i.sourceAddress === undefined ? {} : { source: i.sourceAddress }),
  };
}
