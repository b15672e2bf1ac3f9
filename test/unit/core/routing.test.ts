/** Virtual and static routes and rules in core: order, watching, restoring, reload. The kernel is a set of names. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { memoryMachine } from '../config/machine.ts';
import { config, instanceConfig, link, S, World } from './fakes.ts';

const R1 = 'route 203.0.113.0/24';
const R2 = 'route 203.0.114.0/24';
const RULE = 'rule 1000';

function parsed(text: string): Config {
  return loadConfig('/c', memoryMachine({ '/c': text })).config as Config;
}
const lines = (name: string, list: readonly string[]): string => `${name} {\n${list.join('\n')}\n}\n`;

/** One instance on eth0 with these lines, and the static ones of `rest`. */
function world(
  routes: readonly string[],
  rules: readonly string[] = [],
  rest = '',
  change: Parameters<typeof instanceConfig>[0] = {},
): World {
  return new World(conf(routes, rules, rest, change));
}
function conf(
  routes: readonly string[],
  rules: readonly string[] = [],
  rest = '',
  change: Parameters<typeof instanceConfig>[0] = {},
): Config {
  const c = parsed(
    `${rest}${lines('static_routes', routes)}${lines('static_rules', rules)}vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.100/24\n}\n}\n`,
  );
  const statics = parsed(
    `${rest}vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.100/24\n}\n}\n`,
  );
  const own = c.staticRoutes.slice(statics.staticRoutes.length);
  const ownRules = c.staticRules.slice(statics.staticRules.length);
  return config([instanceConfig({ routes: own, rules: ownRules, ...change })], {
    trackGroups: statics.trackGroups,
    staticAddresses: statics.staticAddresses,
    staticRoutes: statics.staticRoutes,
    staticRules: statics.staticRules,
  });
}

function master(w: World): World {
  w.start();
  w.pass(4 * S);
  assert.equal(w.state(), 'master', w.log.join('\n'));
  return w;
}
/** What follows a notification that something of ours went. */
function gone(w: World, name: string): void {
  w.routing.delete(name);
  w.core.onRoutingChange();
  w.pass(S / 10);
}
const steps = (w: World): string[] => w.done.filter((d) => /^(advert|add|del|garp)/.test(d));

describe('virtual', () => {
  it('advert, addresses, routes, rules, announcement; the other way round at the end', () => {
    const w = master(world(['203.0.113.0/24 dev eth0'], ['from 203.0.113.0/24 table 100 priority 1000']));
    assert.deepEqual(steps(w).slice(0, 5), [
      'advert 100',
      'add 192.0.2.100',
      `add ${R1}`,
      `add ${RULE}`,
      'garp 1x5',
    ]);
    w.done.length = 0;
    w.stop();
    w.pass(2 * S);
    assert.deepEqual(steps(w), ['advert 0', `del ${RULE}`, `del ${R1}`, 'del 192.0.2.100']);
  });
  it('a deleted one: priority 0, everything away, BACKUP with its own skew', () => {
    const w = master(world(['203.0.113.0/24 dev eth0'], ['from 203.0.113.0/24 table 100 priority 1000']));
    w.done.length = 0;
    gone(w, R1);
    assert.deepEqual(steps(w), ['advert 0', `del ${RULE}`, 'del 192.0.2.100']);
    assert.equal(w.state(), 'backup');
    w.pass(S);
    assert.equal(w.state(), 'master');
    assert.ok(w.routing.has(R1) && w.routing.has(RULE));
    w.pass(10 * S);
    assert.equal(w.core.snapshot().instances[0]?.counters.becameMaster, 2);
  });
  it('however much is told, the kernel is read ten times a second at most', () => {
    const w = master(world(['203.0.113.0/24 dev eth0']));
    w.pass(S);
    const before = w.readings;
    for (let i = 0; i < 1000; i++) {
      w.core.onRoutingChange();
      w.pass(S / 1000);
    }
    const count = w.readings - before;
    assert.ok(count >= 10 && count <= 11, String(count));
  });
  it('no_track: nobody looks', () => {
    const w = master(world(['203.0.113.0/24 dev eth0 no_track'], ['table 100 priority 1000 no_track']));
    assert.equal(w.routingWatched, false);
    gone(w, R1);
    gone(w, RULE);
    assert.equal(w.state(), 'master');
  });
  it('one that the kernel never shows is no reason to leave', () => {
    const w = world(['203.0.113.0/24 dev eth0']);
    w.hidden.add(R1);
    master(w);
    w.pass(S);
    w.core.onRoutingChange();
    w.pass(S);
    assert.equal(w.state(), 'master');
    assert.equal(w.core.snapshot().instances[0]?.counters.becameMaster, 1);
  });
  it('a refused one is told with its words, the rest is set', () => {
    const w = world(['203.0.113.0/24 dev eth0', '203.0.114.0/24 dev eth0']);
    w.refused.set(R1, 'ENETUNREACH');
    master(w);
    assert.ok(w.routing.has(R2));
    assert.match(
      w.log.join('\n'),
      /error \(VI_1\) cannot add the virtual route 203\.0\.113\.0\/24 dev eth0.*ENETUNREACH/,
    );
    gone(w, 'nothing');
    assert.equal(w.state(), 'master');
  });
});

