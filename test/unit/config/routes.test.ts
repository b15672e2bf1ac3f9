/**
 * Effective values of routes and rules: what the data dump of Debian's keepalived 2.2.7 showed for each line of
 * `test/golden/config-routes.json` (form, line, lines of the dump).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { routeText, ruleText } from '../../../src/report/dump/routes.ts';
import { type Form, probeText } from './probe.ts';
import { configOf, firstInstance, interfaces, load } from './support.ts';

type Row = readonly [form: Form, line: string, dump: readonly string[]];

/** Lines that vipd takes differently, with what it makes of them. */
const DIFFERS: Readonly<Record<string, readonly string[]>> = {
  // keepalived keeps an encapsulation that holds nothing; the kernel refuses the route.
  '10.15.0.0/24 dev eth0 encap mpls x': [],
  '10.2.0.0/24 dev eth0 encap mpls': [],
  '10.2.0.0/24 dev eth0 encap ip': [],
  '10.2.0.0/24 dev eth0 encap ila x': [],
  '10.2.0.0/24 dev eth0 encap mpls 16/17/18': [],
  // A number of this form is no number.
  '10.2.0.0/24 dev eth0 rtt 1.2.3': [],
  // A second gateway fixes the family as every address does.
  'default dev eth0 or fe80::1': ['prepend ::/0 dev eth0 proto 18 nexthop nexthop via inet6 fe80::1'],
  // The dump leaves the word out for IPv6.
  '2001:db8::/64 via fe80::1 dev eth0 onlink': [
    'prepend 2001:db8::/64 via inet6 fe80::1 dev eth0 proto 18 onlink',
  ],
};

/** The dump glues 'lock' to the name, and shows the protocol of unwatched routes only when it was written. */
const normal = (line: string): string => {
  const fixed = line
    .replace(/congctl (\S+)lock( |$)/, 'congctl lock $1$2')
    .replace(/ +/g, ' ')
    .trim();
  return fixed.endsWith(' no_track') ? fixed.replace(' proto 18', '') : fixed;
};

const machine = { interfaces: interfaces('eth0', 'eth1', 'eth2') };
for (const [form, line, dump] of JSON.parse(
  readFileSync('test/golden/config-routes.json', 'utf8'),
) as readonly Row[])
  it(`routes/${line.slice(0, 100)}`, () => {
    const instance = firstInstance(load(probeText(form, line), machine));
    const got = form === 'vr' ? instance.routes.map(routeText) : instance.rules.map(ruleText);
    assert.deepEqual(got.map(normal), (DIFFERS[line] ?? dump).map(normal));
  });

it('routes/names come from the files of iproute2, and are the standard ones without', () => {
  const line = '198.51.100.0/24 dev eth0 table blue scope lab';
  const text = probeText('vr', `${line} metric 1\n198.51.101.0/24 dev eth0 table main scope link tos AF11`);
  const without = firstInstance(load(text, machine)).routes;
  assert.deepEqual(
    without.map((r) => [r.table, r.scope, r.tos]),
    [[254, 253, 40]],
  );
  const files = {
    '/etc/iproute2/rt_tables': '# mine\n0x64 blue\n254\tmain\n',
    '/usr/share/iproute2/rt_scopes': '7 lab\n',
  };
  const found = firstInstance(load(text, machine, files)).routes;
  assert.deepEqual(
    found.map((r) => [r.table, r.scope]),
    [[100, 7]],
  );
});

it('routes/static entries keep the order of the file and their groups', () => {
  const text = `track_group G {\ngroup {\nVI_1 VI_9\n}\n}
static_ipaddress {\n192.0.2.7/24 dev eth1 track_group G\n}
static_routes {\n198.51.100.0/24 dev eth0 track_group G\n198.51.101.0/24 via 192.168.0.2 track_group G\n}
static_rules {\nfrom 198.51.100.0/24 table 100\nfrom 198.51.101.0/24 iif eth0 table 100 track_group G\n}
${probeText('vru', 'from 198.51.102.0/24 table 100')}`;
  const config = configOf(load(text, machine));
  assert.deepEqual(config.trackGroups, [{ name: 'G', instances: ['VI_1'] }]);
  assert.deepEqual(
    config.staticAddresses.map((a) => [a.address, a.interface, a.trackGroup]),
    [['192.0.2.7', 'eth1', 'G']],
  );
  assert.deepEqual(
    config.staticRoutes.map((r) => [r.track, r.trackGroup]),
    [
      [true, 'G'],
      [false, undefined],
    ],
  );
  assert.deepEqual(
    [...config.staticRules, ...(config.instances[0]?.rules ?? [])].map((r) => [r.priority, r.trackGroup]),
    [
      [16384, undefined],
      [16383, 'G'],
      [16382, undefined],
    ],
  );
});

it('routes/names come from iproute_etc_dir, then iproute_usr_dir', () => {
  const lines =
    '10.0.0.0/8 dev eth0 table mine\n10.1.0.0/16 dev eth0 table theirs\n10.2.0.0/16 dev eth0 table main';
  const files = {
    '/own/rt_tables': '77 mine\n254 main\n',
    '/vendor/rt_tables': '78 theirs\n79 mine\n',
    '/vendor/rt_protos': '99 other\n',
  };
  const tables = (global: string): (readonly [number, number])[] =>
    configOf(
      load(
        `static_routes {\n${lines}\n10.3.0.0/16 dev eth0 protocol other no_track\n}\nglobal_defs {\n${global}}\n`,
        {},
        files,
      ),
    ).staticRoutes.map((r) => [r.table, r.protocol]);
  assert.deepEqual(tables('iproute_etc_dir /own\niproute_usr_dir /vendor\n'), [
    [77, 18],
    [254, 18],
    [254, 99],
  ]);
  assert.deepEqual(tables('iproute_etc_dir /none\niproute_usr_dir /vendor\n').slice(0, 2), [
    [79, 18],
    [78, 18],
  ]);
});

it('routes/local types stand in table local, unless one is written', () => {
  const { staticRoutes } = configOf(
    load(
      'static_routes {\nlocal 10.0.0.1/32 dev eth0\nlocal 10.0.0.2/32 dev eth0 table main\nbroadcast 10.0.0.3/32 dev eth0\nmulticast 225.0.0.1/32 dev eth0\n}\n',
    ),
  );
  assert.deepEqual(
    staticRoutes.map((r) => r.table),
    [255, 254, 255, 254],
  );
});
