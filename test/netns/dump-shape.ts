/** A dumped instance in the shape of test/config-shape.ts. A field that the dump does not have is left out. */
import type { Values } from '../config-shape.ts';
import type { DumpedObject } from './dump.ts';

const GARP = [
  'delay',
  'repeat',
  'refresh',
  'refresh repeat',
  'lower priority delay',
  'lower priority repeat',
];
const AUTHENTICATION: Readonly<Record<string, string>> = {
  none: 'none',
  SIMPLE_PASSWORD: 'pass',
  IPSEC_AH: 'ah',
};

export function dumpedShape(o: DumpedObject): Values {
  const text = (key: string): string => o.fields.get(key) ?? '';
  const number = (key: string): number => Number.parseFloat(text(key));
  const list = (key: string): readonly string[] => o.lists.get(key) ?? [];
  const auth = o.fields.get('Authentication type');
  const delay = o.fields.get('Preempt delay');
  return {
    name: o.name,
    version: number('VRRP Version'),
    ...(o.fields.has('Interface') ? { interface: device(text('Interface')) } : {}),
    vrid: number('Virtual Router ID'),
    priority: number('Priority'),
    adverIntUs: microseconds(text('Advert interval')),
    garp: GARP.map((key) => number(`Gratuitous ARP ${key}`)),
    downTimerAdverts: number('Down timer adverts'),
    lowerPrioNoAdvert: text('Send advert after receive lower priority advert') === 'false',
    higherPrioSendAdvert: text('Send advert after receive higher priority advert') === 'true',
    accept: text('Accept') === 'enabled',
    preempt: text('Preempt') === 'enabled',
    ...(delay === undefined ? {} : { preemptDelayUs: microseconds(delay) }),
    promote: text('Promote_secondaries') === 'enabled',
    ...(auth === undefined ? {} : { auth: AUTHENTICATION[auth] ?? auth }),
    ...(o.fields.has('Password') ? { password: text('Password') } : {}),
    vips: list('Virtual IP').map(address),
    evips: list('Virtual IP Excluded').map(address),
    peers: list('Unicast Peer'),
    trackScripts: list('Tracked scripts').map(tracked),
    trackInterfaces: list('Tracked interfaces').map(tracked),
    smtp: text('Using smtp notification') === 'yes',
    multicast: o.fields.has('Multicast address'),
  };
}

/** 'set': it is on the interface just now. */
const address = (line: string): string => line.replace(/ set$/, '').replace(/ dev [^ @]+@/, ' dev ');

/** The interface that was written: 'NAME', or that below a 'vmac on NAME'. */
const device = (text: string): string => / on ([^ ,]+)/.exec(text)?.[1] ?? (text.split(',')[0] as string);

const tracked = (line: string): string =>
  line.replace(/,? weight /, ' weight ').replace(/, (reverse)/, ' $1');

/** '1 sec', '500 milli-sec', '2.500000 secs'. */
function microseconds(text: string): number {
  return Math.round(Number.parseFloat(text) * (text.includes('milli') ? 1e3 : 1e6));
}
