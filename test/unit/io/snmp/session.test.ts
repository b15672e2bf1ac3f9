/** The session against a master agent played by the test, and the forms of its address. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAgentAddress } from '../../../../src/io/snmp/address.ts';
import { Session } from '../../../../src/io/snmp/session.ts';
import type { SnmpModel, VarBind } from '../../../../src/ports/snmp.ts';
import { type Body, decodePdu, encodePdu, type Pdu } from '../../../../src/wire/agentx.ts';

const SUBTREE = [1, 3, 6, 1, 4, 1, 9586, 100, 5, 1];
const one = (n: number): VarBind => ({ oid: [...SUBTREE, n, 0], value: { type: 'integer', value: n } });

/** Three variables, 1 to 3; 2 may be set to anything but 0. */
function model(): SnmpModel & { readonly times: number[]; readonly set2: number[] } {
  const set2: number[] = [];
  const times: number[] = [];
  const at = (n: number): VarBind =>
    n === 2 ? { oid: one(2).oid, value: { type: 'integer', value: set2.at(-1) ?? 2 } } : one(n);
  return {
    times,
    set2,
    reconfigure: () => {},
    subtrees: () => [SUBTREE, [1, 3, 6, 1, 2, 1, 68]],
    get: (oid) => {
      const n = oid.at(-2) ?? 0;
      return n >= 1 && n <= 3 ? at(n).value : { type: 'no-such-instance' };
    },
    next: ({ start }) => {
      const n = start.length === SUBTREE.length ? 0 : (start.at(-2) ?? 0);
      return n < 3 ? at(n + 1) : { oid: start, value: { type: 'end-of-mib-view' } };
    },
    test: ({ oid, value }) => {
      if (oid.at(-2) !== 2) return 'notWritable';
      return value.type === 'integer' && value.value !== 0 ? 'ok' : 'wrongValue';
    },
    set: ({ value }) => {
      if (value.type !== 'integer' || value.value === 13) return 'commitFailed';
      set2.push(value.value);
      return 'ok';
    },
    traps: () => [],
    upTime: (ticks) => times.push(ticks),
  };
}

type Ended = { why: string; broken: boolean } | undefined;
class Master {
  readonly said: Pdu[] = [];
  readonly model = model();
  readonly session: Session;
  refused: readonly string[] | undefined;
  ended: Ended;
  unread = 0;
  over = '';

  constructor() {
    const master = this;
    this.session = new Session({
      stream: {
        get writableLength(): number {
          return master.unread;
        },
        write(bytes) {
          const pdu = decodePdu(bytes);
          assert.ok(pdu.ok);
          master.said.push(pdu.value);
        },
        end: () => {
          this.over = 'end';
        },
        destroy: () => {
          this.over = 'destroy';
        },
      },
      model: this.model,
      description: 'test',
      ready: (refused) => {
        this.refused = refused;
      },
      ended: (why, broken) => {
        this.ended = { why, broken };
      },
    });
  }

  get last(): Pdu {
    return this.said.at(-1) as Pdu;
  }

  send(body: Body, packetId = 1000, transactionId = 77): void {
    this.session.receive(encodePdu({ sessionId: 5, transactionId, packetId, body }));
  }
  answer(error = 0): void {
    this.send({ type: 'response', sysUpTimeTicks: 900, error, index: 0, varBinds: [] }, this.last.packetId);
  }
  opened(): this {
    this.session.open();
    for (let i = 0; i < 3; i++) this.answer();
    assert.deepEqual(this.refused, []);
    return this;
  }
  ask(body: Body): Extract<Body, { type: 'response' }> {
    this.send(body);
    assert.ok(this.last.body.type === 'response');
    return this.last.body;
  }
}
const range = (n: number) => ({ start: n === 0 ? SUBTREE : one(n).oid, include: false, end: [] });

describe('a session', () => {
  it('opens, registers, says Close', () => {
    const m = new Master().opened();
    assert.deepEqual(
      m.said.map((p) => [p.body.type, p.sessionId]),
      [
        ['open', 0],
        ['register', 5],
        ['register', 5],
      ],
    );
    assert.deepEqual(m.model.times, [900, 900, 900]);
    m.session.close();
    assert.deepEqual(m.last.body, { type: 'close', reason: 5 });
    assert.deepEqual([m.over, m.ended], ['end', { why: 'closed', broken: false }]);
  });

  it('names what the master refuses', () => {
    const m = new Master();
    m.session.open();
    m.answer();
    m.answer(263);
    m.answer();
    assert.deepEqual(m.refused, [`${SUBTREE.join('.')}: duplicateRegistration`]);
    const n = new Master();
    n.session.open();
    n.answer(268);
    assert.deepEqual([n.over, n.ended?.why], ['destroy', 'the session was refused: processingError']);
  });

  it('answers requests with their ids', () => {
    const m = new Master().opened();
    assert.deepEqual(m.ask({ type: 'get', ranges: [range(1), range(9)] }).varBinds, [
      one(1),
      { oid: one(9).oid, value: { type: 'no-such-instance' } },
    ]);
    assert.deepEqual([m.last.packetId, m.last.transactionId, m.last.sessionId], [1000, 77, 5]);
    assert.deepEqual(m.ask({ type: 'get-next', ranges: [range(0), range(2)] }).varBinds, [one(1), one(3)]);
  });

  it('walks in bulk to the end, and no further', () => {
    const m = new Master().opened();
    const found = m.ask({
      type: 'get-bulk',
      nonRepeaters: 1,
      maxRepetitions: 60_000,
      ranges: [range(0), range(1)],
    });
    assert.deepEqual(
      found.varBinds.map((v) => (v.value.type === 'integer' ? v.value.value : v.value.type)),
      [1, 2, 3, 'end-of-mib-view'],
    );
  });

  it('takes bytes in any pieces, and many requests at once', async () => {
    const m = new Master().opened();
    const request = encodePdu({
      sessionId: 5,
      transactionId: 1,
      packetId: 9,
      body: { type: 'get', ranges: [range(1)] },
    });
    for (const octet of request) m.session.receive(Uint8Array.of(octet));
    assert.equal(m.said.length, 4);
    const many = new Uint8Array(request.length * 100);
    for (let i = 0; i < 100; i++) many.set(request, i * request.length);
    m.session.receive(many);
    assert.ok(m.said.length < 50, 'a turn has a bound');
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(m.said.length, 104);
  });
});

