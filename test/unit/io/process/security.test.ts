import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import type { FileStat, FileView } from '../../../../src/io/process/path-walk.ts';
import {
  type AccountSource,
  type CheckerSettings,
  NO_SECURITY,
  PathCommandChecker,
} from '../../../../src/io/process/security.ts';
import { native } from '../../../../src/native.ts';
import type { PreparedCommand } from '../../../../src/ports/process.ts';
import { commandOf, NOT_ROOT, Workshop } from './support.ts';

const USERS: AccountSource = {
  lookupUser: (name) =>
    name === 'root'
      ? { uid: 0, gid: 0, name, home: '/root' }
      : name === 'web'
        ? { uid: 33, gid: 33, name, home: '/var/www' }
        : null,
  lookupUserId: (uid) => (uid === 0 ? { uid, gid: 0, name: 'root', home: '/root' } : null),
  lookupGroup: (name) => (name === 'ops' ? { gid: 500, name } : null),
};
const WITH_DEFAULT: AccountSource = {
  ...USERS,
  lookupUser: (name) =>
    name === 'keepalived_script' ? { uid: 900, gid: 901, name, home: '/' } : USERS.lookupUser(name),
};

/** 'd 755 0:0', 'f 644 33:33', 'l /target' for each path; '/' is there already. */
function tree(entries: Readonly<Record<string, string>>): FileView {
  const all: Record<string, string> = { '/': 'd 755 0:0', ...entries };
  const entry = (path: string): string[] => {
    const found = all[path];
    if (found === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return found.split(' ');
  };
  return {
    lstat(path): FileStat {
      const [kind = '', mode = '', owner = '0:0'] = entry(path);
      if (kind === 'l') return { kind: 'link', mode: 0o777, uid: Number(owner.split(':')[0]), gid: 0 };
      const [uid = 0, gid = 0] = owner.split(':').map(Number);
      const names: Record<string, FileStat['kind']> = { d: 'directory', f: 'file', s: 'other' };
      return { kind: names[kind] ?? 'other', mode: Number.parseInt(mode, 8), uid, gid };
    },
    readlink: (path) => entry(path)[1] ?? '',
  };
}

const SECURE: CheckerSettings = { scriptUser: 'root', scriptSecurity: true };
function prepare(
  files: FileView,
  argv: readonly string[],
  settings: CheckerSettings = SECURE,
  more: { accounts?: AccountSource; path?: string; user?: string; group?: string } = {},
): PreparedCommand {
  const checker = new PathCommandChecker(settings, {
    accounts: more.accounts ?? USERS,
    files,
    ownUid: 0,
    ownGid: 0,
    path: more.path,
  });
  const { user, group } = more;
  return checker.prepare({
    ...commandOf(...argv),
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
  });
}
function granted(p: PreparedCommand): PreparedCommand & { ok: true } {
  assert.ok(p.ok, p.ok ? '' : p.reason);
  return p;
}
function refused(p: PreparedCommand): PreparedCommand & { ok: false } {
  assert.ok(!p.ok, 'was not refused');
  return p;
}

const PATHS: readonly (readonly [string, Readonly<Record<string, string>>, RegExp | 'ok', string?])[] = [
  ['all root', { '/s': 'd 755 0:0', '/s/x': 'f 755 0:0' }, 'ok'],
  [
    'folder 777',
    { '/s': 'd 777 0:0', '/s/x': 'f 755 0:0' },
    /\/s is writable by everybody \(owner root:0, mode 0777\)/,
    "chmod o-w '/s'",
  ],
  ['folder 1777 (sticky)', { '/s': 'd 1777 0:0', '/s/x': 'f 755 0:0' }, 'ok'],
  [
    "sticky, but the script is not root's",
    { '/s': 'd 1777 0:0', '/s/x': 'f 755 33:0' },
    /\/s\/x is not owned by root \(owner 33:0/,
    "chown root '/s/x'",
  ],
  [
    'sticky means nothing for a file',
    { '/x': 'f 1757 0:0', '/s': 'd 755 0:0', '/s/x': 'l /x' },
    /\/x is writable by everybody/,
  ],
  ['folder 775, group root', { '/s': 'd 775 0:0', '/s/x': 'f 755 0:0' }, 'ok'],
  [
    'folder 775, another group',
    { '/s': 'd 775 0:50', '/s/x': 'f 755 0:0' },
    /\/s is writable by group 50 \(owner root:50, mode 0775\)/,
    "chmod g-w '/s'",
  ],
  [
    'folder 2775 (setgid), another group',
    { '/s': 'd 2775 0:50', '/s/x': 'f 755 0:0' },
    /\/s is writable by group 50 .*mode 02775/,
    "chmod g-w '/s'",
  ],
  [
    'folder owned by another',
    { '/s': 'd 755 33:33', '/s/x': 'f 755 0:0' },
    /\/s is not owned by root/,
    "chown root '/s'",
  ],
  [
    'script 775, another group',
    { '/s': 'd 755 0:0', '/s/x': 'f 775 0:50' },
    /\/s\/x is writable by group 50/,
  ],
  [
    'a linked folder of root (/bin on merged-/usr)',
    {
      '/bin': 'l usr/bin',
      '/usr': 'd 755 0:0',
      '/usr/bin': 'd 755 0:0',
      '/usr/bin/x': 'f 755 0:0',
      '/s': 'd 755 0:0',
      '/s/x': 'l /bin/x',
    },
    'ok',
  ],
  [
    'a link to a place that others can write',
    { '/open': 'd 777 0:0', '/open/x': 'f 755 0:0', '/s': 'd 755 0:0', '/s/x': 'l /open/x' },
    /\/open is writable by everybody/,
    "chmod o-w '/open'",
  ],
  [
    'a link through a place that others can write',
    {
      '/ok': 'd 755 0:0',
      '/ok/x': 'f 755 0:0',
      '/open': 'd 777 0:0',
      '/open/y': 'l /ok/x',
      '/s': 'd 755 0:0',
      '/s/x': 'l ../open/y',
    },
    /\/open is writable by everybody/,
  ],
  [
    'a link that belongs to another',
    { '/ok': 'd 755 0:0', '/ok/x': 'f 755 0:0', '/s': 'd 755 0:0', '/s/x': 'l /ok/x 33:33' },
    /\/s\/x is not owned by root/,
  ],
  [
    'several: every remedy at once',
    { '/s': 'd 777 0:0', '/s/x': 'f 775 0:50' },
    /\/s is writable/,
    "chmod o-w '/s'; chmod g-w '/s/x'",
  ],
];

describe('io/process/security: enable_script_security', () => {
  for (const [name, entries, expected, remedy] of PATHS)
    it(name, () => {
      const got = prepare(tree(entries), ['/s/x']);
      if (expected === 'ok') {
        assert.deepEqual(granted(got).warnings, []);
        return;
      }
      assert.match(refused(got).reason, expected);
      assert.match(refused(got).reason, /^Unsafe permissions found for script '\/s\/x'/);
      assert.equal(refused(got).security, true);
      if (remedy !== undefined) assert.equal(refused(got).remedy, remedy);
    });
});

it("io/process/security: 'use_symlink_paths' executes the path as written and judges what it leads to", () => {
  const files = {
    '/ok': 'd 755 0:0',
    '/ok/y': 'f 755 0:0',
    '/s': 'd 755 0:0',
    '/s/x': 'l /ok/y',
  };
  const keep = { ...SECURE, keepSymlinks: true };
  assert.equal(granted(prepare(tree(files), ['/s/x'])).path, '/ok/y');
  assert.equal(granted(prepare(tree(files), ['/s/x'], keep)).path, '/s/x');
  refused(prepare(tree({ ...files, '/ok': 'd 777 0:0' }), ['/s/x'], keep));
});

describe('io/process/security: when it applies', () => {
  const open = tree({ '/s': 'd 777 0:0', '/s/x': 'f 755 0:0', '/s/su': 'f 4755 0:0', '/s/sg': 'f 2755 0:0' });
  it('does not concern a script that runs as another user', () => {
    assert.deepEqual(granted(prepare(open, ['/s/x'], SECURE, { user: 'web' })).warnings, []);
  });
  it('concerns group root', () => {
    const groups: AccountSource = { ...USERS, lookupGroup: () => ({ gid: 0, name: 'root' }) };
    refused(prepare(open, ['/s/x'], SECURE, { user: 'web', group: 'root', accounts: groups }));
  });
  it('concerns set-user-id and set-group-id root', () => {
    refused(prepare(open, ['/s/su'], SECURE, { user: 'web' }));
    refused(prepare(open, ['/s/sg'], SECURE, { user: 'web' }));
  });
  it('without it the script is allowed, with the warnings', () => {
    const p = granted(prepare(open, ['/s/x'], { scriptUser: 'root', scriptSecurity: false }));
    assert.equal(p.warnings.length, 2);
    assert.match(p.warnings[0] ?? '', /^Unsafe permissions found .*\/s is writable by everybody/);
    assert.equal(p.warnings[1], NO_SECURITY);
  });
  it('each warning is told once', () => {
    const told: string[] = [];
    const checker = new PathCommandChecker(
      { scriptUser: 'root', scriptSecurity: false },
      { accounts: USERS, files: open, ownUid: 0, ownGid: 0, onWarning: (t) => told.push(t) },
    );
    for (const path of ['/s/x', '/s/su', '/s/x']) assert.ok(checker.prepare(commandOf(path)).ok);
    assert.deepEqual(
      told.filter((t) => t === NO_SECURITY),
      [NO_SECURITY],
    );
    assert.equal(told.length, 3);
  });
});

describe('io/process/security: finding the file', () => {
  const files = tree({
    '/a': 'd 755 0:0',
    '/a/x': 'f 644 0:0',
    '/b': 'd 755 0:0',
    '/b/x': 'f 755 0:0',
    '/b/own': 'f 700 0:0',
    '/b/sock': 's 755 0:0',
    '/b/multi': 'f 755 0:0',
    '/b/iptables': 'l multi',
    '/b/loop': 'l loop',
    '/b/dangling': 'l gone',
    '/shut': 'd 700 0:0',
    '/shut/x': 'f 755 0:0',
    '/l': 'l /b',
  });
  const rows: readonly (readonly [string, string, RegExp, RegExp])[] = [
    ['missing', '/b/nothing', /`\/b\/nothing`: no such file$/, /create it/],
    ['missing folder', '/nowhere/x', /no such file \(at \/nowhere\)/, /create it/],
    ['through a file', '/b/x/y', /not a directory \(at \/b\/x\)/, /arguments go inside/],
    ['a folder', '/b', /Wrong file type .*\/b is a directory/, /program itself/],
    ['a socket', '/b/sock', /not a regular file/, /program itself/],
    [
      'not executable',
      '/a/x',
      /is not executable for uid:gid 0:0: \/a\/x has mode 0644/,
      /^chmod u\+x '\/a\/x'$/,
    ],
    ['a loop', '/b/loop', /form a loop/, /correct the links/],
    ['a dangling link', '/b/dangling', /no such file \(at \/b\/gone\)/, /create it/],
    ['relative', 'b/x', /not absolute/, /whole path/],
    ['empty', '', /empty/, /write/],
  ];
  for (const [name, path, reason, remedy] of rows)
    it(name, () => {
      const p = refused(prepare(files, [path]));
      assert.match(p.reason, reason);
      assert.match(p.remedy, remedy);
      assert.equal(p.security, false);
    });

  it('executes what the links lead to, and keeps the name of the last', () => {
    const p = granted(prepare(files, ['/l/../l/iptables', '-L']));
    assert.equal(p.path, '/b/multi');
    assert.deepEqual(p.argv, ['/b/iptables', '-L']);
  });
  it('another user must be able to reach and execute it', () => {
    assert.match(
      refused(prepare(files, ['/b/own'], SECURE, { user: 'web' })).remedy,
      /^chmod o\+x '\/b\/own'$/,
    );
    const p = refused(prepare(files, ['/shut/x'], SECURE, { user: 'web' }));
    assert.match(p.reason, /uid:gid 33:33: web may not pass through \/shut/);
    granted(prepare(files, ['/shut/x']));
  });

  it('a bare name is searched in PATH, with a warning', () => {
    const p = granted(prepare(files, ['x', 'arg'], SECURE, { path: 'rel:/a:/b/' }));
    assert.deepEqual(p.argv, ['/b/x', 'arg']);
    assert.deepEqual(p.warnings, [
      'WARNING - script `x` resolved by path search to `/b/x`. Please specify full path.',
    ]);
  });
  it('not in PATH, or there but not executable', () => {
    assert.match(
      refused(prepare(files, ['nothing'], SECURE, { path: '/a:/b' })).reason,
      /^Cannot find script nothing in path/,
    );
    assert.match(
      refused(prepare(files, ['x'], SECURE, { path: '/a' })).reason,
      /^Permissions failure for script x in path/,
    );
  });
});

describe('io/process/security: the user', () => {
  const files = tree({ '/x': 'f 755 0:0' });
  const open: CheckerSettings = { scriptSecurity: false };
  it('its own, with the group of that user or its own', () => {
    const p = granted(prepare(files, ['/x'], SECURE, { user: 'web' }));
    assert.deepEqual([p.uid, p.gid, p.userName, p.home], [33, 33, 'web', '/var/www']);
    assert.equal(granted(prepare(files, ['/x'], SECURE, { user: 'web', group: 'ops' })).gid, 500);
  });
  it('script_user and its group', () => {
    const p = granted(prepare(files, ['/x'], { ...SECURE, scriptUser: 'web', scriptGroup: 'ops' }));
    assert.deepEqual([p.uid, p.gid], [33, 500]);
  });
  it('keepalived_script when it exists', () => {
    const p = granted(prepare(files, ['/x'], { scriptSecurity: true }, { accounts: WITH_DEFAULT }));
    assert.deepEqual([p.uid, p.gid, p.userName], [900, 901, 'keepalived_script']);
  });
  it("else the daemon's own, with a remark", () => {
    const p = granted(prepare(files, ['/x'], open));
    assert.deepEqual([p.uid, p.gid, p.userName], [0, 0, 'root']);
    assert.match(p.warnings[0] ?? '', /'keepalived_script' does not exist: scripts run as root; useradd/);
  });
  it('but not with enable_script_security', () => {
    const p = refused(prepare(files, ['/x'], { scriptSecurity: true }));
    assert.match(p.reason, /Unable to set default user keepalived_script/);
    assert.match(p.remedy, /useradd .*keepalived_script; or set script_user/);
  });
  it('unknown user or group', () => {
    assert.match(
      refused(prepare(files, ['/x'], SECURE, { user: 'nosuch' })).reason,
      /^Script user 'nosuch' does not exist$/,
    );
    assert.match(
      refused(prepare(files, ['/x'], SECURE, { user: 'web', group: 'no' })).reason,
      /^Script group 'no' does not exist$/,
    );
  });
  it('a user database that cannot be read', () => {
    const failing: AccountSource = {
      ...USERS,
      lookupUser: () => {
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      },
    };
    assert.match(
      refused(prepare(files, ['/x'], SECURE, { accounts: failing })).reason,
      /cannot be read \(EIO\)/,
    );
  });
  it('names are looked up once', () => {
    let count = 0;
    const counting: AccountSource = {
      ...USERS,
      lookupUser: (name) => {
        count++;
        return USERS.lookupUser(name);
      },
    };
    const checker = new PathCommandChecker(SECURE, { accounts: counting, files, ownUid: 0, ownGid: 0 });
    for (let i = 0; i < 3; i++) checker.prepare(commandOf('/x'));
    assert.equal(count, 1);
  });
});

describe('io/process/security: on real files', { skip: NOT_ROOT }, () => {
  const shop = new Workshop();
  after(() => shop.remove());
  const check = (path: string): PreparedCommand =>
    new PathCommandChecker(SECURE, { accounts: native() }).prepare(commandOf(path));
  const folder = (name: string, mode: number): string => {
    mkdirSync(shop.path(name));
    chmodSync(shop.path(name), mode);
    writeFileSync(`${shop.path(name)}/x`, '#!/bin/sh\n', { mode: 0o755 });
    chmodSync(`${shop.path(name)}/x`, 0o755);
    return shop.path(name);
  };

  it('/bin/true is accepted though /bin may be a link', () => assert.ok(check('/bin/true').ok));
  it('a folder 777 in the middle', () => {
    const open = folder('open', 0o777);
    mkdirSync(`${open}/inner`);
    writeFileSync(`${open}/inner/x`, '', { mode: 0o755 });
    assert.match(
      refused(check(`${open}/inner/x`)).reason,
      new RegExp(`${open} is writable by everybody .*mode 0777`),
    );
    chmodSync(open, 0o755);
    assert.ok(check(`${open}/inner/x`).ok, 'the remedy helps');
  });
  it('a link to a place of somebody else', () => {
    const theirs = folder('theirs', 0o755);
    chownSync(theirs, 65534, 65534);
    symlinkSync(`${theirs}/x`, shop.path('link'));
    assert.match(refused(check(shop.path('link'))).reason, /theirs is not owned by root \(owner nobody:/);
  });
  it('a set-group-id folder', () => {
    const shared = folder('shared', 0o755);
    chownSync(shared, 0, 1);
    chmodSync(shared, 0o2775);
    assert.match(refused(check(`${shared}/x`)).remedy, new RegExp(`^chmod g-w '${shared}'$`));
  });
});
