/** The tree against the plain thing: all rows in one sorted list. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { VarBind } from '../../../../src/ports/snmp.ts';
import { compareOids, int } from '../../../../src/report/snmp/oid.ts';
import { scalars, type Table, Tree } from '../../../../src/report/snmp/tree.ts';

type Picture = { readonly rows: readonly (readonly number[])[] };
const table = (entry: readonly number[]): Table<Picture, readonly number[]> => ({
  entry,
  rows: (p) => p.rows.map((index) => ({ index, of: index })),
  columns: {
    2: (row) => int(row[0] as number),
    3: () => undefined,
    10: (row) => ((row[0] as number) % 2 === 0 ? int(10) : undefined),
  },
});
const tree = new Tree<Picture>([
  table([1, 4, 1]),
  scalars([1, 2], { 1: () => int(1), 7: () => undefined, 9: () => int(9) }),
  table([1, 4, 3]),
]);

function listed(p: Picture): VarBind[] {
  const of = (entry: readonly number[]): VarBind[] =>
    p.rows.flatMap((row) => [
      { oid: [...entry, 2, ...row], value: int(row[0] as number) },
      ...((row[0] as number) % 2 === 0 ? [{ oid: [...entry, 10, ...row], value: int(10) }] : []),
    ]);
  const all = [
    { oid: [1, 2, 1, 0], value: int(1) },
    { oid: [1, 2, 9, 0], value: int(9) },
    ...of([1, 4, 1]),
    ...of([1, 4, 3]),
  ];
  return all.sort((a, b) => compareOids(a.oid, b.oid));
}

const small = fc.integer({ min: 0, max: 11 });
const pictures = fc
  .uniqueArray(fc.array(small, { minLength: 1, maxLength: 3 }), {
    selector: (r) => r.join('.'),
    maxLength: 12,
  })
  .map((rows): Picture => ({ rows }));
const oids = fc.oneof(
  fc.array(small, { maxLength: 7 }),
  fc.array(small, { maxLength: 4 }).map((rest) => [1, 4, 1, ...rest]),
);

it('the next one is that of the list', () =>
  fc.assert(
    fc.property(pictures, oids, fc.boolean(), oids, (picture, start, include, end) => {
      const all = listed(picture);
      const found = all.find((v) => compareOids(v.oid, start) > (include ? -1 : 0));
      const beyond = found === undefined || (end.length > 0 && compareOids(found.oid, end) >= 0);
      assert.deepEqual(
        tree.next({ start, include, end }, picture),
        beyond ? { oid: start, value: { type: 'end-of-mib-view' } } : found,
      );
    }),
    { seed: 1, numRuns: 2_000 },
  ));

it('what is there is got, what is not is told apart', () =>
  fc.assert(
    fc.property(pictures, oids, (picture, oid) => {
      const found = listed(picture).find((v) => compareOids(v.oid, oid) === 0);
      const columns = [
        [1, 2, 1],
        [1, 2, 7],
        [1, 2, 9],
      ].concat(
        [2, 3, 10].flatMap((n) => [
          [1, 4, 1, n],
          [1, 4, 3, n],
        ]),
      );
      const inColumn = columns.some((c) => c.every((n, i) => oid[i] === n));
      const missing = { type: inColumn ? ('no-such-instance' as const) : ('no-such-object' as const) };
      assert.deepEqual(tree.get(oid, picture), found?.value ?? missing);
    }),
    { seed: 2, numRuns: 2_000 },
  ));
