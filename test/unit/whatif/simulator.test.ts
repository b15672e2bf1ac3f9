/** What the simulator foretells for classic pairs. Times are those of RFC 9568 6.1 and of the scripts' intervals. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { macs } from '../../../src/io/mac.ts';
import { answer, wholeTable } from '../../../src/whatif/answer.ts';
import { assumedPair, planAlone, planPair } from '../../../src/whatif/plan.ts';
import { answerJson, answerText } from '../../../src/whatif/table.ts';
import { after, ask, conf, loadNode, rowsOf, script, takesOver } from './support.ts';

const seed = (name: string): string => readFileSync(`test/fixtures/seed/${name}`, 'utf8');

it('whatif/seed pair: every single fault leaves one holder, stop and crash in the time of the standard', () => {
  const result = ask(seed('3.3-master.conf'), seed('3.3-slave.conf'));
  const rows = rowsOf(result);
  assert.equal(result.negative, false);
  assert.equal(after(rows, 'both run'), 'a');
  assert.equal(rows.get('both run')?.standing, 'a 100 > b 90');
  assert.equal(after(rows, 'a stops'), 'b');
  takesOver(rows, 'a stops', 0.6, 0.7); // skew of priority 90: 166/256 s
  assert.equal(rows.get('a stops')?.outcome.noHolderS.max, 0, 'the address stays until the successor speaks');
  assert.equal(after(rows, 'a stops, then a returns'), 'a');
  takesOver(rows, 'a stops, then a returns', 3.55, 3.65); // 3 s + 156/256 s
  takesOver(rows, 'a crashes', 2.6, 3.7);
  assert.ok((rows.get('a crashes')?.outcome.noHolderS.min ?? 0) > 2.6);
  assert.equal(after(rows, 'ens33 down on a'), 'b');
  assert.equal(after(rows, 'ens33 down on b'), 'a');
  assert.equal(after(rows, 'b crashes'), 'a');
  assert.equal(after(rows, 'the link splits'), 'a+b');
  assert.equal(after(rows, 'the link splits, then the link heals'), 'a');
  const healed = rows.get('the link splits, then the link heals')?.outcome.twoHoldersS.max ?? 0;
  assert.ok(healed > 0 && healed < 1.1, `${healed} s`);
  assert.match(
    answerText(result, 'pair', false),
    /pair: a stops +-> a down, b 90 +-> b takes over after 0\.65 s/,
  );
});

const SCRIPT = script('chk', 'interval 2\n weight 2');
const TRACK = 'track_script {\n chk\n }';

it('whatif/a positive weight larger than the gap moves the address, both failing does not', () => {
  const rows = rowsOf(
    ask(
      conf({ before: SCRIPT, priority: 101, more: TRACK }),
      conf({ before: SCRIPT, priority: 100, more: TRACK }),
    ),
  );
  assert.equal(rows.get('both run')?.standing, 'a 101+2=103 > b 100+2=102');
  assert.equal(rows.get('chk fails on a')?.standing, 'a 101 < b 100+2=102');
  assert.equal(after(rows, 'chk fails on a'), 'b');
  takesOver(rows, 'chk fails on a', 2.9, 5.7); // up to 2 s to the next run, then 3.6 s less what b has waited
  assert.equal(after(rows, 'chk fails on a, then chk works again'), 'a');
  assert.equal(after(rows, 'chk fails on b'), 'a');
  assert.equal(after(rows, 'chk fails on both'), 'a');
});

it('whatif/a script fails at any moment between its runs and the adverts', () => {
  const down = script('chk', 'interval 1\n weight -60');
  const of = (priority: number): string => conf({ before: down, priority, more: TRACK });
  const back = rowsOf(ask(of(150), of(100), 15)).get('chk fails on a, then chk works again')?.outcome
    .takeoverS;
  assert.ok(back);
  // Up to 1 s to the next run, then 3.41 s less what has passed since the last advert.
  assert.ok(back.min >= 2.4 && back.max <= 4.5, `${back.min}..${back.max}`);
  assert.ok(back.max - back.min > 1.2, `${back.min}..${back.max}`);
});

it('whatif/a weight smaller than the gap never moves it', () => {
  const weight = script('chk', 'weight -20');
  const rows = rowsOf(
    ask(
      conf({ before: weight, priority: 150, more: TRACK }),
      conf({ before: weight, priority: 100, more: TRACK }),
    ),
  );
  assert.equal(rows.get('chk fails on a')?.standing, 'a 150-20=130 > b 100');
  assert.equal(rows.get('chk fails on a')?.result, 'a keeps the VIP');
});

it('whatif/a script without weight is a FAULT; on both nodes nobody holds the address', () => {
  const fault = script('chk', 'fall 3');
  const result = ask(
    conf({ before: fault, priority: 150, more: TRACK }),
    conf({ before: fault, priority: 100, more: TRACK }),
  );
  const rows = rowsOf(result);
  assert.equal(rows.get('chk fails on a')?.standing, 'a FAULT, b 100');
  takesOver(rows, 'chk fails on a', 2.5, 3.8); // three failures, then priority 0 and the skew of 100
  assert.equal(after(rows, 'chk fails on both'), '-');
  assert.match(rows.get('chk fails on both')?.why.join() ?? '', /script chk fails \(exit 1\)/);
  assert.equal(result.negative, false, 'a fault of both nodes is no mistake of the files');
});

it('whatif/nopreempt: the node that returns stays backup, and a weight moves nothing', () => {
  const weight = script('chk', 'weight -80');
  const more = `state BACKUP\n nopreempt\n ${TRACK}`;
  const rows = rowsOf(
    ask(conf({ before: weight, priority: 150, more }), conf({ before: weight, priority: 100, more })),
  );
  assert.equal(after(rows, 'a stops'), 'b');
  assert.equal(after(rows, 'a stops, then a returns'), 'b');
  assert.equal(after(rows, 'chk fails on a'), 'a');
  assert.equal(rows.get('chk fails on a')?.standing, 'a 150-80=70 < b 100');
});

it('whatif/preempt_delay: the better node waits before it takes the address back', () => {
  const rows = rowsOf(
    ask(
      conf({ priority: 150, more: 'preempt_delay 30' }),
      conf({ priority: 100, more: 'preempt_delay 30' }),
      2,
    ),
  );
  assert.equal(after(rows, 'a crashes'), 'b');
  assert.equal(after(rows, 'a crashes, then a returns'), 'a');
  takesOver(rows, 'a crashes, then a returns', 30, 35);
});

it('whatif/sync group: a fault of one member moves both addresses', () => {
  const group = 'vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n}\n';
  const two = (priority: number): string =>
    conf({ before: script('chk', ''), priority, more: TRACK }) +
    conf({ name: 'VI_2', vrid: 52, vip: '192.0.2.101', priority }) +
    group;
  const result = ask(two(150), two(100), 2);
  for (const router of [0, 1]) {
    const rows = rowsOf(result, router);
    assert.equal(after(rows, 'both run'), 'a');
    assert.equal(after(rows, 'chk fails on a'), 'b', `router ${router}`);
    assert.equal(after(rows, 'chk fails on a, then chk works again'), 'a', `router ${router}`);
  }
});

const unicast = (own: number, peer: number): string =>
  `unicast_src_ip 192.0.2.${own}\n unicast_peer {\n 192.0.2.${peer}\n }`;

it('whatif/unicast: mirrored is fine, not mirrored is two masters', () => {
  const a = conf({ priority: 150, more: unicast(10, 20) });
  assert.equal(after(rowsOf(ask(a, conf({ more: unicast(20, 10) }), 1)), 'both run'), 'a');
  // Without unicast_src_ip the peer's list tells the address.
  const plain = (peer: number): string => `unicast_peer {\n 192.0.2.${peer}\n }`;
  const inferred = ask(conf({ priority: 150, more: plain(20) }), conf({ more: plain(10) }), 1);
  assert.equal(after(rowsOf(inferred), 'both run'), 'a');
  const wrong = ask(a, conf({ more: unicast(21, 10) }), 1);
  assert.equal(after(rowsOf(wrong), 'both run'), 'a+b');
  assert.equal(wrong.negative, true);
});

it('whatif/mismatches that make two masters are seen by the ladder, and the reason is given', () => {
  const pass = (word: string): string => `authentication {\n auth_type PASS\n auth_pass ${word}\n }`;
  const cases = [
    [{ more: pass('1111') }, { more: pass('2222') }, /auth-data: their auth_pass is not ours/],
    [{ more: 'advert_int 1' }, { more: 'advert_int 2' }, /interval/],
    [{ more: 'version 2' }, { more: 'version 3' }, /version/],
    [{ more: 'version 3' }, { more: 'version 3\n v3_checksum_as_v2' }, /checksum/],
  ] as const;
  for (const [one, other, why] of cases) {
    // The better node must be the one that does not hear, or it would never learn of the other.
    const result = ask(conf({ priority: 100, ...one }), conf({ priority: 150, ...other }), 1);
    const row = rowsOf(result).get('both run');
    assert.equal(row?.outcome.after.join('+'), 'a+b', `${other.more}`);
    assert.match(row?.why.join('; ') ?? '', why);
    assert.equal(result.negative, true);
  }
});

it('whatif/other multicast groups do not hear each other', () => {
  const group = (last: number): string => `global_defs {\n vrrp_mcast_group4 224.0.0.${last}\n}\n`;
  const rows = rowsOf(ask(conf({ priority: 150, before: group(18) }), conf({ before: group(19) }), 1));
  assert.equal(after(rows, 'both run'), 'a+b');
});

it('whatif/v3 with other intervals is one master all the same', () => {
  const rows = rowsOf(
    ask(
      conf({ priority: 150, more: 'version 3\n advert_int 0.1' }),
      conf({ more: 'version 3\n advert_int 1' }),
      2,
    ),
  );
  assert.equal(after(rows, 'both run'), 'a');
  takesOver(rows, 'a crashes', 0.2, 0.4);
});

it('whatif/IPv6 runs as IPv4 does', () => {
  const six = ask(
    conf({ priority: 150, more: 'version 3' }).replace('192.0.2.100/24', 'fe80::100/64'),
    conf({ priority: 100, more: 'version 3' }).replace('192.0.2.100/24', 'fe80::100/64'),
    1,
  );
  assert.equal(after(rowsOf(six), 'a stops'), 'b');
  assert.deepEqual(six.notes, []);
});

it('whatif/authentication: the outcome is that of the real check', () => {
  const ah = (pass: string) => `authentication {\n auth_type AH\n auth_pass ${pass}\n }`;
  const hmac = (id: number, octet: string, mode = 'enforce') =>
    `auth_hmac {\n key ${id} hex:${octet.repeat(32)}\n active_key ${id}\n mode ${mode}\n }`;
  const both = (a: string, b: string) =>
    after(rowsOf(ask(conf({ priority: 150, more: a }), conf({ more: b }), 1)), 'both run');
  assert.equal(both(ah('1111'), ah('1111')), 'a');
  assert.equal(both(ah('1111'), ah('2222')), 'a+b');
  assert.equal(both(ah('1111'), ''), 'a+b');
  assert.equal(both(hmac(1, 'ab'), hmac(1, 'ab')), 'a');
  assert.equal(both(hmac(1, 'ab'), hmac(1, 'cd')), 'a+b');
  assert.equal(both(hmac(1, 'ab'), hmac(2, 'ab')), 'a+b');
  assert.equal(both(hmac(1, 'ab'), ''), 'a+b');
  assert.equal(both(hmac(1, 'ab', 'receive-only'), ''), 'a');
});

it('whatif/an instance that one node lacks has no second holder', () => {
  const a = conf({ priority: 150 }) + conf({ name: 'VI_2', vrid: 52, vip: '192.0.2.101' });
  const result = ask(a, conf({ priority: 100 }), 1);
  assert.equal(after(rowsOf(result, 1), 'a stops'), '-');
  assert.equal(result.negative, true);
});

it('whatif/alone and with an assumed copy', () => {
  const { config } = loadNode(conf({ more: unicast(10, 20) }), 'a');
  const plan = planAlone('a', config, macs);
  const alone = answer(plan, wholeTable(plan), 2);
  assert.equal(after(rowsOf(alone), 'it runs'), 'a');
  assert.equal(after(rowsOf(alone), 'a stops'), '-');
  const pair = planPair(['a', 'copy'], ...assumedPair(config), macs);
  const both = answer(pair, wholeTable(pair), 2);
  assert.equal(after(rowsOf(both), 'a crashes'), 'copy');
  assert.equal(both.negative, false);
  const plain = loadNode(conf({ more: 'unicast_peer {\n 192.0.2.20\n 192.0.2.30\n }' }), 'a').config;
  const third = planPair(['a', 'copy'], ...assumedPair(plain), macs);
  const rows = rowsOf(answer(third, wholeTable(third), 1));
  assert.equal(after(rows, 'both run'), 'a');
  assert.equal(after(rows, 'a stops, then a returns'), 'copy', 'the copy is heard too');
});

it('whatif/the same question has the same answer', () => {
  const once = JSON.stringify(answerJson(ask(conf({ priority: 150 }), conf({})), 'pair'));
  assert.equal(JSON.stringify(answerJson(ask(conf({ priority: 150 }), conf({})), 'pair')), once);
});

it('whatif/the table of two instances takes less than half a second of CPU', () => {
  const two = (priority: number): string =>
    conf({ before: SCRIPT, priority, more: TRACK }) +
    conf({ name: 'VI_2', vrid: 52, vip: '192.0.2.101', priority: 250 - priority });
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage();
    ask(two(150), two(100));
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  assert.ok(best < 0.5, `${best} s`);
});
