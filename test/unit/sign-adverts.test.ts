/** Priority 0 with 'auth_hmac', signed when it is said: the packet that the daemon itself would have made then. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { macs } from '../../src/io/mac.ts';
import { signAdverts } from '../../src/sign-adverts.ts';
import { sequenceAt, unpackSequence } from '../../src/vrrp/sequence.ts';
import { encodeAdvertIpv4, encodeAdvertIpv6, signAgain } from '../../src/wire/sent.ts';
import { memoryMachine } from './config/machine.ts';

const WALL_MS = 1_795_764_000_250;
const SECRET = '0123456789abcdef'.repeat(4);
const KEY = new Uint8Array(Buffer.from(SECRET, 'hex'));

/** The packet of priority 0, signed at `wallMs` by `key`. */
function packet(family: 4 | 6, version: 2 | 3, key: Uint8Array, wallMs: number): Uint8Array {
  const signature = { type: 'hmac', keyId: 7, key, ...unpackSequence(sequenceAt(wallMs)) } as const;
  const advert = {
    version,
    vrid: 51,
    priority: 0,
    adverIntUs: 1_000_000,
    addresses: family === 4 ? [Uint8Array.of(192, 0, 2, 100)] : [new Uint8Array(16).fill(0xfe)],
    authType: 0,
    authData: new Uint8Array(8),
    checksumForm: 'standard',
    signature,
  } as const;
  const octets = (last: number): Uint8Array => new Uint8Array(family === 4 ? 4 : 16).fill(last);
  const [source, destination] = [octets(9), octets(18)];
  return family === 4
    ? encodeAdvertIpv4(advert, { id: 3, ttl: 255, source, destination }, macs)
    : encodeAdvertIpv6(advert, { hopLimit: 255, source, destination }, macs);
}

for (const [family, version] of [
  [4, 2],
  [4, 3],
  [6, 2],
  [6, 3],
] as const)
  it(`sign-adverts/IPv${family}, version ${version}: the same as signed then`, () => {
    const prepared = packet(family, version, new Uint8Array(32), 0);
    const signature = { type: 'hmac', keyId: 7, key: KEY, ...unpackSequence(sequenceAt(WALL_MS)) } as const;
    assert.equal(signAgain(prepared, signature, macs), true);
    assert.deepEqual(prepared, packet(family, version, KEY, WALL_MS));
  });

it('sign-adverts/what is no packet with a trailer is left as it is', () => {
  const signature = { type: 'hmac', keyId: 7, key: KEY, ...unpackSequence(0n) } as const;
  const whole = packet(6, 3, KEY, 0);
  for (const octets of [
    new Uint8Array(0),
    whole.slice(0, 40 + 8 + 27),
    Uint8Array.of(0x55, ...whole.slice(1)),
  ]) {
    const before = octets.slice();
    assert.equal(signAgain(octets, signature, macs), false);
    assert.deepEqual(octets, before);
  }
});

const config = (keyId: number) =>
  loadConfig(
    '/c',
    memoryMachine({
      '/c': `vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nversion 3\nauth_hmac {\nkey ${keyId} hex:${SECRET}\nactive_key ${keyId}\n}\nvirtual_ipaddress {\n192.0.2.100/24\n}\n}\n`,
    }),
  ).config;
const advert = {
  instance: 'VI_1',
  interface: 'eth0',
  destination: '224.0.0.18',
  frame: packet(4, 3, new Uint8Array(32), 0),
  keyId: 7,
};

it('sign-adverts/the key comes from the configuration, by instance and id', () => {
  const { signed, problems } = signAdverts([advert], config(7), macs, WALL_MS);
  assert.deepEqual(problems, []);
  assert.deepEqual(signed[0]?.frame, packet(4, 3, KEY, WALL_MS));
});

it('sign-adverts/a key, an instance or a file that is gone: said once, and nothing is sent unsigned', () => {
  for (const [one, from] of [
    [advert, config(8)],
    [{ ...advert, instance: 'VI_2' }, config(7)],
    [advert, undefined],
  ] as const) {
    const { signed, problems } = signAdverts([one, one], from, macs, WALL_MS);
    assert.deepEqual(signed, []);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /priority 0 is not said.* key 7 /);
  }
});
