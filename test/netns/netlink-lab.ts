/**
 * The ground of the netlink tests: a network namespace of its own that ends with the process (unshare -n), iproute2 to
 * say what the kernel holds, and RtNetlink on the loop.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { after, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatIp, parseIp } from '../../src/base/ip.ts';
import { RtNetlink, type RtNetlinkOptions } from '../../src/io/netlink/rt-netlink.ts';
import { native } from '../../src/native.ts';
import type { AddressRequest, KernelAddress, NetlinkEvent } from '../../src/ports/netlink.ts';

const INSIDE = 'VIPD_TEST_NETNS';

export const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
export const ipBatch = (lines: readonly string[]): void => {
  execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
};
export type Shown = {
  readonly ifindex: number;
  readonly ifname: string;
  readonly addr_info: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly address?: string;
    readonly [key: string]: unknown;
  }[];
};
export const shown = (...args: string[]): Shown[] =>
  (JSON.parse(ip('-j', 'addr', 'show', ...args)) as Shown[]).filter((l) => l.ifname !== undefined);
/** IPv4 and IPv6 without the link-local addresses that the kernel makes by itself. */
export const info = (name: string): Shown['addr_info'] =>
  (shown('dev', name)[0]?.addr_info ?? []).filter((a) => !a.local.startsWith('fe80'));
export const kernelSet = (): string[] =>
  shown()
    .flatMap((l) => l.addr_info.map((a) => `${l.ifindex} ${a.local}/${a.prefixlen} ${a.address ?? ''}`))
    .sort();
export const pictureSet = (addresses: readonly KernelAddress[]): string[] =>
  addresses
    .map(
      (a) =>
        `${a.interfaceIndex} ${formatIp(a.bytes)}/${a.prefixLength} ${a.peer === undefined ? '' : formatIp(a.peer)}`,
    )
    .sort();

export const octets = (text: string): Uint8Array => {
  const bytes = parseIp(text);
  assert.ok(bytes, text);
  return bytes;
};
export const request = (
  index: number,
  text: string,
  prefixLength: number,
  more: Partial<AddressRequest> = {},
): AddressRequest => {
  const bytes = octets(text);
  return {
    family: bytes.length === 4 ? 4 : 6,
    bytes,
    prefixLength,
    interfaceIndex: index,
    scope: 0,
    ...more,
  };
};

export type Run = { readonly port: RtNetlink; readonly events: NetlinkEvent[]; index(name: string): number };
export const running: Set<RtNetlink> = new Set();
export function run(options: RtNetlinkOptions = {}): Run {
  const events: NetlinkEvent[] = [];
  const port = new RtNetlink(native(), (e) => events.push(e), options);
  running.add(port);
  port.start();
  const index = (name: string): number => {
    port.drain();
    const found = port.links().find((l) => l.name === name);
    assert.ok(found, `${name} is not in the picture`);
    return found.index;
  };
  return { port, events, index };
}
export function stop(...runs: readonly Run[]): void {
  for (const { port } of runs) {
    port.close();
    running.delete(port);
  }
}
/** Lets the loop run, so that everything comes by poll, until `done` or five seconds. */
export async function until(what: string, done: () => boolean): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (done()) return;
    await new Promise((r) => setTimeout(r, 5));
  }
  assert.fail(`not within five seconds: ${what}`);
}
export const pair = (a: string, b: string): void => {
  ipBatch([`link add ${a} type veth peer name ${b}`, `link set ${a} up`, `link set ${b} up`]);
};
export const word = (e: NetlinkEvent): string => {
  switch (e.type) {
    case 'link':
      return `+${e.link.name} ${e.link.up ? 'up' : 'down'} ${e.link.running ? 'running' : 'still'}`;
    case 'link-removed':
      return `-${e.name}`;
    case 'overrun':
      return 'overrun';
    default:
      return `${e.type === 'address-added' ? '+' : '-'}${formatIp(e.address.bytes)}`;
  }
};

/** Runs the test file at `url` again inside a new namespace, where `body` registers its tests. */
export function inOwnNamespace(url: string, body: () => void): void {
  if (process.env[INSIDE] !== undefined) {
    ip('link', 'set', 'lo', 'up');
    after(() => {
      for (const port of running) port.close();
    });
    body();
    return;
  }
  it('in a network namespace of its own', () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawnSync(
      'unshare',
      ['-n', process.execPath, '--expose-gc', '--enable-source-maps', fileURLToPath(url)],
      { env: { ...env, [INSIDE]: '1' }, encoding: 'utf8', timeout: 120_000 },
    );
    assert.equal(child.status, 0, `${child.stdout}\n${child.stderr}`);
    assert.match(child.stdout, /^# fail 0$/m);
    process.stdout.write(child.stdout.replace(/^/gm, '# '));
  });
}
