/** The BFD engine with sockets of paper: which session a packet belongs to, reload, sockets that do not open, stop. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Control } from '../../../src/bfd/types.ts';
import { BfdSessions } from '../../../src/core/bfd-sessions.ts';
import { Limiter } from '../../../src/core/limiter.ts';
import type { BfdPort, BfdReceived } from '../../../src/ports/bfd.ts';
import { bfdConfig, packet } from '../bfd/support.ts';

const S = 1_000_000;
const A = Uint8Array.of(192, 0, 2, 1);
const B = Uint8Array.of(192, 0, 2, 2);
const C = Uint8Array.of(192, 0, 2, 3);

let nowUs = 0;
let armedUs = 0;
let done: string[] = [];
let log: string[] = [];
let changed: string[] = [];
let sent: { readonly name: string; readonly packet: Control }[] = [];
let numbers: number[] = [];
let refuse: Record<string, string> = {}; // session or 'listen' -> code
let sendError: string | undefined;
let engine: BfdSessions;

function failing(what: string): void {
  const code = refuse[what];
  if (code !== undefined) throw Object.assign(new Error(code), { code });
}

const port = (): BfdPort => ({
  listen: (l) => {
    failing('listen');
    done.push(`listen ${l.family} ${l.multihop}`);
  },
  unlisten: (l) => void done.push(`unlisten ${l.family} ${l.multihop}`),
  open: (name, end) => {
    failing(name);
    done.push(`open ${name} ttl ${end.ttl}`);
  },
  close: (name) => void done.push(`close ${name}`),
  closeAll: () => void done.push('close all'),
  interfaceIndex: (name) => (name === 'eth1' ? 7 : 0),
  send: (name, _to, what) => {
    sent.push({ name, packet: what });
    return sendError;
  },
  drain: () => 0,
});

beforeEach(() => {
  [nowUs, armedUs, done, log, changed, sent, refuse, sendError] = [0, 0, [], [], [], [], {}, undefined];
  numbers = [1, 2, 3, 4, 5];
  engine = new BfdSessions({
    clock: { nowUs: () => nowUs, wallMs: () => nowUs / 1000 },
    timer: {
      arm: (atUs) => {
        armedUs = atUs;
      },
    },
    log: { log: (level, text) => void log.push(`${level} ${text}`) },
    limiter: new Limiter(60 * S),
    sockets: port(),
    random: () => 1,
    discriminator: () => numbers.shift() ?? 99,
    changed: (name) => void changed.push(name),
  });
});

const from = (change: Partial<BfdReceived>, what: Partial<Control> = {}): BfdReceived => ({
  family: 4,
  multihop: false,
  source: B,
  destination: A,
  interfaceIndex: 2,
  port: 50_000,
  ttl: 255,
  packet: { ok: true, value: packet(what) },
  ...change,
});
const states = (): string =>
  engine
    .snapshot()
    .sessions.map((s) => `${s.name}:${s.state}`)
    .join(' ');
const discarded = () => engine.snapshot().discarded;
function up(mine: number): void {
  engine.receive(from({}, { state: 'init', yourDiscriminator: mine }));
}
function ring(us: number): void {
  nowUs += us;
  engine.wake();
}

describe('whose packet', () => {
  it('by discriminator, whatever the addresses', () => {
    engine.configure([bfdConfig('one'), bfdConfig('two', { neighbor: C })]);
    engine.receive(from({ source: C }, { yourDiscriminator: 1 }));
    assert.equal(states(), 'one:init two:down');
  });

  it('by neighbor, and by the own address where there are two to one neighbor', () => {
    engine.configure([bfdConfig('one', { source: A }), bfdConfig('two', { source: C })]);
    engine.receive(from({ destination: C }));
    assert.equal(states(), 'one:down two:init');
    engine.receive(from({ source: C }));
    assert.deepEqual(discarded(), { 'unknown-session': 1 });
  });

  it('not across one hop and several', () => {
    engine.configure([bfdConfig('near'), bfdConfig('far', { neighbor: B, multihop: true, source: A })]);
    engine.receive(from({ multihop: true }));
    assert.equal(states(), 'near:down far:init');
    engine.receive(from({ multihop: true }, { yourDiscriminator: 1 }));
    assert.deepEqual(discarded(), { 'unknown-session': 1 });
  });

  it('link-local: of its interface only', () => {
    engine.configure([bfdConfig('local', { interface: 'eth1' })]);
    engine.receive(from({ interfaceIndex: 2 }));
    assert.equal(states(), 'local:down');
    engine.receive(from({ interfaceIndex: 7 }));
    assert.equal(states(), 'local:init');
  });

  it('a discriminator that is taken is not taken twice', () => {
    numbers = [5, 5, 5, 6];
    engine.configure([bfdConfig('one'), bfdConfig('two', { neighbor: C })]);
    assert.deepEqual(
      engine.snapshot().sessions.map((s) => s.discriminator),
      ['0x00000005', '0x00000006'],
    );
  });

  it('each reason once a minute in the log', () => {
    engine.configure([bfdConfig('one')]);
    const bad = from({ packet: { ok: false, error: 'version' } });
    for (let i = 0; i < 5; i++) engine.receive(bad);
    nowUs = 61 * S;
    engine.receive(bad);
    assert.deepEqual(log, [
      'warning Discarding packet from [192.0.2.2]:50000 (malformed: version)',
      'warning Discarding packet from [192.0.2.2]:50000 (malformed: version; 4 more since the last line)',
    ]);
    assert.deepEqual(discarded(), { version: 6 });
  });
});

describe('reload', () => {
  it('the same session keeps its state; a new TTL needs a new socket', () => {
    engine.configure([bfdConfig('one')]);
    up(1);
    engine.configure([bfdConfig('one', { ttl: 64, minTxUs: 80_000 })]);
    assert.equal(states(), 'one:up');
    assert.equal(sent.at(-1)?.packet.poll, true);
    assert.deepEqual(
      done.filter((d) => d.startsWith('open')),
      ['open one ttl 255', 'open one ttl 64'],
    );
    assert.deepEqual(changed, ['one']);
  });

  it('nothing new: nothing sent', () => {
    engine.configure([bfdConfig('one')]);
    const before = sent.length;
    engine.configure([bfdConfig('one')]);
    assert.equal(sent.length, before);
  });

  it('another neighbor is another session; the old peer is told', () => {
    engine.configure([bfdConfig('one')]);
    up(1);
    engine.configure([bfdConfig('one', { neighbor: C })]);
    assert.equal(states(), 'one:down');
    assert.ok(sent.some((x) => x.packet.state === 'admin-down' && x.packet.yourDiscriminator === 77));
    assert.deepEqual(changed, ['one', 'one']);
    engine.receive(from({}));
    assert.deepEqual(discarded(), { 'unknown-session': 1 });
  });

  it('what is gone stays until it is retired, and takes its sockets along', () => {
    engine.configure([bfdConfig('one'), bfdConfig('six', { neighbor: new Uint8Array(16) })]);
    up(1);
    engine.configure([]);
    assert.equal(engine.stateOf('one').up, true);
    engine.retire([]);
    assert.deepEqual([engine.stateOf('one').up, states()], [false, '']);
    assert.deepEqual(done.slice(-4), ['close one', 'unlisten 4 false', 'close six', 'unlisten 6 false']);
    assert.equal(armedUs, Number.POSITIVE_INFINITY);
  });
});

describe('sockets', () => {
  it('a port or an address that is not there: told, tried each second, then started', () => {
    refuse = { listen: 'EADDRINUSE' };
    engine.configure([bfdConfig('one', { source: A })]);
    assert.match(log[0] ?? '', /^warning \(one\) UDP port 3784 is taken/);
    assert.equal(armedUs, S);
    assert.match(engine.stateOf('one').detail, /is Down \(UDP port 3784 is taken/);
    refuse = { one: 'EADDRNOTAVAIL' };
    ring(S);
    assert.match(log[1] ?? '', /source address 192\.0\.2\.1 is on no interface/);
    refuse = {};
    ring(S);
    assert.deepEqual([log.length, sent.length, engine.snapshot().sessions[0]?.problem], [2, 1, '']);
  });

  it('link-local: an interface that was made anew gets a new socket', () => {
    engine.configure([bfdConfig('local', { interface: 'eth1' })]);
    sendError = 'EINVAL';
    ring(S);
    sendError = undefined;
    ring(S);
    assert.deepEqual(
      done.filter((d) => d.startsWith('open')),
      ['open local ttl 255', 'open local ttl 255'],
    );
    const before = sent.length;
    ring(S);
    assert.equal(sent.length, before + 1);
  });

  it('packets that do not leave are counted and told once', () => {
    sendError = 'ENETUNREACH';
    engine.configure([bfdConfig('one')]);
    ring(S);
    ring(S);
    const [s] = engine.snapshot().sessions;
    assert.deepEqual([s?.counters.sendErrors, s?.counters.sent], [3, 0]);
    assert.equal(s?.problem, 'Error sending packet (ENETUNREACH)');
    assert.deepEqual(log, ['warning (one) Error sending packet (ENETUNREACH)']);
  });
});

it('stop: told twice, and VRRP is not told of it', () => {
  engine.configure([bfdConfig('one')]);
  up(1);
  sent = [];
  engine.stop();
  engine.close();
  assert.deepEqual(
    sent.map((x) => `${x.packet.state} ${x.packet.diag}`),
    ['admin-down 7', 'admin-down 7'],
  );
  assert.deepEqual([changed, done.at(-1), armedUs], [['one'], 'close all', Number.POSITIVE_INFINITY]);
});

it('counters start anew on request', () => {
  engine.configure([bfdConfig('one')]);
  up(1);
  engine.receive(from({ packet: { ok: false, error: 'length' } }));
  engine.clearCounters();
  assert.deepEqual(discarded(), {});
  assert.deepEqual(engine.snapshot().sessions[0]?.counters, {
    received: 0,
    sent: 0,
    sendErrors: 0,
    up: 0,
    down: 0,
    rejected: {},
  });
});
