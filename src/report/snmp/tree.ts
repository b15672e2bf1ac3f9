/**
 * Scalars and tables in the order of their identifiers. What the rows of a table are is found out when a request comes near
 * it, once for each picture, and a value only when it is asked for: a walk over thousands of instances costs each request little.
 */
import type { Oid, SearchRange, SnmpValue, VarBind } from '../../ports/snmp.ts';
import { compareOids, startsWith } from './oid.ts';

/** A row: its index, and what its columns read. */
export type Row<T> = { readonly index: Oid; readonly of: T };

/** `P`: the picture of the daemon that rows are made from. */
export type Table<P, T> = {
  readonly entry: Oid; // columns are one number longer
  readonly rows: (picture: P) => readonly Row<T>[]; // in any order; of two with one index the first counts
  /** By number; undefined: the row has no such variable. */
  readonly columns: Readonly<Record<number, (row: T, picture: P) => SnmpValue | undefined>>;
};

type Column<P> = {
  readonly oid: Oid;
  readonly table: Table<P, unknown>;
  readonly value: (row: unknown, picture: P) => SnmpValue | undefined;
};

const NO_OBJECT: SnmpValue = { type: 'no-such-object' };
const NO_INSTANCE: SnmpValue = { type: 'no-such-instance' };

/** Scalars of one group: a table of one row with index 0. */
export function scalars<P>(
  entry: Oid,
  columns: Readonly<Record<number, (picture: P) => SnmpValue | undefined>>,
): Table<P, P> {
  return { entry, rows: (picture) => [{ index: [0], of: picture }], columns };
}

export class Tree<P extends object> {
  readonly #columns: readonly Column<P>[];
  readonly #rows = new WeakMap<P, Map<Table<P, unknown>, readonly Row<unknown>[]>>();

  // biome-ignore lint/suspicious/noExplicitAny: each table goes only to its own functions
  constructor(tables: readonly Table<P, any>[]) {
    this.#columns = tables
      .flatMap((table) =>
        Object.entries(table.columns).map(([id, value]) => ({
          oid: [...table.entry, Number(id)],
          table,
          value,
        })),
      )
      .sort((a, b) => compareOids(a.oid, b.oid));
  }

  get(oid: Oid, picture: P): SnmpValue {
    const column = this.#columns[this.#after(oid) - 1];
    if (column === undefined || !startsWith(oid, column.oid)) return NO_OBJECT;
    const index = oid.slice(column.oid.length);
    const rows = this.#rowsOf(column.table, picture);
    const row = rows[firstAtLeast(rows, index, true)];
    if (row === undefined || compareOids(row.index, index) !== 0) return NO_INSTANCE;
    return column.value(row.of, picture) ?? NO_INSTANCE;
  }

  next(range: SearchRange, picture: P): VarBind {
    const { start, include, end } = range;
    for (let at = Math.max(0, this.#after(start) - 1); at < this.#columns.length; at++) {
      const column = this.#columns[at] as Column<P>;
      if (end.length > 0 && compareOids(column.oid, end) >= 0) break;
      const rows = this.#rowsOf(column.table, picture);
      let first = 0;
      if (startsWith(start, column.oid)) first = firstAtLeast(rows, start.slice(column.oid.length), include);
      else if (compareOids(column.oid, start) < 0) continue;
      for (let i = first; i < rows.length; i++) {
        const row = rows[i] as Row<unknown>;
        const value = column.value(row.of, picture);
        if (value === undefined) continue;
        const oid = [...column.oid, ...row.index];
        if (end.length > 0 && compareOids(oid, end) >= 0) return atEnd(start);
        return { oid, value };
      }
    }
    return atEnd(start);
  }

  /** How many columns are at or before `oid`. */
  #after(oid: Oid): number {
    let low = 0;
    let high = this.#columns.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareOids((this.#columns[middle] as Column<P>).oid, oid) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #rowsOf(table: Table<P, unknown>, picture: P): readonly Row<unknown>[] {
    let tables = this.#rows.get(picture);
    if (tables === undefined) {
      tables = new Map();
      this.#rows.set(picture, tables);
    }
    let rows = tables.get(table);
    if (rows === undefined) {
      const sorted = [...table.rows(picture)].sort((a, b) => compareOids(a.index, b.index));
      rows = sorted.filter(
        (row, i) => i === 0 || compareOids(row.index, (sorted[i - 1] as typeof row).index) !== 0,
      );
      tables.set(table, rows);
    }
    return rows;
  }
}

const atEnd = (start: Oid): VarBind => ({ oid: start, value: { type: 'end-of-mib-view' } });

/** The first row whose index is beyond `index`, or at it with `include`. */
function firstAtLeast(rows: readonly Row<unknown>[], index: Oid, include: boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareOids((rows[middle] as Row<unknown>).index, index);
    if (order < 0 || (order === 0 && !include)) low = middle + 1;
    else high = middle;
  }
  return low;
}
