/**
 * Findings stricter than keepalived's: every code has an example with that one mistake; one-mistake files name the line;
 * what is right stays silent. With VIPD_CORPUS the same for the one-mistake files in its folder `lint-probes`.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { LINT_CODES } from '../../../src/config/codes/lint.table.ts';
import type { CodeRow } from '../../../src/config/codes/row.ts';
import type { CommandVerdict, LoadEnvironment } from '../../../src/config/environment.ts';
import { judge } from '../../../src/config/lint/judge.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { diskMachine, memoryMachine } from './machine.ts';
import { instance, interfaces, MAIN } from './support.ts';

const at = (text: string) => new Uint8Array(text.split('.').map(Number));
const COMMANDS: Readonly<Record<string, CommandVerdict>> = {
  '/etc/keepalived/noexec.sh': {
    ok: false,
    cause: 'not-executable',
    reason: 'it has mode 0644',
    remedy: 'chmod u+x',
  },
  '/nonexistent/master.sh': { ok: false, cause: 'missing', reason: 'no such file', remedy: 'create it' },
};
/** eth0 has 192.0.2.1/24; all commands but two can be run. */
const MACHINE: Partial<LoadEnvironment> = {
  interfaces: interfaces('eth0', 'eth1', 'eth2'),
  userExists: (u) => u === 'root' || u === 'nobody',
  groupExists: (g) => g === 'root',
  scriptState: (p) => (COMMANDS[p]?.ok === false ? 'missing' : 'executable'),
  judgeCommand: (c) => COMMANDS[c.argv[0] ?? ''] ?? { ok: true, root: true, warnings: [] },
  addresses: new Map([['eth0', [{ bytes: at('192.0.2.1'), prefixLength: 24, virtual: false }]]]),
  networkd: () => undefined,
};
const OFFLINE: Partial<LoadEnvironment> = {};

/** 'CODE line' of every finding. */
function findings(text: string, more: Partial<LoadEnvironment> = OFFLINE): readonly string[] {
  const machine = memoryMachine({ [MAIN]: text }, more);
  return judge(loadConfig(MAIN, machine), machine).map(
    (d) => `${d.code} ${d.at.source.position(d.at.start).line}`,
  );
}
const codesOf = (text: string, more?: Partial<LoadEnvironment>) =>
  findings(text, more).map((f) => f.split(' ')[0]);

for (const [code, row] of Object.entries(LINT_CODES) as [string, CodeRow][])
  it(`lint/example of ${code}: ${row.title}`, () => {
    // Both sides of the merge are read, so the priority comes twice.
    const also = code === 'KA2003' ? ['KA0508'] : [];
    assert.deepEqual(codesOf(row.example ?? '').sort(), [...also, code]);
    // With a machine that has all interfaces nothing else is said; it knows better about owners and security.
    const better: Readonly<Record<string, string>> = { KA2103: 'KA2513', KA2205: 'KA1003' };
    assert.deepEqual(codesOf(row.example ?? '', MACHINE).sort(), [...also, better[code] ?? code]);
  });

const SEC = 'global_defs {\nenable_script_security\nscript_user root\n}\n';
const script = (lines: string) => `${SEC}vrrp_script c {\n${lines}\n}\n`;
const vrid = (text: string) => text.replace('virtual_router_id 51', 'virtual_router_id 7');
const one = (lines: string, vips?: string, before?: string) => vrid(instance(lines, vips, before));
const tracked = (lines: string) => one('priority 100\ntrack_script {\nc\n}', undefined, script(lines));

