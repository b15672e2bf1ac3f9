/** `vipd explain` and the resolved configuration. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { explain, explainable } from '../../../src/check/explain.ts';
import { plain, REDACTED, resolvedJson, resolvedText } from '../../../src/check/resolved.ts';
import { configOf, instance, load } from '../config/support.ts';

const textOf = (word: string): string => {
  const found = explain(word);
  assert.ok(found.ok, word);
  return found.text;
};

it('explain/every word it offers', () => {
  for (const word of explainable()) assert.ok(textOf(word).length > 10, word);
});

it('explain/a code in any case, with its example', () => {
  assert.equal(textOf('KA0401'), textOf('ka401'));
  assert.match(
    textOf('KA0401'),
    /^KA0401: unknown keyword \(error\)\n[\s\S]*Example:[\s\S]*prioriti[\s\S]*status 5/,
  );
});

it('explain/a keyword in all its blocks, or in one', () => {
  assert.match(textOf('vrrp_instance/priority'), /default: +100;[\s\S]*range: +1\.\.255/);
  assert.equal(textOf('weight').split('in:').length > 2, true);
  assert.doesNotMatch(textOf('vrrp_script/weight'), /virtual_server/);
  assert.match(textOf('vrrp_instance'), /holds: +.*\n[\s\S]*virtual_router_id/);
});

it('explain/directives', () => {
  for (const word of ['include', '~SEQ', '@ID', '$NAME=', '_ENV']) assert.match(textOf(word), /any file/);
});

it('explain/unknown words with a suggestion', () => {
  assert.deepEqual(explain('prioriti'), { ok: false, suggestion: 'priority' });
  assert.deepEqual(explain('KA9999').ok, false);
  assert.deepEqual(explain('qqqqqqqqqq'), { ok: false });
});

const CONFIG = configOf(
  load(
    instance(
      'authentication {\nauth_type PASS\nauth_pass hunter2\n}\nunicast_src_ip 192.0.2.9\nunicast_peer {\n192.0.2.10\n}',
      '192.0.2.1/24 brd +',
    ),
  ),
);

it('resolved/octets are addresses and secrets are hidden', () => {
  const hidden = resolvedJson(CONFIG, { showSecrets: false });
  const value = JSON.parse(hidden) as { schema: number; config: { instances: Record<string, unknown>[] } };
  assert.equal(value.schema, 1);
  const one = value.config.instances[0] as Record<string, unknown>;
  assert.deepEqual(one['authentication'], { type: 'pass', data: REDACTED });
  assert.equal((one['vips'] as Record<string, unknown>[])[0]?.['broadcast'], '192.0.2.255');
  assert.doesNotMatch(hidden, /hunter2|68756e746572/);
  assert.match(resolvedJson(CONFIG, { showSecrets: true }), /68756e7465723200/);
});

it('resolved/members that nobody knows yet are shown, and their keys are not', () => {
  const value = {
    hmac: { mode: 'enforce', keys: [{ id: 1, key: new Uint8Array([1, 2]) }], activeKey: 'abc' },
    mac: new Uint8Array([0, 0, 94, 0, 1, 51]),
    gateway: new Uint8Array([10, 0, 0, 1]),
    authHmac: { keys: new Map([[7, new Uint8Array(32)]]) },
    options: [{ keyword: 'password', args: ['hunter2'] }],
    routerId: 'lb1',
  };
  assert.deepEqual(plain(value, { showSecrets: false }), {
    hmac: { mode: 'enforce', keys: [{ id: 1, key: REDACTED }], activeKey: REDACTED },
    mac: '00:00:5e:00:01:33',
    gateway: '10.0.0.1',
    authHmac: { keys: { 7: REDACTED } },
    options: [{ keyword: 'password', args: [REDACTED] }],
    routerId: 'lb1',
  });
});

it('resolved/text', () => {
  const text = resolvedText(CONFIG, { showSecrets: false });
  assert.match(text, /\ninstances:\n {2}- name: VI_1\n {4}interface: eth0\n {4}vrid: 51\n/);
  assert.match(text, /adverIntUs: 1000000 \(1 s\)/);
  assert.doesNotMatch(text, /hunter2|place/);
});
