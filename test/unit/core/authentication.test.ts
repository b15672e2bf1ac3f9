/** Signed adverts in core: numbers and keys of what is sent, what is learnt, what status says, and that no key is in it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../../src/base/bytes.ts';
import type { Config, InstanceConfig } from '../../../src/config/config.ts';
import type { HmacConfig } from '../../../src/config/hmac.ts';
import { wipeSecrets } from '../../../src/config/wipe.ts';
import { macs } from '../../../src/io/mac.ts';
import type { OutgoingAdvert } from '../../../src/ports/advert.ts';
import { dataText } from '../../../src/report/data.ts';
import { jsonText } from '../../../src/report/json.ts';
import { statsText } from '../../../src/report/stats.ts';
import { statusJson, statusText } from '../../../src/report/status.ts';
import { packSequence } from '../../../src/vrrp/sequence.ts';
import { receiveIpv4 } from '../../../src/wire/received.ts';
import { encodeAdvertIpv4, type Signature } from '../../../src/wire/sent.ts';
import { FACTS } from '../report/fixture.ts';
import { config, instanceConfig, S, World } from './fakes.ts';
import { kernelAddress } from './kernel-items.ts';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
const OTHER = Uint8Array.from({ length: 40 }, (_, i) => 0xc0 + i);
const PASSWORD = Uint8Array.of(0x68, 0x75, 0x6e, 0x74, 0x65, 0x72, 0x32, 0);

const hmac = (change: Partial<HmacConfig> = {}): HmacConfig => ({
  keys: [{ id: 1, secret: SECRET.slice() }],
  activeKey: 1,
  timeWindowS: 5,
  antiReplay: 'time',
  mode: 'enforce',
  ...change,
});
const keys = (...list: readonly (readonly [number, Uint8Array])[]): HmacConfig['keys'] =>
  list.map(([id, secret]) => ({ id, secret: secret.slice() }));
const signed = (change: Partial<HmacConfig> = {}): Partial<InstanceConfig> => ({ hmac: hmac(change) });
const ah = (data = PASSWORD): Partial<InstanceConfig> => ({
  authentication: { type: 'ah', data: data.slice() },
});

function run(change: Partial<InstanceConfig>, own = 10): World {
  const w = new World(config([instanceConfig(change)]));
  w.addresses = [kernelAddress(own, 2)];
  w.start();
  return w;
}

/** What `from` has sent since the last time, over the wire to `to`. */
function carry(from: World, to: World, from0 = 0): void {
  for (const advert of from.sent.slice(from0)) to.core.onAdvert(keyOf(advert), received(advert));
}
const keyOf = (a: OutgoingAdvert): string =>
  `ipv4${a.signature?.type === 'ah' ? ' AH' : ''} eth0 2 multicast 224.0.0.18`;
function received(advert: OutgoingAdvert) {
  const source = Uint8Array.from(advert.source.split('.').map(Number));
  const destination = Uint8Array.of(224, 0, 0, 18);
  return receiveIpv4(encodeAdvertIpv4(advert, { id: 1, ttl: 255, source, destination }, macs));
}
const hmacOf = (s: Signature | undefined) => {
  assert.equal(s?.type, 'hmac');
  return s as Signature & { readonly type: 'hmac' };
};
const ahOf = (s: Signature | undefined): number => (s?.type === 'ah' ? s.sequence : -1);
const rejected = (w: World) => w.core.snapshot().instances[0]?.counters.rejected;
const reload = (w: World, c: Config) => w.core.reload(c, { errors: 0, warnings: 0 });