describe('what ends a session', () => {
  for (const [name, octets] of [
    ['garbage', new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a length beyond all bounds', Uint8Array.from([1, 5, 16, 0, ...Array(12).fill(0), 255, 0, 0, 0])],
    ['a broken body', Uint8Array.from([1, 5, 16, 0, ...Array(12).fill(0), 0, 0, 0, 4, 9, 9, 9, 9])],
  ] as const)
    it(`${name} ends it`, () => {
      const m = new Master().opened();
      m.session.receive(octets);
      assert.equal(m.ended?.broken, true);
      assert.match(m.ended?.why ?? '', /not AgentX/);
      assert.deepEqual(m.last.body, { type: 'close', reason: 2 });
      m.send({ type: 'get', ranges: [range(1)] });
      assert.equal(m.last.body.type, 'close');
    });

  it('a master that asks faster than it is answered ends it', () => {
    const m = new Master().opened();
    const request = encodePdu({
      sessionId: 5,
      transactionId: 1,
      packetId: 9,
      body: { type: 'get', ranges: [range(1)] },
    });
    const many = new Uint8Array(request.length * 20_000);
    for (let i = 0; i < 20_000; i++) many.set(request, i * request.length);
    for (let i = 0; i < 10 && m.ended === undefined; i++) m.session.receive(many);
    assert.match(m.ended?.why ?? '', /asks faster/);
  });

  it('a master that does not read ends it', () => {
    const m = new Master().opened();
    m.unread = 1 << 30;
    m.send({ type: 'get', ranges: [range(1)] });
    assert.match(m.ended?.why ?? '', /does not read/);
    assert.equal(m.said.length, 3);
  });
});

describe('a set', () => {
  const to = (n: number, value: number): VarBind => ({ oid: one(n).oid, value: { type: 'integer', value } });
  it('is tested, carried out, forgotten', () => {
    const m = new Master().opened();
    assert.equal(m.ask({ type: 'test-set', varBinds: [to(2, 5)] }).error, 0);
    assert.deepEqual(m.model.set2, []);
    assert.equal(m.ask({ type: 'commit-set' }).error, 0);
    assert.deepEqual(m.model.set2, [5]);
    const before = m.said.length;
    m.send({ type: 'cleanup-set' });
    assert.equal(m.said.length, before, 'no answer (RFC 2741 7.2.4.4)');
    assert.equal(m.ask({ type: 'commit-set' }).error, 0);
    assert.deepEqual(m.model.set2, [5]);
  });
  it('is taken back', () => {
    const m = new Master().opened();
    m.ask({ type: 'test-set', varBinds: [to(2, 5), to(2, 13)] });
    assert.deepEqual(m.ask({ type: 'commit-set' }), {
      type: 'response',
      sysUpTimeTicks: 0,
      error: 14,
      index: 2,
      varBinds: [],
    });
    assert.equal(m.ask({ type: 'undo-set' }).error, 0);
    assert.deepEqual(m.model.set2, [5, 2, 2]);
  });
  it('names the variable at fault', () => {
    const m = new Master().opened();
    const refused = (...binds: VarBind[]) => {
      const { error, index } = m.ask({ type: 'test-set', varBinds: binds });
      return [error, index];
    };
    assert.deepEqual(refused(to(2, 1), to(1, 1)), [17, 2]);
    assert.deepEqual(refused(to(2, 0)), [10, 1]);
  });
});

describe("'snmp_socket'", () => {
  const rows: readonly (readonly [string, unknown])[] = [
    ['unix:/var/agentx/master', { path: '/var/agentx/master' }],
    ['/var/agentx/master', { path: '/var/agentx/master' }],
    ['tcp:localhost:705', { host: 'localhost', port: 705 }],
    ['tcp:192.0.2.1', { host: '192.0.2.1', port: 705 }],
    ['tcp:1705', { host: 'localhost', port: 1705 }],
    ['localhost:1705', { host: 'localhost', port: 1705 }],
    ['1705', { host: 'localhost', port: 1705 }],
    ['tcp6:[2001:db8::1]:1705', { host: '2001:db8::1', port: 1705 }],
    ['udp:localhost:705', undefined],
    ['unix:', undefined],
    ['tcp:localhost:0', undefined],
    ['tcp:localhost:65536', undefined],
    ['tcp:a:b:c', undefined],
    ['', undefined],
  ];
  for (const [text, address] of rows)
    it(text === '' ? 'empty' : text, () => assert.deepEqual(parseAgentAddress(text), address));
});