/** Name, text, findings with the machine, findings offline where they differ. `instance` begins on line 2. */
const ROWS: readonly (readonly [string, string, readonly string[], (readonly string[])?])[] = [
  ['nothing wrong', one('priority 100'), []],
  ['command missing', one('notify_master /nonexistent/master.sh', undefined, SEC), ['KA2501 9'], []],
  ['command not executable', one('notify /etc/keepalived/noexec.sh', undefined, SEC), ['KA2502 9'], []],
  ['arguments unquoted', one('notify_master /bin/echo hello world', undefined, SEC), ['KA2206 9']],
  ['an account that exists', one('notify_master /bin/echo root root', undefined, SEC), []],
  ['arguments quoted', one('notify_master "/bin/echo hello world"', undefined, SEC), []],
  ['no script security', one('notify_master /bin/true'), ['KA1003 5'], ['KA2205 5']],
  ['own peer', one('unicast_src_ip 192.0.2.1\nunicast_peer {\n192.0.2.1\n192.0.2.2\n}'), ['KA0627 7']],
  ['own peer, no source', one('unicast_peer {\n192.0.2.2\n192.0.2.1\n}', '192.0.2.9/24'), ['KA2515 7'], []],
  [
    'source not local',
    one('unicast_src_ip 192.0.2.77\nunicast_peer {\n192.0.2.2\n}', '192.0.2.9/24'),
    ['KA2514 5'],
    [],
  ],
  ['own address as VIP', one('priority 100'), ['KA2510 7'], []],
  ['owner with its own address', one('priority 255'), [], ['KA2103 5']],
  ['priority 255, not its own', one('priority 255', '192.0.2.9/24'), ['KA2513 5'], ['KA2103 5']],
  ['VIPs in another network', one('priority 100', '10.9.8.7/24\n10.9.8.8/24'), ['KA2511 7'], []],
  ['/32 that is the network of eth0', one('priority 100', '192.0.2.0/32'), ['KA2512 7'], []],
  ['/31 has no broadcast address', one('priority 100', '192.0.2.9/31'), [], []],
  [
    'one VIP in two instances',
    `${one('priority 100', '192.0.2.9/24')}${one('priority 100', '192.0.2.9/24').replace('VI_1', 'VI_2').replace(' 7', ' 8')}`,
    ['KA0661 16'],
  ],
  ['MASTER with nopreempt', one('state MASTER\npriority 100\nnopreempt', '192.0.2.9/24'), ['KA0608 7']],
  [
    'nopreempt with FAULT checks',
    one('nopreempt\npriority 100\ntrack_interface {\neth1\n}', '192.0.2.9/24'),
    [],
  ],
  [
    'one bad member leaves one',
    `${one('priority 100', '192.0.2.9/24')}vrrp_sync_group G {\ngroup {\nVI_1\nVI_9\n}\n}\n`,
    ['KA0901 13'],
  ],
  ['peers with a comma', one('unicast_peer {\n192.0.2.2,192.0.2.3\n}', '192.0.2.9/24'), ['KA0624 6']],
  ['undefined name', one('interface $IFACE', '192.0.2.9/24'), ['KA0508 5', 'KA2004 5']],
  ['a defined name', `$P=100\n${one('priority $P', '192.0.2.9/24')}`, []],
  ['a name defined by itself', `$P=\${P}\n${one('priority $P', '192.0.2.9/24')}`, ['KA0203 6']],
  ['auth_pass with a dollar', one('authentication {\nauth_type PASS\nauth_pass a$bc\n}', '192.0.2.9/24'), []],
  ['semicolon behind an address', one('priority 100', '192.0.2.9/24;'), ['KA2001 7']],
  ['foreign block', one('priority 100\nlocal_address_group {\na\nb\n}', '192.0.2.9/24'), ['KA2006 6']],
  ['byte order mark', `\ufeff${one('priority 100').trimStart()}`, ['KA2002 1']],
  ['mail without relay', one('smtp_alert', '192.0.2.9/24'), ['KA2109 5']],
  ['mail switched off', one('smtp_alert off', '192.0.2.9/24'), []],
  ['redirection', tracked('script "/usr/bin/x > /dev/null"'), ['KA2203 6']],
  ['and', tracked('script "/usr/bin/x && /usr/bin/y"'), ['KA2203 6']],
  ['a shell of its own', tracked(`script "/bin/sh -c 'a | b > /dev/null'"`), []],
  ['an ampersand inside a word', tracked('script "/usr/bin/curl http://h/?a=1&b=2"'), []],
  ['command substitution', tracked('script "/usr/bin/test $(pidof x)"'), ['KA2203 6']],
  ['undefined name in a command', tracked('script "$DIR/x"'), ['KA2004 6']],
  ['timeout above interval', tracked('script /usr/bin/x\ninterval 1\ntimeout 10'), ['KA2202 8']],
  ['late', tracked('script /usr/bin/x\ninterval 20\nfall 3'), ['KA2204 8']],
  [
    'tracked before its definition, so not untracked',
    one('priority 100\ntrack_script {\nc\n}', '192.0.2.9/24') + script('script /usr/bin/x'),
    ['KA0801 7'],
  ],
  [
    'tracked under a wrong name',
    script('script /usr/bin/x') + one('priority 100\ntrack_script {\nchk_c\n}', '192.0.2.9/24'),
    ['KA0801 14'],
  ],
  [
    'a removed script is told once',
    `global_defs {\nenable_script_security\n}\nvrrp_script c {\nscript /usr/bin/x\n}\n${one('priority 100\ntrack_script {\nc\n}', '192.0.2.9/24')}`,
    ['KA1002 5'],
    [],
  ],
  ['strict with accept in version 3', one('version 3\naccept\nstrict_mode on', '192.0.2.9/24'), []],
];

