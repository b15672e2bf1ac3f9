/** The rows and traps that are answered and sent, from the daemon of the reports' fixture. Every value against keepalived's: netns/snmp. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config, InstanceNotice, Notice } from '../../../../src/ports/notice.ts';
import type { Oid, SnmpValue, VarBind } from '../../../../src/ports/snmp.ts';
import { Model } from '../../../../src/report/snmp/model.ts';
import { compareOids } from '../../../../src/report/snmp/oid.ts';
import { KEEPALIVED_MIB, VRRP_MIB, VRRPV3_MIB } from '../../../../src/report/snmp/picture.ts';
import { CONFIG, FACTS, SNAPSHOT } from '../fixture.ts';

const S = 1_000_000;
const INSTANCE = [...KEEPALIVED_MIB, 2, 3, 1];
const ALL = { traps: true, vrrp: true, rfcV2: true, rfcV3: true };

class Bench {
  nowUs = 1000 * S;
  views = 0;
  viewCostUs = 0;
  readonly amended: unknown[] = [];
  busy = false;
  readonly model: Model;

  constructor(snmp: Partial<Config['global']['snmp']> = ALL, everything = false) {
    this.model = new Model({
      everything,
      nowUs: () => this.nowUs,
      links: () => FACTS.links,
      amend: (...change) => {
        this.amended.push(change);
        return !this.busy;
      },
      view: () => {
        this.views++;
        this.nowUs += this.viewCostUs;
        return {
          config: CONFIG,
          snapshot: { ...SNAPSHOT, instances: [] },
          instances: new Map(SNAPSHOT.instances.map((i) => [i.name, () => i])),
          links: FACTS.links,
          addresses: () => FACTS.addresses,
          routingSet: () => ({ routes: [true], rules: [true] }),
        };
      },
    });
    const { global } = CONFIG;
    this.model.reconfigure({ ...CONFIG, global: { ...global, snmp: { ...global.snmp, ...snmp } } });
    this.model.upTime(500);
  }

  walk(root: Oid): VarBind[] {
    const end = [...root.slice(0, -1), (root.at(-1) as number) + 1];
    const out: VarBind[] = [];
    for (let start: Oid = root; out.length < 10_000; ) {
      const found = this.model.next({ start, include: false, end });
      if (found.value.type === 'end-of-mib-view') return out;
      out.push(found);
      start = found.oid;
    }
    throw new Error('a walk without end');
  }
}

const plain = (v: SnmpValue): unknown =>
  v.type === 'octets' ? Buffer.from(v.bytes).toString() : 'value' in v ? v.value : v.type;
const name = CONFIG.instances[0]?.name as string;

describe('rows', () => {
  it('a walk goes up, meets every subtree, and Get finds the same', () => {
    const b = new Bench();
    for (const root of [KEEPALIVED_MIB, VRRP_MIB, VRRPV3_MIB]) {
      const rows = b.walk(root);
      assert.ok(rows.length > 20, `${root.join('.')}: ${rows.length} rows`);
      for (const [i, row] of rows.entries()) {
        if (i > 0) assert.ok(compareOids((rows[i - 1] as VarBind).oid, row.oid) < 0);
        assert.deepEqual(b.model.get(row.oid), row.value);
      }
    }
  });

  it('of an instance, as the snapshot has it', () => {
    const { model } = new Bench();
    const of = (column: number, row = 1): unknown => plain(model.get([...INSTANCE, column, row]));
    assert.deepEqual([of(2), of(4), of(8)], [name, 2, SNAPSHOT.instances[0]?.effectivePriority]);
    assert.equal(of(4, 99), 'no-such-instance');
    assert.equal(of(99), 'no-such-object');
  });

  it('only of the MIBs that are asked for; -x is all of them', () => {
    const some = new Bench({ vrrp: false, rfcV2: false, rfcV3: true });
    assert.deepEqual(some.model.subtrees(), [VRRPV3_MIB]);
    assert.deepEqual(some.walk(KEEPALIVED_MIB), []);
    assert.equal(new Bench({ vrrp: false, rfcV2: false, rfcV3: false }, true).model.subtrees().length, 4);
  });
});

describe('pictures', () => {
  const ask = (b: Bench): void => void b.model.get([...INSTANCE, 2, 1]);
  it('serve many requests, and are taken again after a second or a notice', () => {
    const b = new Bench();
    for (let i = 0; i < 100; i++) ask(b);
    assert.equal(b.views, 1);
    b.model.traps({ type: 'started' });
    ask(b);
    assert.equal(b.views, 2);
    b.nowUs += S;
    ask(b);
    assert.equal(b.views, 3);
  });

  it('that take long are taken seldom', () => {
    const b = new Bench();
    b.viewCostUs = 100_000;
    for (let i = 0; i < 40; i++) {
      b.model.traps({ type: 'started' });
      ask(b);
      b.nowUs += 100_000;
    }
    assert.ok(b.views <= 3, `${b.views} pictures in 4 s of 0.1 s each`);
  });
});

const became = (
  state: InstanceNotice['state'],
  reason: InstanceNotice['reason'],
  at = 0,
): InstanceNotice => ({
  type: 'instance',
  config: CONFIG.instances[at] as Config['instances'][number],
  state,
  previous: 'BACKUP',
  priority: 100,
  reason,
  peer: '',
  source: '192.0.2.1',
});
const ids = (b: Bench, notice: Notice): string[] =>
  b.model.traps(notice).map((t) => {
    const id = t[0]?.value;
    return id?.type === 'oid' ? id.oid.slice(-4).join('.') : '';
  });

describe('traps', () => {
  const version = CONFIG.instances[0]?.version;
  it('of a new master: one for each MIB', () => {
    assert.equal(version, 2);
    assert.deepEqual(ids(new Bench(), became('MASTER', 'preempt')), ['2.10.0.2', '1.68.0.1', '1.207.0.1']);
    assert.deepEqual(ids(new Bench({ ...ALL, vrrp: false }), became('BACKUP', 'start')), []);
    assert.deepEqual(ids(new Bench({ ...ALL, traps: false }), became('MASTER', 'preempt')), []);
  });

  it('the reason is told, and kept for the row', () => {
    const b = new Bench();
    for (const [reason, number] of [
      ['master-silent', 3],
      ['master-resigned', 1],
      ['preempt', 2],
      ['group', 3],
    ] as const) {
      const trap = b.model.traps(became('MASTER', reason)).at(-1);
      assert.deepEqual(trap?.at(-1)?.value, { type: 'integer', value: number }, reason);
      assert.deepEqual(b.model.get(trap?.at(-1)?.oid as Oid), { type: 'integer', value: number }, reason);
    }
  });

  it('of a refused advert: once a second', () => {
    const b = new Bench();
    const config = CONFIG.instances[0] as Config['instances'][number];
    const refused = (reason: 'auth-data' | 'checksum' | 'length'): string[] =>
      ids(b, { type: 'rejected', config, reason, peer: '192.0.2.9' });
    assert.deepEqual(refused('auth-data'), ['1.68.0.2']);
    assert.deepEqual(refused('auth-data'), []);
    assert.deepEqual(refused('checksum'), ['1.207.0.2']);
    assert.deepEqual(refused('length'), []);
    b.nowUs += S;
    assert.deepEqual(refused('auth-data'), ['1.68.0.2']);
  });
});

it('up-times count from the end of INIT and FAULT', () => {
  const b = new Bench();
  const upTime = (): unknown => {
    const row = b.walk([...VRRPV3_MIB, 1, 1, 1, 1, 12])[0] as VarBind;
    return plain(row.value);
  };
  b.model.traps(became('BACKUP', 'start'));
  b.nowUs += 3 * S;
  b.model.traps(became('MASTER', 'master-silent'));
  assert.equal(upTime(), 300);
  b.model.traps(became('FAULT', 'fault'));
  b.nowUs += S;
  b.model.traps(became('BACKUP', 'fault-cleared'));
  b.nowUs += 2 * S;
  assert.equal(upTime(), 200);
});

describe('sets', () => {
  const to = (column: number, n: number): VarBind => ({
    oid: [...INSTANCE, column, 1],
    value: { type: 'integer', value: n },
  });
  it('of the base priority and of preemption are handed on', () => {
    const b = new Bench();
    assert.deepEqual([b.model.test(to(7, 1)), b.amended], ['ok', []]);
    assert.deepEqual([b.model.set(to(7, 255)), b.model.set(to(13, 2))], ['ok', 'ok']);
    assert.deepEqual(b.amended, [
      [name, { priority: 255 }],
      [name, { preempt: false }],
    ]);
    b.busy = true;
    assert.equal(b.model.set(to(7, 9)), 'commitFailed');
  });
  it('of anything else are refused', () => {
    const { model } = new Bench();
    assert.deepEqual(
      [to(7, 0), to(7, 256), to(13, 0), to(13, 3), to(8, 5)].map((v) => model.test(v)),
      ['wrongValue', 'wrongValue', 'wrongValue', 'wrongValue', 'notWritable'],
    );
    const oid = [...INSTANCE, 7, 1];
    assert.equal(model.test({ oid, value: { type: 'gauge32', value: 5 } }), 'wrongType');
    assert.equal(model.test({ oid: [...oid, 1], value: { type: 'integer', value: 5 } }), 'notWritable');
    assert.equal(
      model.test({ oid: [...INSTANCE, 7, 99], value: { type: 'integer', value: 5 } }),
      'notWritable',
    );
  });
});
