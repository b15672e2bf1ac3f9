/** The columns that 2.2.7 lets be set: vrrpInstanceBasePriority and vrrpInstancePreempt of KEEPALIVED-MIB. */
import type { SetOutcome, VarBind } from '../../ports/snmp.ts';
import { startsWith } from './oid.ts';
import { KEEPALIVED_MIB, type Picture } from './picture.ts';

type Amendment = { readonly priority?: number; readonly preempt?: boolean };
/** Changes an instance until the next reload; false: not now. */
export type Amend = (instance: string, change: Amendment) => boolean;

type Change = { readonly instance: string; readonly amendment: Amendment };

const INSTANCE_ENTRY = [...KEEPALIVED_MIB, 2, 3, 1];
const BASE_PRIORITY = 7;
const PREEMPT = 13;

/** What setting a variable asks for, or why that cannot be. KEEPALIVED: takes a priority beyond 255, and its last octet. */
export function changeOf({ oid, value }: VarBind, p: Picture): Change | Exclude<SetOutcome, 'ok'> {
  const [column, number, ...rest] = oid.slice(INSTANCE_ENTRY.length);
  const instance = p.instances.find((i) => i.number === number);
  if (!startsWith(oid, INSTANCE_ENTRY) || rest.length > 0 || instance === undefined) return 'notWritable';
  if (column !== BASE_PRIORITY && column !== PREEMPT) return 'notWritable';
  if (value.type !== 'integer') return 'wrongType';
  const { name } = instance.config;
  const n = value.value;
  if (column === BASE_PRIORITY)
    return n >= 1 && n <= 255 ? { instance: name, amendment: { priority: n } } : 'wrongValue';
  return n === 1 || n === 2 ? { instance: name, amendment: { preempt: n === 1 } } : 'wrongValue';
}
