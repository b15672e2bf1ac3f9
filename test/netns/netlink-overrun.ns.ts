/**
 * Overruns of the notification socket for real, and endurance. Run as root:
 * node --test build/test/netns/netlink-overrun.ns.js.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { formatIp } from '../../src/base/ip.ts';
import { RtNetlink } from '../../src/io/netlink/rt-netlink.ts';
import { native } from '../../src/native.ts';
import {
  inOwnNamespace,
  ip,
  ipBatch,
  kernelSet,
  pair,
  pictureSet,
  request,
  run,
  running,
  stop,
  until,
  word,
} from './netlink-lab.ts';

const churn = (name: string, from: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `addr add 10.${from}.${n >> 8}.${n & 255}/32 dev ${name}`);

function overruns(): void {
  it("while the loop is blocked: the process lives, one overrun, the picture is the kernel's", async () => {
    pair('ovr0', 'ovr1');
    const r = run({ receiveBufferBytes: 4096 });
    const before = ['10.9.0.1', '10.9.0.2'].map((a) => request(r.index('ovr0'), a, 32));
    r.port.addAddresses(before);
    r.port.drain();
    for (let round = 1; round <= 3; round++) {
      r.events.length = 0;
      const add = churn('ovr0', round, 1500);
      // Blocks this process until all is done; the socket holds a few of the 3,000 notifications.
      ipBatch([...add, ...add.slice(500).map((l) => l.replace('addr add', 'addr del'))]);
      await until('the overrun', () => r.events.some((e) => e.type === 'overrun'));
      r.port.drain();
      assert.deepEqual(pictureSet(r.port.addresses()), kernelSet());
      assert.equal(r.events.filter((e) => e.type === 'overrun').length, 1);
      assert.equal(r.port.counters().overruns, round);
      const added = new Set(
        r.events.filter((e) => e.type === 'address-added').map((e) => formatIp(e.address.bytes)),
      );
      for (let n = 0; n < 500; n++)
        assert.ok(added.has(`10.${round}.${n >> 8}.${n & 255}`), `${n} was not reported`);
    }
    ip('addr', 'add', '192.0.2.99/32', 'dev', 'ovr0');
    await until('news after it', () => r.events.map(word).includes('+192.0.2.99'));
    stop(r);
  });

  it("while the kernel keeps changing: events add up to the kernel's state", async () => {
    pair('flood0', 'flood1');
    const r = run({ receiveBufferBytes: 4096 });
    const known = new Set(pictureSet(r.port.addresses()));
    let consumed = 0;
    const add = churn('flood0', 20, 4000);
    const lines = [...add, ...add.slice(1000).map((l) => l.replace('addr add', 'addr del'))];
    const child = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'inherit', 'inherit'] });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    child.stdin.end(`${lines.join('\n')}\n`);
    // Keep the loop busy now and then, so that the buffer overruns again and again.
    const busy = setInterval(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 15), 20);
    assert.equal(await ended, 0);
    clearInterval(busy);
    await until('the same picture', () => {
      r.port.drain();
      return String(pictureSet(r.port.addresses())) === String(kernelSet());
    });
    for (; consumed < r.events.length; consumed++) {
      const e = r.events[consumed];
      if (e?.type === 'address-added') known.add(String(pictureSet([e.address])));
      if (e?.type === 'address-removed') assert.ok(known.delete(String(pictureSet([e.address]))));
    }
    assert.deepEqual([...known].sort(), kernelSet());
    assert.ok(r.port.counters().overruns > 0);
    assert.equal(r.events.filter((e) => e.type === 'overrun').length, r.port.counters().overruns);
    stop(r);
  });
}

function endurance(): void {
  it('20,000 changes leave no descriptor and no memory behind', () => {
    pair('end0', 'end1');
    const port = new RtNetlink(native(), () => undefined);
    running.add(port);
    port.start();
    port.drain();
    const index = port.links().find((l) => l.name === 'end0')?.index ?? 0;
    const all = Array.from({ length: 100 }, (_, n) => request(index, `10.50.0.${n + 1}`, 24));
    const round = (): void => {
      assert.ok(port.addAddresses(all).every((x) => x.ok && !x.already));
      assert.ok(port.deleteAddresses(all.toReversed()).every((x) => x.ok && !x.already));
      port.drain();
    };
    const state = (): { fds: number; bytes: number } => {
      globalThis.gc?.();
      const m = process.memoryUsage();
      return { fds: readdirSync('/proc/self/fd').length, bytes: m.heapUsed + m.arrayBuffers + m.external };
    };
    assert.ok(globalThis.gc, 'run with --expose-gc');
    for (let i = 0; i < 20; i++) round();
    const before = state();
    for (let i = 0; i < 100; i++) round();
    const grown = state();
    assert.equal(grown.fds, before.fds);
    assert.ok(grown.bytes - before.bytes < 2_000_000, `${grown.bytes - before.bytes} bytes more`);
    assert.deepEqual([port.counters().overruns, port.counters().garbage], [0, 0]);
    port.close();
    running.delete(port);
    assert.equal(readdirSync('/proc/self/fd').length, before.fds - 2);
  });
}

inOwnNamespace(import.meta.url, () => {
  describe('overruns', overruns);
  describe('endurance', endurance);
});
