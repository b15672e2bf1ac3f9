import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Deadlines } from '../../../src/core/deadlines.ts';

it('deadlines: agrees with a sorted list whatever is set, moved and removed', () => {
  const op = fc.tuple(
    fc.integer({ min: 0, max: 20 }),
    fc.option(fc.integer({ min: 0, max: 1000 }), { nil: Number.POSITIVE_INFINITY }),
  );
  fc.assert(
    fc.property(fc.array(op, { maxLength: 200 }), (ops) => {
      const heap = new Deadlines();
      const model = new Map<number, number>();
      for (const [id, at] of ops) {
        heap.set(id, at);
        if (at === Number.POSITIVE_INFINITY) model.delete(id);
        else model.set(id, at);
        const next = Math.min(Number.POSITIVE_INFINITY, ...model.values());
        assert.equal(heap.next(), next);
        const due = heap.due(next);
        if (next === Number.POSITIVE_INFINITY) assert.equal(heap.due(1e9), undefined);
        else assert.equal(model.get(due as number), next);
        assert.equal(heap.due(next - 1), undefined);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});
