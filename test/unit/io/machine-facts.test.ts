/** What `vipd check` asks the machine: networkd's files and the verdict on commands, in folders of their own. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { managedByNetworkd } from '../../../src/io/files/networkd.ts';
import type { AccountSource } from '../../../src/io/process/accounts.ts';
import { CommandJudge, programState } from '../../../src/io/process/verdict.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipd-facts-'));
after(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string, mode = 0o644): string {
  const full = join(folder, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
  chmodSync(full, mode);
  return full;
}

it('networkd/what manages a link, and whether it keeps addresses', () => {
  const link = (index: number, text: string) => put(`run/systemd/netif/links/${index}`, text);
  const file = '/etc/systemd/network/10-lan.network';
  link(2, `ADMIN_STATE=configured\nNETWORK_FILE=${file}\n`);
  link(3, 'ADMIN_STATE=unmanaged\n');
  assert.equal(managedByNetworkd(3, folder), undefined);
  assert.equal(managedByNetworkd(4, folder), undefined);
  put(file, '[Match]\nName=eth0\n[Network]\nAddress=192.0.2.1/24\n');
  assert.deepEqual(managedByNetworkd(2, folder), { file, keeps: false });
  put(file, '[Match]\nName=eth0\n[DHCPv4]\nKeepConfiguration=yes\n');
  assert.deepEqual(managedByNetworkd(2, folder), { file, keeps: false });
  put(file, '[Network]\nKeepConfiguration=static\n');
  assert.deepEqual(managedByNetworkd(2, folder), { file, keeps: true });
  put(`${file}.d/a.conf`, '[Network]\nKeepConfiguration = dynamic\n');
  assert.deepEqual(managedByNetworkd(2, folder), { file, keeps: false });
  put(`${file}.d/b.conf`, '[Network]\nKeepConfiguration = yes\n');
  assert.deepEqual(managedByNetworkd(2, folder), { file, keeps: true });
});

it('verdict/the state of a program, by path and by PATH', () => {
  const yes = put('bin/yes', '', 0o755);
  const no = put('bin/no', '');
  symlinkSync(yes, join(folder, 'bin/link'));
  const path = `relative:${join(folder, 'bin')}`;
  assert.equal(programState(yes, path), 'executable');
  assert.equal(programState(no, path), 'not-executable');
  assert.equal(programState(join(folder, 'bin/link'), path), 'executable');
  assert.equal(programState(join(folder, 'bin'), path), 'missing');
  assert.equal(programState('yes', path), 'executable');
  assert.equal(programState('no', path), 'not-executable');
  assert.equal(programState('other', path), 'missing');
  assert.equal(programState('bin/yes', path), 'missing');
});

it('verdict/the cause of a refusal', () => {
  const accounts: AccountSource = {
    lookupUser: (name) => (name === 'root' ? { uid: 0, gid: 0, name, home: '/root' } : null),
    lookupUserId: () => null,
    lookupGroup: () => null,
  };
  const secure = new CommandJudge({ scriptUser: 'root', scriptSecurity: true }, accounts, '/none');
  const loose = new CommandJudge({ scriptUser: 'root', scriptSecurity: false }, accounts, '/none');
  const command = (program: string, user?: string) => ({
    argv: [program],
    text: program,
    place: { file: '', line: 1, col: 1 },
    ...(user === undefined ? {} : { user }),
  });
  const cause = (judge: CommandJudge, program: string, user?: string) => {
    const verdict = judge.judge(command(program, user));
    return verdict.ok ? verdict.warnings.length : verdict.cause;
  };
  const script = put('open/s.sh', '#!/bin/sh\n', 0o755);
  chmodSync(join(folder, 'open'), 0o777);
  assert.equal(cause(secure, '/none/x'), 'missing');
  assert.equal(cause(secure, put('bin/plain', '')), 'not-executable');
  assert.equal(cause(secure, script, 'nobody'), 'account');
  assert.equal(cause(secure, script), 'insecure');
  assert.equal(cause(loose, script), 1);
});
