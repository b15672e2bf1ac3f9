/** What a request of the master agent is answered with (RFC 2741 7.2). Sets go in two steps: tested all, then carried out all. */
import type { SearchRange, SetOutcome, SnmpModel, VarBind } from '../../ports/snmp.ts';
import { AgentxError, type Body } from '../../wire/agentx.ts';

/** Variables in one answer to a GetBulk; the protocol allows fewer than were asked for. */
const MOST_IN_BULK = 200;
/** Sets that were tested and of which nothing was heard since. */
const MOST_PENDING = 16;

type Response = Extract<Body, { type: 'response' }>;

const response = (varBinds: readonly VarBind[], error = 0, index = 0): Response => ({
  type: 'response',
  sysUpTimeTicks: 0,
  error,
  index,
  varBinds,
});

export class Answers {
  readonly #model: SnmpModel;
  readonly #pending = new Map<number, readonly VarBind[]>(); // by transaction
  readonly #undo = new Map<number, readonly VarBind[]>();

  constructor(model: SnmpModel) {
    this.#model = model;
  }

  /** undefined: nothing is said. */
  to(transaction: number, body: Body): Response | undefined {
    switch (body.type) {
      case 'get':
        return response(body.ranges.map(({ start: oid }) => ({ oid, value: this.#model.get(oid) })));
      case 'get-next':
        return response(body.ranges.map((r) => this.#model.next(r)));
      case 'get-bulk':
        return response(this.#bulk(body.ranges, body.nonRepeaters, body.maxRepetitions));
      case 'test-set':
        return this.#test(transaction, body.varBinds);
      case 'commit-set':
        return this.#commit(transaction);
      case 'undo-set':
        return this.#takeBack(transaction);
      case 'cleanup-set':
        this.#pending.delete(transaction);
        this.#undo.delete(transaction);
        return undefined;
      default:
        return response([], AgentxError.processingError);
    }
  }

  #bulk(ranges: readonly SearchRange[], nonRepeaters: number, maxRepetitions: number): VarBind[] {
    const once = ranges.slice(0, nonRepeaters);
    const out = once.map((r) => this.#model.next(r));
    let repeated = ranges.slice(once.length);
    for (let n = 0; n < maxRepetitions && repeated.length > 0; n++) {
      if (n > 0 && out.length + repeated.length > MOST_IN_BULK) break;
      const found = repeated.map((r) => this.#model.next(r));
      out.push(...found);
      if (found.every((v) => v.value.type === 'end-of-mib-view')) break;
      repeated = repeated.map((r, i) => ({ ...r, start: (found[i] as VarBind).oid, include: false }));
    }
    return out;
  }

  #test(transaction: number, binds: readonly VarBind[]): Response {
    for (const [i, bind] of binds.entries()) {
      const outcome = this.#model.test(bind);
      if (outcome !== 'ok') return response([], AgentxError[outcome], i + 1);
    }
    if (this.#pending.size >= MOST_PENDING) return response([], AgentxError.genErr, 1);
    this.#pending.set(transaction, binds);
    return response([]);
  }

  #commit(transaction: number): Response {
    const binds = this.#pending.get(transaction) ?? [];
    this.#undo.set(
      transaction,
      binds.map(({ oid }) => ({ oid, value: this.#model.get(oid) })),
    );
    for (const [i, bind] of binds.entries())
      if (this.#model.set(bind) !== 'ok') return response([], AgentxError.commitFailed, i + 1);
    return response([]);
  }

  #takeBack(transaction: number): Response {
    const outcomes = (this.#undo.get(transaction) ?? []).map((bind): SetOutcome => this.#model.set(bind));
    this.#pending.delete(transaction);
    this.#undo.delete(transaction);
    const failed = outcomes.findIndex((o) => o !== 'ok');
    return failed < 0 ? response([]) : response([], AgentxError.undoFailed, failed + 1);
  }
}