for (const [name, text, machine, offline] of ROWS)
  it(`lint/${name}`, () => {
    // The VIP of most texts is the machine's own address; that has its own row.
    const own = name.includes('own address');
    const expect = [...machine].sort();
    const found = findings(own ? text : text.replaceAll('\n192.0.2.1/24', '\n192.0.2.100/24'), MACHINE);
    assert.deepEqual([...found].sort(), expect);
    const off = findings(own ? text : text.replaceAll('\n192.0.2.1/24', '\n192.0.2.100/24'));
    assert.deepEqual([...off].sort(), [...(offline ?? machine)].sort());
  });

it('lint/networkd is told once for an interface', () => {
  const text = `${one('priority 100', '192.0.2.9/24')}${one('priority 100', '192.0.2.10/24').replace('VI_1', 'VI_2').replace(' 7', ' 8')}`;
  const managed = (keeps: boolean) => ({ ...MACHINE, networkd: () => ({ file: '/etc/x.network', keeps }) });
  assert.deepEqual(findings(text, managed(false)), ['KA2516 3']);
  assert.deepEqual(findings(text, managed(true)), []);
});

it('lint/script security of the machine', () => {
  const verdict = (v: CommandVerdict) => ({ ...MACHINE, judgeCommand: () => v });
  const text = one('notify /x.sh', '192.0.2.9/24', SEC);
  const refused = { ok: false, cause: 'insecure', reason: 'writable', remedy: 'chmod' } as const;
  assert.deepEqual(findings(text, verdict(refused)), ['KA2503 9']);
  assert.deepEqual(findings(text, verdict({ ok: true, root: true, warnings: ['writable'] })), ['KA2504 9']);
  // The loader's "Disabling track script" and the reason are one finding.
  assert.deepEqual(
    findings(tracked('script /x.sh').replaceAll('192.0.2.1/24', '192.0.2.9/24'), verdict(refused)),
    ['KA2503 6'],
  );
});

it('lint/one mistake of a group', () => {
  const member = (name: string, id: number, lines: string) =>
    one(lines, `192.0.2.${id}/24`).replace('VI_1', name).replace(' 7', ` ${id}`);
  const group = 'vrrp_sync_group G {\ngroup {\nA\nB\n}\n}\n';
  const text = (a: string, b: string) => member('A', 10, a) + member('B', 11, b) + group;
  assert.deepEqual(findings(text('priority 100', 'priority 100')), []);
  assert.deepEqual(findings(text('priority 100', 'priority 90')), ['KA2110 19']);
  assert.deepEqual(findings(text('state MASTER\npriority 100', 'state BACKUP\npriority 90')), ['KA2110 21']);
  assert.deepEqual(findings(text('state MASTER\npriority 100', 'state BACKUP\npriority 100')), ['KA2110 21']);
});

it('lint/2,000 instances in linear time', () => {
  const file = (n: number) =>
    Array.from({ length: n }, (_, i) =>
      one('priority 100', `10.${i >> 8}.${i & 255}.9/24`)
        .replace('VI_1', `V${i}`)
        .replace('eth0', `e${i >> 7}`)
        .replace(' 7', ` ${(i & 127) + 1}`),
    ).join('');
  const time = (n: number) => {
    const machine = memoryMachine({ [MAIN]: file(n) });
    const loaded = loadConfig(MAIN, machine);
    const started = process.hrtime.bigint();
    const found = judge(loaded, machine);
    assert.equal(found.length, 1); // VRID 51, once
    return Number(process.hrtime.bigint() - started) / 1e6;
  };
  time(200);
  const [small, large] = [time(500), time(4000)];
  assert.ok(large < 8 * 5 * Math.max(small, 2), `${small} ms for 500, ${large} ms for 4,000`);
});

it('lint/keepalived.conf.example gets no warning', () => {
  const machine = memoryMachine({ [MAIN]: readFileSync('keepalived.conf.example', 'utf8') });
  const all = judge(loadConfig(MAIN, machine), machine);
  assert.deepEqual(
    all.filter((d) => d.severity !== 'hint').map((d) => d.message),
    [],
  );
});

it('lint/the tutorial gets no warning from a rule', () => {
  for (const name of ['3.3-master.conf', '3.3-slave.conf']) {
    const machine = diskMachine();
    const all = judge(loadConfig(`test/fixtures/seed/${name}`, machine), machine);
    assert.deepEqual(
      all.filter((d) => d.code > 'KA2' && d.severity !== 'hint').map((d) => d.message),
      [],
    );
  }
});