describe('core/authentication: auth_hmac', () => {
  it('each advert is signed with the active key and a later number, priority 0 too', () => {
    const w = run(signed({ keys: keys([1, SECRET], [2, OTHER]), activeKey: 2 }));
    w.pass(8 * S);
    w.core.stop(() => {});
    assert.equal(w.sent.at(-1)?.priority, 0);
    assert.ok(w.sent.length > 4);
    const numbers = w.sent.map((a) => packSequence(hmacOf(a.signature)));
    assert.ok(numbers.every((n, i) => i === 0 || n > (numbers[i - 1] as bigint)));
    assert.ok(w.sent.every((a) => hmacOf(a.signature).keyId === 2 && a.authType === 0));
  });

  it('receive-only signs nothing, permissive signs; both take unsigned adverts', () => {
    for (const [mode, signs] of [
      ['receive-only', false],
      ['permissive', true],
    ] as const) {
      const w = run(signed({ mode }));
      w.pass(4 * S);
      assert.equal(w.sent[0]?.signature !== undefined, signs, mode);
      const plain = run({ priority: 200 }, 20);
      plain.pass(4 * S);
      carry(plain, w);
      assert.equal(w.state(), 'backup', mode);
    }
  });

  it('enforce: unsigned adverts are refused, counted, and the remedy is in status', () => {
    const w = run(signed());
    const plain = run({ priority: 200 }, 20);
    plain.pass(4 * S);
    w.pass(4 * S);
    carry(plain, w);
    assert.equal(w.state(), 'master');
    assert.deepEqual(rejected(w), { 'hmac-missing': plain.sent.length });
    assert.match(
      statusText(w.core.snapshot(), { verbose: false, instances: [] }),
      /! VI_1: .*mode permissive/,
    );
    assert.match(statsText(w.core.snapshot()), /Missing: 1/);
    assert.match(jsonText(config([instanceConfig(signed())]), w.core.snapshot()), /"auth_ext_missing":1/);
  });

  it('a peer that is signed is believed once', () => {
    const [a, b] = [run({ priority: 200, ...signed() }, 20), run(signed())];
    a.pass(4 * S);
    b.nowUs = a.nowUs;
    carry(a, b);
    assert.equal(b.state(), 'backup');
    assert.equal(rejected(b)?.['hmac-replay'], undefined);
    carry(a, b);
    assert.equal(rejected(b)?.['hmac-replay'], a.sent.length);
  });

  it('what we said ourselves is refused when it comes back', () => {
    const w = run(signed());
    w.pass(4 * S);
    carry(w, w);
    assert.equal(rejected(w)?.['hmac-replay'], w.sent.length);
  });
});

describe('core/authentication: auth_hmac over time', () => {
  it('rotation by reload: both keys known, then the other one signs, then the old one goes', () => {
    const step = (k: HmacConfig['keys'], activeKey: number) =>
      config([instanceConfig(signed({ keys: k, activeKey }))]);
    const w = run(signed());
    w.pass(4 * S);
    const old = w.sent.length;
    reload(w, step(keys([1, SECRET], [2, OTHER]), 1));
    w.pass(2 * S);
    assert.ok(w.sent.slice(old).every((a) => hmacOf(a.signature).keyId === 1));
    reload(w, step(keys([1, SECRET], [2, OTHER]), 2));
    w.pass(2 * S);
    assert.equal(hmacOf(w.sent.at(-1)?.signature).keyId, 2);
    const lines = reload(w, step(keys([2, OTHER]), 2)).lines.join();
    assert.match(lines, /auth_hmac changed/);
    assert.equal(w.state(), 'master', 'and nobody flapped');
    const numbers = w.sent.map((a) => packSequence(hmacOf(a.signature)));
    assert.ok(numbers.every((n, i) => i === 0 || n > (numbers[i - 1] as bigint)));
  });

  it('a reload forgets no replay mark', () => {
    const [a, b] = [run({ priority: 200, ...signed() }, 20), run(signed())];
    a.pass(4 * S);
    b.nowUs = a.nowUs;
    carry(a, b);
    reload(b, config([instanceConfig(signed({ keys: keys([1, SECRET], [2, OTHER]) }))]));
    carry(a, b);
    assert.equal(rejected(b)?.['hmac-replay'], a.sent.length);
  });

  it('a clock that is off is told once, and stands in status as long as it is', () => {
    const [a, b] = [run({ priority: 200, ...signed() }, 20), run(signed())];
    a.nowUs += 4 * S;
    a.pass(6 * S);
    b.nowUs = a.nowUs - 4 * S;
    carry(a, b);
    const told = b.log.filter((l) => /the clock of 192\.0\.2\.20 is [34](\.\d)? s ahead of ours/.test(l));
    assert.equal(told.length, 1, b.log.join('\n'));
    assert.match(
      statusText(b.core.snapshot(), { verbose: false, instances: [] }),
      /! VI_1: the clock of 192\.0\.2\.20/,
    );
    b.nowUs -= 60 * S;
    a.pass(2 * S);
    carry(a, b, a.sent.length - 1);
    assert.equal(rejected(b)?.['hmac-stale'], 1);
    assert.match(b.log.at(-1) ?? '', /their clock is 6\d s ahead of ours and time_window is 5 s/);
  });

  it('an advert for after a crash names its key and is not signed: the time would be wrong', () => {
    const w = run(signed());
    w.pass(4 * S);
    assert.deepEqual(
      w.released.adverts.map((a) => a.keyId),
      [1],
    );
    assert.equal(run(signed({ mode: 'receive-only' })).released.adverts.length, 0, 'not a master yet');
  });
});

