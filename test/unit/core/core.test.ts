/** The daemon without its hands: what core does, and in which order, when the world changes around it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { advert, config, instanceConfig, link, S, script, vip, World } from './fakes.ts';
import { groupConfig } from './group-config.ts';
import { kernelAddress } from './kernel-items.ts';

const DOWN_US = 3_609_375; // 3 x 1 s + (256 - 100) / 256 s
const PLACE = { file: 'test.conf', line: 1, col: 1 };
const command = (name: string) => ({ argv: [`/${name}`], text: `/${name}`, place: PLACE });

function master(change: Parameters<typeof instanceConfig>[0] = {}, makeBeforeBreak = true): World {
  const w = new World(config([instanceConfig(change)]), makeBeforeBreak);
  w.start();
  w.pass(4 * S);
  assert.equal(w.state(), 'master');
  return w;
}

describe('core/election', () => {
  it('becomes master after the down interval, in keepalived order', () => {
    const w = new World(config([instanceConfig({ notify: { master: command('m'), any: command('n') } })]));
    w.start();
    assert.equal(w.state(), 'backup');
    w.pass(DOWN_US - 1);
    assert.equal(w.state(), 'backup');
    w.pass(2);
    assert.deepEqual(w.done.slice(1), [
      'hook notify INSTANCE VI_1 BACKUP 100',
      'advert 100',
      'add 192.0.2.100',
      'garp 1x5',
      'hook notify_master',
      'hook notify INSTANCE VI_1 MASTER 100',
    ]);
  });

  it('stays backup while adverts come, and says who is master', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    for (let i = 0; i < 10; i++) {
      w.pass(S);
      w.hear(advert(200));
    }
    assert.equal(w.state(), 'backup');
    assert.deepEqual(w.core.snapshot().instances[0]?.peer.address, '192.0.2.20');
  });

  it('refuses adverts of another version or interval, counted under the reason', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    w.hear(advert(200, { interval: 2 * S }));
    w.hear({ ...advert(200), ttl: 64 });
    w.hear(advert(200, { vrid: 52 }));
    assert.deepEqual(w.core.snapshot().instances[0]?.counters.rejected, { interval: 1, ttl: 1 });
    assert.match(w.log.join('\n'), /advert from 192\.0\.2\.20 rejected \(interval\)/);
  });
});

describe('core/stall: a backup that slept must not take over', () => {
  it('reads its socket before it believes the timer', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    w.waiting.push(advert(200));
    w.stall(5 * S);
    assert.equal(w.state(), 'backup');
    w.pass(DOWN_US + 1);
    assert.equal(w.state(), 'master', 'a silent master is still noticed');
  });

  it('notices that it slept, once, also when what it reads first moves the timer', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    w.nowUs += DOWN_US + 2 * S;
    w.hear(advert(200));
    w.hear(advert(200));
    w.pass(S);
    assert.equal(w.state(), 'backup');
    assert.deepEqual(w.core.snapshot().loop, { stallCount: 1, longestStallUs: 2 * S });
    assert.match(w.log.join('\n'), /served 2\.000 s late/);
  });

  it('gives a master one more interval, once, when nothing waited', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    w.stall(5 * S);
    assert.equal(w.state(), 'backup');
    w.pass(S);
    w.stall(3 * S);
    assert.equal(w.state(), 'master');
    assert.equal(w.core.snapshot().loop.stallCount, 2);
  });

  it('takes over without delay when it was on time', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    w.stall(DOWN_US + 50_000);
    assert.equal(w.state(), 'master');
  });
});

describe('core/stall: max_auto_priority', () => {
  const processes = (maxAutoPriority: number) => {
    const plain = config([instanceConfig()]);
    const p = { ...plain.global.processes, maxAutoPriority, minAutoPriorityDelayUs: 2 * S };
    return { ...plain, global: { ...plain.global, processes: p } };
  };
  it('one step for each timer that was late enough, and the line that people look for', () => {
    const w = new World(processes(5));
    w.start();
    w.stall(DOWN_US + S);
    assert.equal(w.urgency, 0, 'late by less than min_auto_priority_delay');
    w.stall(4 * S);
    assert.equal(w.urgency, 1);
    assert.match(w.log.join('\n'), /A thread timer expired 2\.390625 seconds ago/);
    assert.match(w.log.join('\n'), /real-time priority is now 1, at most 5/);
  });
  it('0 switches it off', () => {
    const w = new World(processes(0));
    w.start();
    w.stall(60 * S);
    assert.equal(w.urgency, 0);
  });
});

describe('core/start', () => {
  it('vrrp_delay_after_boot holds the timers until that uptime, the later of it and vrrp_startup_delay counts', () => {
    const plain = config([instanceConfig()]);
    for (const [startupDelayUs, delayAfterBootUs, masterAtUs] of [
      [0, 0, S + DOWN_US],
      [0, 5 * S, 5 * S + DOWN_US],
      [7 * S, 5 * S, 8 * S + DOWN_US],
    ] as const) {
      const w = new World({ ...plain, global: { ...plain.global, startupDelayUs, delayAfterBootUs } });
      w.nowUs = S; // since the boot
      w.start();
      w.pass(masterAtUs - S - 1);
      const early = w.state();
      w.pass(2);
      assert.deepEqual([early, w.state()], ['backup', 'master'], `${startupDelayUs} ${delayAfterBootUs}`);
    }
  });
});

describe('core/stop', () => {
  it('make before break: priority 0 at once, the address until the successor speaks', () => {
    const w = master({ notify: { stop: command('s') } });
    w.done.length = 0;
    w.stop();
    assert.deepEqual(w.done, ['advert 0']);
    assert.equal(w.watching, 1);
    w.hear(advert(90));
    w.pass(9_000);
    assert.equal(w.stopped, false);
    w.pass(2_000);
    assert.equal(w.stopped, true);
    assert.deepEqual(w.done.slice(1, 3), ['del 192.0.2.100', 'hook notify_stop']);
    assert.equal(w.watching, 0);
  });

  it('make before break ends at its bound when nobody speaks', () => {
    const w = master();
    w.stop();
    w.pass(1_000_000);
    assert.equal(w.stopped, false);
    w.pass(100_000);
    assert.equal(w.stopped, true);
  });

  it("keepalived's order drops the address with the priority 0", () => {
    const w = master({}, false);
    w.done.length = 0;
    w.stop();
    assert.deepEqual(w.done.slice(0, 2), ['advert 0', 'del 192.0.2.100']);
    assert.equal(w.stopped, true);
  });

  it('a second stop does not linger', () => {
    const w = master();
    w.stop();
    w.stop();
    assert.equal(w.stopped, true);
  });
});

describe('core/links and addresses', () => {
  it('link down is a FAULT with priority 0, link up leads back through a full down interval', () => {
    const w = master();
    w.done.length = 0;
    w.setLink(link('eth0', 2, false));
    assert.equal(w.state(), 'fault');
    assert.deepEqual(w.done.slice(0, 3), ['advert 0', 'advert 0', 'del 192.0.2.100']);
    w.setLink(link('eth0', 2));
    assert.equal(w.state(), 'backup');
    w.pass(4 * S);
    assert.equal(w.state(), 'master');
  });

  it('the interface deleted and made again gets new sockets', () => {
    const w = master();
    w.links = [link('eth1', 3)];
    w.tell({ type: 'link-removed', index: 2, name: 'eth0' });
    assert.equal(w.state(), 'fault');
    w.addresses = [kernelAddress(10, 7)];
    w.setLink(link('eth0', 7));
    assert.equal(w.state(), 'backup');
    assert.deepEqual(
      w.opened.map((s) => s.interfaceIndex),
      [2, 7],
    );
  });

  it('the only source address deleted is a FAULT; it still says priority 0', () => {
    const w = master();
    w.done.length = 0;
    w.addresses = w.addresses.filter((a) => a.bytes[3] !== 10);
    w.tell({ type: 'address-removed', address: kernelAddress(10, 2) });
    assert.equal(w.state(), 'fault');
    assert.equal(w.sent.at(-1)?.priority, 0);
    assert.equal(w.sent.at(-1)?.source, '192.0.2.10');
  });

  it('a VIP deleted by someone else: priority 0, back after the own skew (B19)', () => {
    const w = master();
    w.done.length = 0;
    w.addresses = w.addresses.filter((a) => a.bytes[3] !== 100);
    w.tell({ type: 'address-removed', address: kernelAddress(100, 2) });
    w.pass(0);
    assert.equal(w.state(), 'backup');
    assert.equal(w.done[0], 'advert 0');
    w.pass(610_000);
    assert.equal(w.state(), 'master');
  });

  it('the echo of our own deletion is not somebody else', () => {
    const w = master();
    w.tell({ type: 'address-removed', address: kernelAddress(100, 2) });
    assert.equal(w.state(), 'master');
  });

  it('an address that is there before we set it points at another daemon on this host', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    w.addresses = [...w.addresses, kernelAddress(100, 2)];
    w.pass(4 * S);
    assert.equal(w.state(), 'master');
    assert.match(w.log.join('\n'), /192\.0\.2\.100 was on eth0 before we set it: does another VRRP daemon/);
    w.log.length = 0;
    w.core.reload(config([instanceConfig()]), { errors: 0, warnings: 0 });
    assert.doesNotMatch(w.log.join('\n'), /before we set it/, 'what we hold ourselves is no news');
  });

  it('leftovers of a crash are removed at start', () => {
    const w = new World(config([instanceConfig()]));
    w.addresses = [...w.addresses, kernelAddress(100, 2)];
    w.start();
    assert.equal(w.done[0], 'del 192.0.2.100');
    assert.match(w.log[0] ?? '', /removed 192\.0\.2\.100\/24 from eth0: .*give the interface another one/);
  });

  it('a leftover that bears our mark is called one', () => {
    const w = new World(config([instanceConfig()]));
    w.addresses = [...w.addresses, { ...kernelAddress(100, 2), protocol: 18 }];
    w.start();
    assert.match(w.log[0] ?? '', /an earlier run left it behind$/);
  });
});

describe('core/tracking', () => {
  it('a weighted interface changes the priority, an unweighted one is a FAULT', () => {
    const tracked = (weight: number) => ({
      trackInterfaces: [{ interface: 'eth1', weight, reverse: false }],
    });
    const weighted = master(tracked(-30));
    weighted.setLink(link('eth1', 3, false));
    assert.equal(weighted.core.snapshot().instances[0]?.effectivePriority, 70);
    assert.equal(weighted.state(), 'master');
    const faulty = master(tracked(0));
    faulty.setLink(link('eth1', 3, false));
    assert.equal(faulty.state(), 'fault');
  });

  it('a script without weight holds the instance in a silent FAULT until it succeeds', () => {
    const i = instanceConfig({
      trackScripts: [{ script: 'chk', weight: 0, reverse: false }],
      notify: { any: command('n') },
    });
    const w = new World(config([i], { scripts: [script('chk')] }));
    w.start();
    assert.equal(w.state(), 'fault');
    assert.equal(w.hooks.length, 0);
    w.pass(0);
    assert.deepEqual(w.scriptRuns, ['chk']);
    const result = {
      script: 'chk',
      exitCode: 0,
      timedOut: false,
      inconclusive: false,
      durationUs: 1,
      output: '',
      detail: '',
    };
    w.core.onScriptResult({ ...result, ok: true });
    assert.equal(w.state(), 'backup');
    w.pass(4 * S);
    w.core.onScriptResult({ ...result, ok: false, exitCode: 3 });
    assert.equal(w.state(), 'fault');
    assert.match(w.log.join('\n'), /script chk fails \(exit 3\)/);
  });
});

describe('core/sync group', () => {
  const group = groupConfig(['VI_1', 'VI_2'], { notify: { any: command('g') } });

  it('members become master together, fail together, and the group tells', () => {
    const second = instanceConfig({ name: 'VI_2', interface: 'eth1', vrid: 52, vips: [vip(101, 'eth1')] });
    const w = new World(config([instanceConfig(), second], { groups: [group] }));
    w.start();
    w.pass(8 * S);
    assert.deepEqual([w.state('VI_1'), w.state('VI_2')], ['master', 'master']);
    w.setLink(link('eth1', 3, false));
    assert.deepEqual([w.state('VI_1'), w.state('VI_2')], ['fault', 'fault']);
    w.setLink(link('eth1', 3));
    assert.deepEqual([w.state('VI_1'), w.state('VI_2')], ['backup', 'backup']);
    const told = w.hooks.filter((h) => h.what === 'notify').map((h) => h.extraArgv.join(' '));
    assert.deepEqual(told, ['GROUP G BACKUP 0', 'GROUP G MASTER 0', 'GROUP G FAULT 0', 'GROUP G BACKUP 0']);
  });
});

describe('core/reload', () => {
  it('an unchanged file adverts and changes nothing else', () => {
    const w = master();
    w.done.length = 0;
    const report = w.core.reload(config([instanceConfig()]), { errors: 0, warnings: 0 });
    assert.deepEqual(report.lines, ['nothing changed']);
    w.pass(0);
    assert.deepEqual(w.done, ['advert 100', 'add 192.0.2.100'], 'an address that is there is no difference');
    assert.equal(w.addresses.filter((a) => a.bytes[3] === 100).length, 1);
    assert.equal(w.state(), 'master');
  });

  it('adds and removes only the addresses that differ', () => {
    const w = master();
    w.done.length = 0;
    const report = w.core.reload(config([instanceConfig({ vips: [vip(100), vip(101)] })]), {
      errors: 0,
      warnings: 0,
    });
    assert.deepEqual(report.lines, ['VI_1: +192.0.2.101/24']);
    assert.deepEqual(
      w.done.filter((d) => /^(add|del|garp)/.test(d)),
      ['add 192.0.2.100', 'add 192.0.2.101', 'garp 2x5'],
    );
    w.done.length = 0;
    w.core.reload(config([instanceConfig({ vips: [vip(101)] })]), { errors: 0, warnings: 0 });
    assert.deepEqual(
      w.done.filter((d) => /^(del|garp)/.test(d)),
      ['del 192.0.2.100'],
    );
  });

  it('an address that moves to another interface was not deleted by someone else', () => {
    const w = master();
    const moved = w.addresses.find((a) => a.bytes[3] === 100);
    assert.ok(moved);
    w.core.reload(config([instanceConfig({ vips: [vip(100, 'eth1')] })]), { errors: 0, warnings: 0 });
    w.pass(0);
    // The removal is told while the kernel's word of the addition still waits behind it.
    const present = w.addresses;
    w.addresses = present.filter((a) => a.bytes[3] !== 100);
    w.core.onNetlink({ type: 'address-removed', address: moved });
    w.addresses = present;
    w.done.length = 0;
    w.pass(0);
    assert.equal(w.state(), 'master');
    assert.deepEqual(w.done, []);
  });

  it('says what changed beyond priority and addresses', () => {
    const w = master();
    const next = config([
      instanceConfig({ authentication: { type: 'pass', data: new Uint8Array(8) }, version: 3 }),
    ]);
    assert.deepEqual(w.core.reload(next, { errors: 0, warnings: 0 }).lines, [
      'VI_1: version, authentication changed',
    ]);
  });

  it('a removed instance lets go with priority 0 and its hook hears FAULT', () => {
    const w = master({ notify: { any: command('n') } });
    w.done.length = 0;
    w.core.reload(config([]), { errors: 0, warnings: 0 });
    assert.deepEqual(w.done, [
      'advert 0',
      'del 192.0.2.100',
      'hook notify INSTANCE VI_1 FAULT 100',
      'close ipv4 eth0 2 multicast 224.0.0.18',
    ]);
    assert.equal(w.state(), 'absent');
  });
});

describe('core/release files', () => {
  it('name the addresses from the start, and a priority 0 frame while master', () => {
    const w = master();
    const addresses = [{ interface: 'eth0', address: '192.0.2.100', prefixLength: 24 }];
    assert.deepEqual(w.released.addresses, addresses);
    assert.equal(w.released.adverts.length, 1);
    w.hear(advert(200));
    assert.equal(w.state(), 'backup');
    assert.deepEqual(w.released, { addresses, adverts: [] });
  });

  it('name what a reload sets before it is set, and hold the new adverts after it', () => {
    const w = master();
    const next = config([instanceConfig({ vips: [vip(100), vip(101)] })]);
    const work = w.core.reloading(next, { errors: 0, warnings: 0 });
    assert.deepEqual([...(w.released.adverts[0]?.frame ?? [])], [0, 1]);
    for (let step = work.next(); step.done !== true; step = work.next())
      for (const a of w.addresses.filter((x) => (x.bytes[3] as number) >= 100))
        assert.ok(w.released.addresses.some((x) => x.address === `192.0.2.${a.bytes[3]}`));
    assert.equal(w.released.addresses.length, 2);
    assert.deepEqual([...(w.released.adverts[0]?.frame ?? [])], [0, 2]);
  });
});