/** What each file of the probes must give besides the hint about VRID 51, which is in nearly all of them. */
const PROBES: Readonly<Record<string, readonly string[]>> = {
  '01-ok': [],
  '02-notify-missing': ['KA2501 7'],
  '03-notify-not-exec': ['KA1003 7', 'KA2502 7'],
  '04-notify-args-unquoted': ['KA2206 7'],
  '05-nopreempt-master': ['KA0608 7'],
  '06-weight-too-small': ['KA1003 1', 'KA2105 4'],
  '07-no-script-security': ['KA1003 1'],
  '08-unicast-self': ['KA0627 9'],
  '09-unicast-src-not-local': ['KA2514 7'],
  '10-vip-is-own-address': ['KA2510 8'],
  '11-vip-other-subnet': ['KA2511 8'],
  '12-vip-no-prefix': ['KA2023 8'],
  '13-dup-vrid': ['KA0660 11'],
  '14-dup-name': ['KA0409 11'],
  '15-dup-vip': ['KA0661 18'],
  '16-auth-long': ['KA0630 9'],
  '17-auth-v3': ['KA0632 9'],
  '18-strict-noaccept': ['KA2102 2'],
  '19-advert-fraction-v2': ['KA0610 6'],
  '20-advert-large-v3': ['KA0611 6'],
  '21-priority-0': ['KA0504 5'],
  '22-priority-255-nonowner': ['KA2513 5'],
  '23-no-vrid': ['KA0602 1'],
  '24-no-interface': ['KA0640 1'],
  '25-bad-interface': ['KA0601 3'],
  '26-typo-keyword': ['KA0401 5'],
  '27-missing-brace': ['KA0405 9'],
  '28-extra-brace': ['KA0404 11'],
  '29-sync-undefined': ['KA0901 4'],
  '30-sync-single': ['KA0904 1'],
  '31-track-undefined': ['KA0801 8'],
  '32-track-later': ['KA0801 8', 'KA1003 14'],
  '33-script-never-used': ['KA1003 1', 'KA2201 1'],
  '34-timeout-gt-interval': ['KA1003 1', 'KA2202 4'],
  '35-undefined-var': ['KA2004 3'],
  '36-include-missing': ['KA0301 1'],
  '37-empty-file': ['KA2008 1'],
  '38-ipv6-and-ipv4': ['KA0703 9'],
  '39-ipv6-no-linklocal': ['KA2024 8'],
  '40-unicast-vmac': ['KA0654 7'],
  '41-preempt-delay-nopreempt': ['KA0609 8'],
  '42-semicolon': ['KA2001 5'],
  '43-garp-interval-0': ['KA0504 2', 'KA0504 3'],
  '44-peer-comma': ['KA0624 9'],
  '45-tab-crlf': ['KA2007 1'],
  '46-script-security-no-user': ['KA1002 5'],
  '47-script-shell-syntax': ['KA1003 1', 'KA2203 2'],
  '48-script-with-cmd-subst': ['KA1003 1', 'KA2203 2'],
  '49-state-typo': ['KA0506 2'],
  '50-smtp-no-server': ['KA2109 7'],
  '51-bom': ['KA2002 1'],
  '52-track-own-interface': ['KA0806 8'],
  '53-unicast-peer-empty': ['KA0623 7'],
  '54-vip-network-address': ['KA2020 8'],
  '55-vip-broadcast': ['KA2021 8'],
  '56-vip-prefix-33': ['KA0702 8'],
  '57-21-vips': ['KA2025 7'],
  '58-self-referential-var': ['KA0203 4'],
};

const corpus = process.env['VIPD_CORPUS'];
const probes = corpus === undefined ? '' : join(corpus, 'lint-probes');
it('lint/probes: one mistake, one finding', {
  skip: !existsSync(probes) && 'VIPD_CORPUS has no lint-probes',
}, () => {
  const exists: LoadEnvironment['scriptState'] = (p) =>
    p === '/nonexistent/master.sh' ? 'missing' : p.endsWith('noexec.sh') ? 'not-executable' : 'executable';
  const machine = diskMachine({ ...MACHINE, configId: 'vm', scriptState: exists });
  const files = readdirSync(probes).filter((f) => f.endsWith('.conf'));
  assert.deepEqual(files.map((f) => f.slice(0, -5)).sort(), Object.keys(PROBES).sort());
  for (const file of files) {
    const all = judge(loadConfig(join(probes, file), machine, { testMode: true }), machine)
      .filter((d) => d.code !== 'KA2101')
      .map((d) => `${d.code} ${d.at.source.position(d.at.start).line}`);
    assert.deepEqual(all.sort(), [...(PROBES[file.slice(0, -5)] ?? [])].sort(), file);
  }
});
