/** Which received packets are believed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookupOf, refusalOf } from '../../../src/bfd/accept.ts';
import { packet } from './support.ts';

describe('lookup (RFC 5880 6.8.6)', () => {
  it('by discriminator when the peer knows it', () => {
    for (const state of ['admin-down', 'down', 'init', 'up'] as const)
      assert.equal(lookupOf(packet({ state, yourDiscriminator: 5 })), 'discriminator');
  });
  it('by addresses only for a peer that is down', () => {
    const of = (state: 'admin-down' | 'down' | 'init' | 'up') => lookupOf(packet({ state }));
    assert.deepEqual((['admin-down', 'down', 'init', 'up'] as const).map(of), [
      'addresses',
      'addresses',
      'no-discriminator',
      'no-discriminator',
    ]);
  });
  it('authentication is nobody’s', () =>
    assert.equal(lookupOf(packet({ authentication: true, yourDiscriminator: 5 })), 'authentication'));
});

describe('TTL', () => {
  const refused = (ttl: number, maxHops: number, received: number) =>
    refusalOf({ ttl, maxHops }, 'up', received);
  it('against the own one less max_hops', () => {
    assert.equal(refused(255, 0, 255), undefined);
    assert.equal(refused(255, 0, 254), 'ttl');
    assert.equal(refused(255, 3, 252), undefined);
    assert.equal(refused(255, 3, 251), 'ttl');
    assert.equal(refused(64, 0, 255), undefined);
    assert.equal(refused(255, 0, -1), 'ttl');
  });
  it('-1: not looked at', () => assert.equal(refused(255, -1, 1), undefined));
});

it('a session that is shut down takes nothing', () =>
  assert.equal(refusalOf({ ttl: 255, maxHops: 0 }, 'admin-down', 255), 'not-running'));
