import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PreparedAdvert } from '../../../../src/io/sockets/prepared-advert.ts';
import type { OutgoingAdvert } from '../../../../src/ports/advert.ts';
import { ADVERT, SPEC, setup } from './setup.ts';

const TWO = { ...ADVERT, destinations: ['192.0.2.20', '192.0.2.21'] };

describe('io/sockets/prepared-advert', () => {
  it('is taken once, for each destination', () => {
    const prepared = new PreparedAdvert<string>();
    assert.equal(prepared.take(TWO, 0), undefined);
    prepared.prepare(TWO, (to) => `to ${to}`);
    const again = { ...TWO, addresses: [...TWO.addresses], destinations: [...TWO.destinations] };
    assert.equal(prepared.take(again, 0), 'to 192.0.2.20');
    assert.equal(prepared.take(again, 1), 'to 192.0.2.21');
    assert.equal(prepared.take(again, 0), undefined);
  });

  it('is not for an advert that differs in anything', () => {
    const others: Partial<OutgoingAdvert>[] = [
      { version: 3 },
      { vrid: 52 },
      { priority: 0 },
      { adverIntUs: 1 },
      { addresses: [] },
      { addresses: [Uint8Array.of(192, 0, 2, 101)] },
      { authType: 1 },
      { authData: new Uint8Array(8).fill(1) },
      { source: '192.0.2.11' },
      { destinations: ['192.0.2.20', '192.0.2.22'] },
      { ttl: 254 },
      { ipId: 2 },
      { checksumForm: 'no-pseudo' },
      { signature: { type: 'ah', key: new Uint8Array(8), sequence: 1 } },
    ];
    assert.deepEqual(new Set(others.flatMap(Object.keys)), new Set([...Object.keys(TWO), 'signature']));
    const prepared = new PreparedAdvert<string>();
    for (const other of others) {
      prepared.prepare(TWO, (to) => to);
      assert.equal(prepared.take({ ...TWO, ...other }, 0), undefined, Object.keys(other).join());
      assert.equal(prepared.take(TWO, 0), '192.0.2.20');
    }
  });

  it('never is one with a signature', () => {
    const prepared = new PreparedAdvert<string>();
    const signed = { ...TWO, signature: { type: 'ah', key: new Uint8Array(8), sequence: 1 } } as const;
    prepared.prepare(signed, (to) => to);
    assert.equal(prepared.take(signed, 0), undefined);
  });

  it('the same octets leave, with and without', () => {
    const [plain, ready] = [setup(), setup()];
    for (const { sockets } of [plain, ready]) sockets.open('a', SPEC);
    ready.sockets.prepare(ADVERT);
    for (const { sockets } of [plain, ready]) assert.deepEqual(sockets.send('a', { ...ADVERT }), { sent: 1 });
    assert.ok(plain.at(1).fake.sent.length > 0);
    assert.deepEqual(ready.at(1).fake.sent, plain.at(1).fake.sent);
  });
});
