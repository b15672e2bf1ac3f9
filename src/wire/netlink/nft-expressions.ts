/**
 * Expressions of nf_tables rules, as far as our rules need them: each is one list element of NFTA_RULE_EXPRESSIONS.
 * Numbers: uapi/linux/netfilter/nf_tables.h. Registers 1 and 2 hold 16 octets each, 2 directly behind 1, so that a key
 * made of two fields is looked up from register 1.
 */
import { attribute, nested, number, text } from './attributes.ts';

const LIST_ELEM = 1;
const EXPR_NAME = 1;
const EXPR_DATA = 2;
const DATA_VALUE = 1;
const DATA_VERDICT = 2;

export type Register = 1 | 2;
export type Expression = Uint8Array;

const expression = (name: string, ...attributes: readonly Uint8Array[]): Expression =>
  nested(LIST_ELEM, text(EXPR_NAME, name), nested(EXPR_DATA, ...attributes));

const value = (type: number, octets: Uint8Array): Uint8Array => nested(type, attribute(DATA_VALUE, octets));

const BASE = { network: 1, transport: 2 } as const;

/** Octets of the packet into a register. */
export const payload = (
  base: keyof typeof BASE,
  offset: number,
  length: number,
  to: Register = 1,
): Expression =>
  expression('payload', number(1, to), number(2, BASE[base]), number(3, offset), number(4, length));

/** Goes on only when the register begins with these octets. */
export const equals = (octets: Uint8Array, from: Register = 1): Expression =>
  expression('cmp', number(1, from), number(2, 0), value(3, octets));

const META = { iif: 4, oif: 5, oifname: 7, l4proto: 16, oifkind: 27 } as const;

/** A property of the packet's way into a register; interface numbers in the host's byte order, names in 16 octets. */
export const meta = (key: keyof typeof META, to: Register = 1): Expression =>
  expression('meta', number(2, META[key]), number(1, to));

/** Goes on only when the set holds what begins at the register. */
export const inSet = (set: string, from: Register = 1): Expression =>
  expression('lookup', text(1, set), number(2, from));

/** Replaces the register by what the map holds for it; ends the rule when it holds nothing. */
export const mapped = (set: string, register: Register): Expression =>
  expression('lookup', text(1, set), number(2, register), number(3, register));

/** A copy of the packet leaves by another interface to the neighbour of that address. */
export const duplicate = (address: Register, device: Register): Expression =>
  expression('dup', number(1, address), number(2, device));

/** The register and a mask of the same length. */
export const masked = (mask: Uint8Array, register: Register = 1): Expression =>
  expression(
    'bitwise',
    number(1, register),
    number(2, register),
    number(3, mask.length),
    value(4, mask),
    value(5, new Uint8Array(mask.length)),
  );

export const counter = (): Expression => expression('counter');

const VERDICT = { drop: 0, accept: 1, goto: -4 } as const;

const immediate = (code: number, ...chain: readonly Uint8Array[]): Expression =>
  expression('immediate', number(1, 0), nested(2, nested(DATA_VERDICT, number(1, code), ...chain)));

export const drop = (): Expression => immediate(VERDICT.drop);
export const accept = (): Expression => immediate(VERDICT.accept);
export const goTo = (chain: string): Expression => immediate(VERDICT.goto, text(2, chain));