describe('core/authentication: AH', () => {
  it('protocol 51, numbers from 1', () => {
    const w = run(ah());
    w.pass(6 * S);
    assert.equal(w.opened[0]?.protocol, 51);
    assert.deepEqual(
      w.sent.slice(0, 3).map((a) => [a.authType, ahOf(a.signature)]),
      [
        [2, 1],
        [2, 2],
        [2, 3],
      ],
    );
  });

  it('a backup follows and goes on from the number it heard', () => {
    const [a, b] = [run({ priority: 200, ...ah() }, 20), run(ah())];
    a.pass(8 * S);
    carry(a, b);
    const last = ahOf(a.sent.at(-1)?.signature);
    b.pass(5 * S);
    assert.equal(ahOf(b.sent[0]?.signature), last + 1);
    carry(a, b);
    assert.equal(rejected(b)?.['ah-replay'], a.sent.length);
    assert.match(statsText(b.core.snapshot()), new RegExp(`Failure: ${a.sent.length}`));
  });

  it('a master that hears a lower one leaves a number out', () => {
    const [a, b] = [run(ah(), 20), run({ priority: 200, ...ah() })];
    a.pass(9 * S);
    b.pass(4 * S);
    const before = b.sent.length;
    carry(a, b, a.sent.length - 1);
    assert.equal(ahOf(b.sent[before]?.signature), ahOf(a.sent.at(-1)?.signature) + 2);
  });

  it('another password is refused and neither is shown', () => {
    const [a, b] = [run({ priority: 200, ...ah(OTHER.subarray(0, 8)) }, 20), run(ah())];
    a.pass(4 * S);
    carry(a, b);
    assert.deepEqual(rejected(b), { 'ah-icv': a.sent.length });
    assert.match(b.log.at(-1) ?? '', /auth_pass differs/);
  });

  it('the advert for after a crash is signed ahead, and renewed before its number is reached', () => {
    const w = run({ ...ah(), adverIntUs: S });
    w.pass(4 * S);
    assert.equal(w.released.adverts.length, 1);
    const prepared = w.core.snapshot().instances[0]?.authentication;
    assert.deepEqual(prepared, { type: 'ah', sequence: w.sent.length, exhausted: false });
  });

  it('reload from none to AH opens the other sockets', () => {
    const w = run({});
    w.pass(4 * S);
    reload(w, config([instanceConfig(ah())]));
    w.pass(2 * S);
    assert.equal(w.opened.at(-1)?.protocol, 51);
    assert.ok(w.done.includes('close ipv4 eth0 2 multicast 224.0.0.18'));
    assert.equal(w.sent.at(-1)?.authType, 2);
  });
});

it('core/authentication: no report, log line or dump holds a key or password', () => {
  const secrets = [
    signed({ keys: keys([1, SECRET], [2, OTHER]) }),
    ah(),
    { authentication: { type: 'pass', data: PASSWORD } as const },
  ].flatMap((change) => {
    const w = run(change);
    const c = config([instanceConfig(change)]);
    w.pass(5 * S);
    const s = w.core.snapshot();
    return [
      statusText(s, { verbose: true, instances: [] }),
      statusJson(s),
      dataText(c, s, FACTS),
      statsText(s),
      jsonText(c, s),
      w.log.join('\n'),
    ];
  });
  const text = secrets.join('\n');
  for (const secret of [SECRET, OTHER, PASSWORD])
    for (const form of [
      toHex(secret),
      [...secret].join(','),
      String.fromCharCode(...secret.filter((o) => o !== 0)),
    ])
      assert.equal(text.includes(form), false);
});

it('config/wipe: the old secrets are overwritten, what is in use stays', () => {
  const shared = SECRET.slice();
  const old = config([
    instanceConfig(signed({ keys: [{ id: 1, secret: shared }, ...keys([2, OTHER])] })),
    instanceConfig(ah()),
  ]);
  const next = config([instanceConfig(signed({ keys: [{ id: 1, secret: shared }] }))]);
  wipeSecrets(old, next);
  const [first, second] = old.instances;
  assert.deepEqual(first?.hmac?.keys[0]?.secret, SECRET);
  assert.ok(first?.hmac?.keys[1]?.secret.every((o) => o === 0));
  assert.ok(second?.authentication.type === 'ah' && second.authentication.data.every((o) => o === 0));
  wipeSecrets(next);
  assert.ok(shared.every((o) => o === 0));
});
