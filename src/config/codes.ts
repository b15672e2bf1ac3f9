/**
 * The closed set of diagnostic codes: severity, keepalived's class, and what a page of explanations says. A code is never
 * used for another rule; gaps are codes that were withdrawn or are kept for later.
 */
import { ADDRESSES_CODES } from './codes/addresses.table.ts';
import { ARGUMENTS_CODES } from './codes/arguments.table.ts';
import { BFD_CODES } from './codes/bfd.table.ts';
import { FILES_CODES } from './codes/files.table.ts';
import { GLOBAL_CODES } from './codes/global.table.ts';
import { GROUPS_CODES } from './codes/groups.table.ts';
import { INSTANCE_CODES } from './codes/instance.table.ts';
import { LINES_CODES } from './codes/lines.table.ts';
import { LINT_CODES } from './codes/lint.table.ts';
import { LVS_CODES } from './codes/lvs.table.ts';
import { MACHINE_CODES } from './codes/machine.table.ts';
import { PAIR_CODES } from './codes/pair.table.ts';
import { ROUTES_CODES } from './codes/routes.table.ts';
import type { CodeRow } from './codes/row.ts';
import { SCRIPTS_CODES } from './codes/scripts.table.ts';
import { STRUCTURE_CODES } from './codes/structure.table.ts';
import { TRACKING_CODES } from './codes/tracking.table.ts';

export type DiagnosticCode =
  | keyof typeof LINES_CODES
  | keyof typeof FILES_CODES
  | keyof typeof STRUCTURE_CODES
  | keyof typeof ARGUMENTS_CODES
  | keyof typeof GLOBAL_CODES
  | keyof typeof INSTANCE_CODES
  | keyof typeof ADDRESSES_CODES
  | keyof typeof TRACKING_CODES
  | keyof typeof GROUPS_CODES
  | keyof typeof SCRIPTS_CODES
  | keyof typeof LVS_CODES
  | keyof typeof LINT_CODES
  | keyof typeof MACHINE_CODES
  | keyof typeof ROUTES_CODES
  | keyof typeof BFD_CODES
  | keyof typeof PAIR_CODES;

export const CODES: Readonly<Record<DiagnosticCode, CodeRow>> = {
  ...LINES_CODES,
  ...FILES_CODES,
  ...STRUCTURE_CODES,
  ...ARGUMENTS_CODES,
  ...GLOBAL_CODES,
  ...INSTANCE_CODES,
  ...ADDRESSES_CODES,
  ...TRACKING_CODES,
  ...GROUPS_CODES,
  ...SCRIPTS_CODES,
  ...LVS_CODES,
  ...LINT_CODES,
  ...MACHINE_CODES,
  ...ROUTES_CODES,
  ...BFD_CODES,
  ...PAIR_CODES,
};
