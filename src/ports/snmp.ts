/** What an SNMP agent may be asked for, and what it says unasked. */
import type { Config } from '../config/config.ts';
import type { Oid, SearchRange, SnmpValue, VarBind } from '../wire/agentx.ts';
import type { Notice } from './notice.ts';

export type { Oid, SearchRange, SnmpValue, VarBind } from '../wire/agentx.ts';

/** 'ok', or the name of an SNMP error. */
export type SetOutcome = 'ok' | 'notWritable' | 'noAccess' | 'wrongType' | 'wrongValue' | 'commitFailed';

/** The rows that are served and the traps that are sent; asked synchronously, within milliseconds. Never throws. */
export interface SnmpModel {
  /** The configuration whose rows are served from now on. */
  reconfigure(config: Config): void;
  /** Subtrees that are answered for. */
  subtrees(): readonly Oid[];
  get(oid: Oid): SnmpValue;
  /** The first variable in the range; at its end the start of the range as 'end-of-mib-view'. */
  next(range: SearchRange): VarBind;
  /** Whether the variable may be set to this value; nothing is changed. */
  test(bind: VarBind): SetOutcome;
  /** Carries out what `test` allowed. */
  set(bind: VarBind): SetOutcome;
  /** What `notice` is told as: a list of variables for each trap, snmpTrapOID.0 first. */
  traps(notice: Notice): readonly (readonly VarBind[])[];
  /** The master agent's sysUpTime at this moment, in ticks of 10 ms. */
  upTime(ticks: number): void;
}
