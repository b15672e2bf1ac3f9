/** What the BFD sessions say in the log: keepalived's words where people look for them, and names of diagnostics. */
import { formatIp } from '../base/ip.ts';
import type { StateName } from '../bfd/types.ts';
import type { BfdReceived } from '../ports/bfd.ts';

/** RFC 5880 4.1. */
const DIAGNOSTICS = [
  'No Diagnostic',
  'Control Detection Time Expired',
  'Echo Function Failed',
  'Neighbor Signaled Session Down',
  'Forwarding Plane Reset',
  'Path Down',
  'Concatenated Path Down',
  'Administratively Down',
  'Reverse Concatenated Path Down',
] as const;

/** The name of a diagnostic code, 0..31; 9 and above are reserved. */
export const diagnostic = (code: number): string => DIAGNOSTICS[code] ?? `Diagnostic ${code}`;

const STATE_WORDS: Readonly<Record<StateName, string>> = {
  'admin-down': 'AdminDown',
  down: 'Down',
  init: 'Init',
  up: 'Up',
};
export const bfdState = (name: StateName): string => STATE_WORDS[name];

/** As keepalived prints a discriminator: '0x0a0b0c0d'. */
export const discriminator = (n: number): string => `0x${n.toString(16).padStart(8, '0')}`;

export const entering = (name: string, to: StateName): string => `(${name}) Entering ${bfdState(to)} state`;

export const enteringDown = (name: string, local: number, remote: number): string =>
  `(${name}) Entering Down state (Local diagnostic - ${diagnostic(local)}, Remote diagnostic - ${diagnostic(remote)})`;

export const expired = (name: string, silentUs: number, overdueUs: number): string =>
  `(${name}) Expired after ${Math.round(silentUs / 1000)} ms (${overdueUs} usec overdue)`;

export const pollStarted = (name: string): string => `(${name}) Starting poll sequence`;

export const notSent = (code: string): string => `Error sending packet (${code})`;

/** `what`: the reason with what was found. */
export const discarding = (r: BfdReceived, what: string): string =>
  `Discarding packet from [${formatIp(r.source)}]:${r.port} (${what})`;

export const sessionNotFound = (yours: number): string =>
  `session is not found - your discriminator field is ${discriminator(yours)}`;

export const ttlTooLow = (ttl: number, least: number): string => `Packet ttl(${ttl}) < ${least} - discarding`;

export const tracked = (instance: string, session: string, up: boolean): string =>
  `VRRP_Instance(${instance}) Tracked BFD instance ${session} is ${up ? 'UP' : 'DOWN'}`;
