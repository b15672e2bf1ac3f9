/** 'bfd_instance': what vipd adds to keepalived's form, and what the daemon gets of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIp } from '../../../src/base/ip.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { memoryMachine } from './machine.ts';

function load(lines: string) {
  const result = loadConfig('/k.conf', memoryMachine({ '/k.conf': `bfd_instance one {\n${lines}\n}\n` }));
  return {
    session: result.config?.bfdInstances[0],
    codes: result.diagnostics.map((d) => d.code),
    inactive: result.config?.global.inactive,
  };
}

describe('link-local neighbors', () => {
  it('name their interface', () => {
    const { session, codes } = load('neighbor_ip fe80::1%eth0\nsource_ip fe80::2');
    assert.deepEqual(codes, []);
    assert.deepEqual(
      [session?.neighbor, session?.source, session?.interface],
      [parseIp('fe80::1'), parseIp('fe80::2'), 'eth0'],
    );
  });
  it('without one: said', () => assert.deepEqual(load('neighbor_ip fe80::1').codes, ['KA1408']));
  for (const bad of [
    '192.0.2.1%eth0',
    '2001:db8::1%eth0',
    'fe80::1%',
    'fe80::1%eth0%1',
    'fe80::1%0123456789abcdef',
  ])
    it(`${bad} is malformed`, () => assert.deepEqual(load(`neighbor_ip ${bad}`).codes, ['KA1402']));
});

it('nothing of it is inactive', () =>
  assert.deepEqual(
    load(
      'neighbor_ip 192.0.2.1\nmin_rx 1\nmin_tx 1\nidle_tx 1000\nmultiplier 1\npassive\nttl 9\nmax_hops 1\nmultihop\nweight 1\nvrrp\nchecker',
    ).inactive,
    [],
  ));