describe('virtual, beside links and reloads', () => {
  it('its interface is watched, unless it is the own one and that is not', () => {
    const w = master(world(['203.0.113.0/24 dev eth1']));
    w.setLink(link('eth1', 3, false));
    assert.equal(w.state(), 'fault');
    assert.equal(w.routing.size, 0);
    const own = master(world(['203.0.113.0/24 dev eth0'], [], '', { trackPrimary: false }));
    own.routing.clear();
    own.setLink(link('eth0', 2, false));
    own.core.onRoutingChange();
    own.pass(S / 2);
    assert.equal(own.state(), 'master', 'with the link down its absence is no deletion');
    own.setLink(link('eth0', 2, true));
    assert.ok(own.routing.has(R1), 'it comes back with the link');
  });
  it('a reload removes what is gone and adds what is new, nothing else', () => {
    const w = master(
      world(['203.0.113.0/24 dev eth0', '203.0.114.0/24 dev eth0'], ['table 100 priority 1000']),
    );
    w.done.length = 0;
    w.core.reload(conf(['203.0.113.0/24 dev eth0', '203.0.115.0/24 dev eth0'], ['table 100 priority 1001']), {
      errors: 0,
      warnings: 0,
    });
    assert.deepEqual([...w.routing].sort(), [R1, 'route 203.0.115.0/24', 'rule 1001'].sort());
    assert.ok(!w.done.includes(`del ${R1}`));
    assert.equal(w.state(), 'master');
  });
  it('leftovers are removed at the start, and all are in the release files from then on', () => {
    const w = world(
      ['203.0.113.0/24 dev eth0'],
      ['inet6 x'].slice(1).concat('from 2001:db8::/32 table 100 priority 1000'),
    );
    w.routing.add(R1);
    w.start();
    assert.equal(w.routing.size, 0);
    assert.match(w.log.join('\n'), /removed 1 virtual route\(s\) and rule\(s\)/);
    assert.deepEqual(
      w.released.routing?.map((r) => [r.text, r.request.type]),
      [
        ['', 33],
        ['route del 203.0.113.0/24 dev eth0 proto 18', 25],
      ],
    );
  });
});

describe('static', () => {
  const REST = `track_group G {\ngroup {\nVI_1\n}\n}\n${lines('static_ipaddress', ['198.51.100.7/32 dev eth1'])}${lines('static_routes', ['203.0.113.0/24 dev eth1 track_group G', '203.0.114.0/24 dev eth1 no_track'])}${lines('static_rules', ['table 100 priority 1000'])}`;
  it('set before the instances start, removed after they stopped, in reverse order', () => {
    const w = world([], [], REST);
    w.start();
    assert.deepEqual(steps(w).slice(0, 4), ['add 198.51.100.7', `add ${R1}`, `add ${R2}`, `add ${RULE}`]);
    w.pass(4 * S);
    w.done.length = 0;
    w.stop();
    w.pass(2 * S);
    assert.deepEqual(steps(w), [
      'advert 0',
      'del 192.0.2.100',
      `del ${RULE}`,
      `del ${R2}`,
      `del ${R1}`,
      'del 198.51.100.7',
    ]);
    assert.equal(w.routingWatched, false);
  });
  it('put back when deleted; with no_track not', () => {
    const w = master(world([], [], REST));
    for (const name of [R1, R2, RULE]) gone(w, name);
    assert.deepEqual([...w.routing].sort(), [R1, RULE].sort());
    assert.equal(w.state(), 'master');
    assert.match(w.log.join('\n'), /Restoring deleted static rule/);
  });
  it('of a track_group: one that cannot be set is a FAULT until it can', () => {
    const w = master(world([], [], REST));
    w.refused.set(R1, 'EINVAL');
    gone(w, R1);
    assert.equal(w.state(), 'fault');
    assert.match(
      w.core.snapshot().instances[0]?.faults[0]?.detail ?? '',
      /static route 203\.0\.113\.0\/24.*EINVAL/,
    );
    w.refused.clear();
    w.setLink(link('eth1', 3, true));
    assert.equal(w.state(), 'backup');
    assert.ok(w.routing.has(R1));
  });
  it('a link that goes down takes its routes along; they come back with it', () => {
    const w = master(world([], [], REST));
    w.routing.delete(R1);
    w.setLink(link('eth1', 3, false));
    assert.equal(w.state(), 'fault');
    w.setLink(link('eth1', 3, true));
    assert.ok(w.routing.has(R1));
    assert.equal(w.state(), 'backup');
  });
  it('a reload changes the difference', () => {
    const w = master(world([], [], REST));
    w.done.length = 0;
    w.core.reload(
      conf([], [], lines('static_rules', ['table 100 priority 1000', 'table 101 priority 1001'])),
      {
        errors: 0,
        warnings: 0,
      },
    );
    assert.deepEqual([...w.routing].sort(), [RULE, 'rule 1001']);
    assert.ok(!w.done.includes(`del ${RULE}`));
    assert.ok(w.done.includes('del 198.51.100.7'));
  });
});
