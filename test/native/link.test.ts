import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';

describe('native/link', () => {
  const api = native();
  const call = api as unknown as Record<string, (...a: unknown[]) => unknown>;
  const ask = (...a: unknown[]): unknown => call['linkCarrier']?.(...a);

  it('asks the loopback, which knows flags and ETHTOOL_GLINK but no MII', () => {
    assert.equal(typeof api.linkCarrier('lo', 'flags'), 'boolean');
    assert.equal(typeof api.linkCarrier('lo', 'ethtool'), 'boolean');
    assert.throws(() => ask('lo', 'mii'), { code: 'ENOTSUP', syscall: 'ioctl' });
  });

  it('errors as Node gives them', () => {
    for (const method of ['mii', 'ethtool', 'flags'])
      assert.throws(() => ask('no-such-link', method), { code: 'ENODEV', syscall: 'ioctl' });
    assert.throws(() => ask('a-name-that-is-too-long', 'flags'), TypeError);
    assert.throws(() => ask('lo', 'telepathy'), TypeError);
    assert.throws(() => ask('lo'), TypeError);
    assert.throws(() => ask(1, 'flags'), TypeError);
  });
});
