/**
 * What a daemon tells the world, side by side with Debian's keepalived: each on a network of its own, the same file, the same
 * life (start, election, link down and up, an instance removed by a reload, stop); then the lines of the FIFOs and the mails
 * are compared.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import type { Mail } from '../unit/io/mail/smtp-server.ts';
import { sleepMs, until } from './clock.ts';
import { COMMANDS, type DaemonKind } from './daemon.ts';
import { Lab, type NodeSpec } from './lab.ts';
import { program } from './probe.ts';

const KINDS: readonly DaemonKind[] = ['keepalived', 'vipd'];
const PORT = 2525;
const WAIT_MS = 15_000;
const folder = mkdtempSync(join(tmpdir(), 'vipd-told-'));
let lab: Lab;

function node(name: string, n: number): NodeSpec {
  const mac = (i: number): string => `02:00:00:00:0${n}:0${i}`;
  return {
    name,
    interfaces: [
      { name: 'eth0', bridge: `br${2 * n}`, mac: mac(0), addresses: ['192.0.2.10/24'] },
      { name: 'eth1', bridge: `br${2 * n + 1}`, mac: mac(1), addresses: ['198.51.100.10/24'] },
    ],
  };
}

before(async () => {
  const nodes = KINDS.map((k, n) => node(k, n));
  lab = await Lab.open('vt', { bridges: ['br0', 'br1', 'br2', 'br3'], nodes }, folder);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const instance = (name: string, iface: string, vrid: number, vip: string, more = ''): string => `
vrrp_instance ${name} {
    interface ${iface}
    virtual_router_id ${vrid}
    priority 200
    virtual_ipaddress {
        ${vip}/24
    }
    ${more}
}
`;

function conf(place: string, third: boolean): string {
  return `global_defs {
    router_id told
    script_user root
    notification_email {
        a@x.test
        b@y.test
    }
    notification_email_from ka@x.test
    smtp_server 127.0.0.1 ${PORT}
    smtp_connect_timeout 5
    smtp_alert
    notify_fifo ${place}/all.fifo
    notify_fifo_script "${place}/reader ${place}/all.lines"
    vrrp_notify_fifo ${place}/vrrp.fifo nobody
    vrrp_notify_fifo_script "${place}/reader ${place}/vrrp.lines"
}
vrrp_sync_group G {
    group {
        V1
        V2
    }
}
${instance('V1', 'eth0', 51, '192.0.2.100')}${instance('V2', 'eth1', 52, '198.51.100.100')}${
  third ? instance('V3', 'eth0', 53, '192.0.2.101', 'notify_deleted') : ''
}`;
}

const READER = '#!/bin/sh\nwhile read l; do echo "$l" >>"$1"; done <"$2"\nexit 0\n';

type Life = {
  readonly all: readonly string[];
  readonly vrrp: readonly string[];
  readonly mails: readonly Mail[];
};

const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];

async function live(kind: DaemonKind): Promise<Life> {
  const place = join(folder, kind);
  const file = (name: string): string => join(place, name);
  mkdirSync(place);
  writeFileSync(file('reader'), READER, { mode: 0o755 });
  writeFileSync(file('k.conf'), conf(place, true));
  const relay = lab.spawn(kind, [process.execPath, program('mail-relay'), String(PORT), file('mails')]);
  const listens = async (): Promise<boolean> =>
    (await lab.sh(kind, `ss -ltn | grep -q :${PORT}`)).status === 0;
  for (let i = 0; !(await listens()); i++) {
    assert.ok(i < 100, 'the relay does not listen');
    await sleepMs(50);
  }
  const daemon = lab.start(kind, COMMANDS[kind], file('k.conf'), file('log'));
  const seen = async (line: string, times: number): Promise<void> => {
    const there = (): boolean => linesOf(file('all.lines')).filter((l) => l === line).length >= times;
    assert.ok(
      await until(there, WAIT_MS),
      `${kind}: not ${times} x ${line}:\n${linesOf(file('all.lines')).join('\n')}`,
    );
  };
  await seen('GROUP "G" MASTER 0', 1);
  await seen('INSTANCE "V3" MASTER 200', 1);
  await lab.sh(kind, 'ip link set eth0 down');
  await seen('GROUP "G" FAULT 0', 1);
  await lab.sh(kind, 'ip link set eth0 up');
  await seen('GROUP "G" MASTER 0', 2);
  await seen('INSTANCE "V3" MASTER 200', 2);
  // A reload of keepalived forgets the mails that are on their way.
  const delivered = (): boolean => {
    const masters = linesOf(file('mails')).filter((l) => l.includes('Entering MASTER'));
    return ['V1 -', 'V2 -', 'V3 -', 'G -'].every((of) => masters.filter((l) => l.includes(of)).length === 2);
  };
  assert.ok(
    await until(delivered, WAIT_MS),
    `${kind}: mails are missing: ${linesOf(file('mails')).join('\n')}`,
  );
  writeFileSync(file('k.conf'), conf(place, false));
  daemon.signal('SIGHUP');
  await seen('INSTANCE "V3" DELETED 200', 1);
  const deleted = (): boolean => linesOf(file('mails')).some((l) => l.includes('Deleted'));
  assert.ok(await until(deleted, WAIT_MS), `${kind}: no mail of the removal`);
  daemon.signal('SIGTERM');
  assert.ok(await daemon.ended());
  relay.kill('SIGTERM');
  return {
    all: linesOf(file('all.lines')),
    vrrp: linesOf(file('vrrp.lines')),
    mails: linesOf(file('mails')).map((l) => JSON.parse(l) as Mail),
  };
}

/** The states of each name, in order; keepalived ends its readers before it says STOP. */
function byName(lines: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const line of lines) {
    const [what, state = '', priority = ''] = /^(\w+ "[^"]*") (\S+) (\d+)$/.exec(line)?.slice(1) ?? [line];
    if (state !== 'STOP') out[what as string] = `${out[what as string] ?? ''} ${state}/${priority}`.trim();
  }
  return out;
}

function letters(mails: readonly Mail[]): string[] {
  return mails
    .map((m) =>
      [m.from, m.to.join(), m.headers['from'], m.headers['to'], m.headers['subject'], m.text.trim()].join(
        ' | ',
      ),
    )
    .filter((text) => !text.includes('Stopping'))
    .sort();
}

it('FIFO lines and mails are those of keepalived', async () => {
  const [theirs, ours] = await Promise.all(KINDS.map(live));
  assert.ok(theirs !== undefined && ours !== undefined);
  assert.deepEqual(byName(ours.all), byName(theirs.all));
  assert.deepEqual(byName(ours.vrrp), byName(theirs.vrrp));
  // The order at the start, before elections mix it.
  assert.deepEqual(ours.all.slice(0, 4), theirs.all.slice(0, 4));
  assert.deepEqual(letters(ours.mails), letters(theirs.mails));
  assert.ok(ours.mails.length >= 10);
  // What keepalived keeps from its readers.
  assert.deepEqual(ours.all.slice(-3), [
    'INSTANCE "V1" STOP 200',
    'INSTANCE "V2" STOP 200',
    'GROUP "G" STOP 0',
  ]);
  for (const kind of KINDS) {
    const place = join(folder, kind);
    assert.ok(
      !existsSync(join(place, 'all.fifo')) && !existsSync(join(place, 'vrrp.fifo')),
      `${kind} left a FIFO`,
    );
  }
});
