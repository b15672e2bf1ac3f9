/** keepalived's command line as a table: what each line means, word for word where people grep for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonical } from '../../../src/cli/getopt.ts';
import { KEEPALIVED_OPTIONS, VIPD_OPTIONS } from '../../../src/cli/options.table.ts';
import { type DaemonOptions, type Invocation, parseArguments } from '../../../src/cli/options.ts';
import { absolutePaths, pidFilePaths } from '../../../src/cli/paths.ts';
import { inactiveOptions } from '../../../src/cli/remarks.ts';
import { parseUmask } from '../../../src/cli/umask.ts';

const parse = (line: string): Invocation => parseArguments(line === '' ? [] : line.split(' '));
function daemon(line: string): DaemonOptions {
  const result = parse(line);
  assert.equal(result.kind, 'daemon', `${line}: ${result.kind === 'exit' ? result.err : result.kind}`);
  return (result as Invocation & { kind: 'daemon' }).options;
}

/** Line -> the members that differ from those of an empty line. */
const LINES: readonly (readonly [string, Partial<DaemonOptions>])[] = [
  ['', {}],
  ['-lnD', { logConsole: true, foreground: true, logDetail: 1 }],
  ['-D -D', { logDetail: 2 }],
  ['-DDD', { logDetail: 2 }],
  ['-f a -f b', { configFile: 'b' }],
  ['-fa', { configFile: 'a' }],
  ['--use-file=a', { configFile: 'a' }],
  ['--use-file a', { configFile: 'a' }],
  ['--use-fi=a', { configFile: 'a' }], // getopt_long: a unique beginning will do
  ['-nfa', { foreground: true, configFile: 'a' }],
  ['-f -n', { configFile: '-n' }], // getopt: the next word, whatever it looks like
  ['-P', { checkers: false }],
  ['-C', { vrrp: false }],
  ['-B', { bfd: false }],
  ['--all', { all: true }],
  ['-G', { syslog: false }],
  ['-g', { logFile: '' }],
  ['-gx', { logFile: 'x' }],
  ['--log-file=x', { logFile: 'x' }],
  ['-g -n', { logFile: '', foreground: true }],
  ['--flush-log-file', { flushLogFile: true }],
  ['-S 3', { logFacility: 19 }],
  ['-S local7', { logFacility: 23 }],
  ['-S user', { logFacility: 1 }],
  ['-u 0177', { umask: 0o177 }],
  ['-u IRWXG|IRWXO', { umask: 0o077 }],
  ['-X -V -I -R', { releaseVipsOnSignal: true, keepVrrp: true, keepIpvs: true }],
  ['-d -a -x -e', { dumpConfig: true, addressMonitoring: true, snmp: true, allConfig: true }],
  ['-A unix:/x', { snmpSocket: 'unix:/x' }],
  ['-s ns', { namespace: 'ns', runDir: '/run/vipd/ns', socket: '/run/vipd/ns/vipd.sock' }],
  [
    '-s ns -p /x/a.pid',
    { namespace: 'ns', pidFile: '/x/a.pid', runDir: '/x/a.vipd', socket: '/x/a.vipd/vipd.sock' },
  ],
  ['-m', { coreDump: true }],
  ['-M', { coreDump: true, coreDumpPattern: '' }],
  ['-Mcore.%p', { coreDump: true, coreDumpPattern: 'core.%p' }],
  ['-i lb1', { configId: 'lb1' }],
  ['--ignore-sigint', { ignoreSigint: true }],
  ['-t', { configTest: true }],
  ['-tX', { configTest: true, configTestFile: 'X' }],
  ['--config-test=X', { configTest: true, configTestFile: 'X' }],
  ['-p /x/a.pid', { pidFile: '/x/a.pid', runDir: '/x/a.vipd', socket: '/x/a.vipd/vipd.sock' }],
  ['-p /x/a --run-dir /y', { pidFile: '/x/a', runDir: '/y', socket: '/y/vipd.sock' }],
  ['--socket /z', { socket: '/z' }],
  ['-r v -c c -b b', { vrrpPidFile: 'v', checkersPidFile: 'c', bfdPidFile: 'b' }],
  ['--log-format json', { logFormat: 'json' }],
  ['--stop-order=keepalived', { stopOrder: 'keepalived' }],
  ['--liveness process', { liveness: 'process' }],
  ['--hook-timeout 2.5', { hookTimeoutUs: 2_500_000 }],
  ['--daemon-child=3 -D', { childFd: 3, logDetail: 1 }],
];

describe('options of the daemon', () => {
  for (const [line, want] of LINES)
    it(line === '' ? '(nothing)' : line, () => assert.deepEqual(daemon(line), { ...daemon(''), ...want }));

  it('every option of the table is read', () => {
    for (const row of [...KEEPALIVED_OPTIONS, ...VIPD_OPTIONS]) {
      if (row.long === 'genhash') continue;
      const line = row.arity === 'required' ? `--${row.long}=1` : `--${row.long}`;
      const { errors } = canonical([line], [...KEEPALIVED_OPTIONS, ...VIPD_OPTIONS]);
      assert.deepEqual(errors, [], line);
    }
  });
});

/** Line -> exit status, stdout, a piece of stderr. */
const ENDS: readonly (readonly [string, number, string, RegExp])[] = [
  ['--bogus', 1, '', /^Unknown option --bogus\n$/],
  ['-n -y -p', 1, '', /^Unknown option -y\nMissing parameter for option -p\n$/],
  ['--pid=', 1, '', /^Missing parameter for option --pid\n$/],
  ['--no', 1, '', /^Unknown option --no\n$/], // no_bfd and no-syslog: ambiguous
  ['--vrrp=1', 1, '', /takes no parameter/],
  ['--signum=JSON', 0, '36\n', /^$/],
  ['--signum=STATS_CLEAR', 0, '63\n', /^$/],
  ['--signum RELOAD', 0, '1\n', /^$/],
  ['--signum=TDUMP', 1, '', /^Unknown sigfunc TDUMP\n$/],
  ['--signum=constructor', 1, '', /^Unknown sigfunc constructor\n$/],
  ['-n --log-format=xml', 1, '', /--log-format must be one of/],
  ['--stop-order x', 1, '', /--stop-order must be one of/],
  ['--hook-timeout -1', 1, '', /--hook-timeout must be/],
  ['-h', 0, '', /--use-file <FILE>/],
  ['stauts', 2, '', /unknown command 'stauts'/],
  ['reload --timeout x', 2, '', /--timeout must be/],
  ['decode', 2, '', /missing required argument/],
  ['status --nope', 2, '', /unknown option '--nope'/],
];

describe('lines that end at once', () => {
  for (const [line, status, out, err] of ENDS)
    it(line, () => {
      const result = parse(line);
      assert.equal(result.kind, 'exit');
      assert.equal((result as Invocation & { kind: 'exit' }).status, status);
      assert.equal(result.out, out);
      assert.match(result.err, err);
    });

  it('-v prints on stderr, version on stdout', () => {
    assert.deepEqual(parse('-nv'), { kind: 'version', to: 'stderr', out: '', err: '' });
    assert.deepEqual(parse('version'), { kind: 'version', to: 'stdout', out: '', err: '' });
  });

  it('stray words after an option are named and ignored', () => {
    const result = parse('-t FILE x -D');
    assert.equal(result.out, 'Unexpected argument(s): FILE x \n');
    assert.equal(result.kind, 'daemon');
    assert.equal(daemon('-n status').foreground, true);
    assert.equal(parse('-n -- -D').out, 'Unexpected argument(s): -D \n');
  });

  it('a bad facility or umask is named and ignored', () => {
    assert.equal(parse('-S 9').err, "Invalid log facility '9'\n");
    assert.equal(daemon('-S 9').logFacility, 3);
    assert.equal(parse('-u 999').err, 'Invalid umask option - 999\n');
    assert.equal('umask' in daemon('-u 999'), false);
  });

  it('genhash only as the first word', () => {
    assert.deepEqual(parseArguments(['-T', '-s', 'x']), {
      kind: 'genhash',
      argv: ['-s', 'x'],
      out: '',
      err: '',
    });
  });
});

describe('subcommands', () => {
  const tool = (line: string, env = {}): unknown => {
    const result = parseArguments(line.split(' '), env);
    return result.kind === 'tool' ? result.tool : result;
  };
  const place = { runDir: '/run/vipd', socket: '/run/vipd/vipd.sock' };
  it('status', () => {
    assert.deepEqual(tool('status'), {
      command: 'status',
      instances: [],
      json: false,
      verbose: false,
      ...place,
    });
    assert.deepEqual(tool('--json status A B -v'), {
      command: 'status',
      instances: ['A', 'B'],
      json: true,
      verbose: true,
      ...place,
    });
  });
  it('where the socket is: option, then pid file, then VIPD_SOCKET, then /run/vipd', () => {
    const socket = (line: string): unknown =>
      (tool(line, { VIPD_SOCKET: '/env' }) as { socket: string }).socket;
    assert.equal(socket('status'), '/env');
    assert.equal(socket('status --socket /s'), '/s');
    assert.equal(socket('--socket=/s status'), '/s');
    assert.equal(socket('status -p /x/a.pid'), '/x/a.vipd/vipd.sock');
    assert.equal(socket('-p /x/a.pid cleanup'), '/x/a.vipd/vipd.sock');
    assert.equal(socket('reload --run-dir /r'), '/r/vipd.sock');
  });
  it('decode', () => {
    assert.deepEqual(tool('decode a b --json --key k1 --key k2'), {
      command: 'decode',
      files: ['a', 'b'],
      json: true,
      keys: ['k1', 'k2'],
      authPass: [],
    });
  });
});

describe('pid files', () => {
  const facts = { usePidDir: false, instanceName: '', virtualServers: false, bfd: false };
  const rows: readonly (readonly [string, Partial<typeof facts>, readonly string[]])[] = [
    ['', {}, ['/run/keepalived.pid', '/run/vrrp.pid']],
    ['-P', { virtualServers: true }, ['/run/keepalived.pid', '/run/vrrp.pid']],
    [
      '',
      { virtualServers: true, bfd: true },
      ['/run/keepalived.pid', '/run/vrrp.pid', '/run/checkers.pid', '/run/bfd.pid'],
    ],
    ['-p a -r b -c c', {}, ['a', 'b']],
    ['-s ns', {}, ['/run/keepalived/ns/keepalived.pid', '/run/keepalived/ns/vrrp.pid']],
    ['-p a -r a', {}, ['a']],
    [
      '',
      { usePidDir: true, instanceName: 'x' },
      ['/run/keepalived/keepalived_x.pid', '/run/keepalived/vrrp_x.pid'],
    ],
  ];
  for (const [line, differs, want] of rows)
    it(`${line} ${JSON.stringify(differs)}`, () =>
      assert.deepEqual(pidFilePaths(daemon(line), { ...facts, ...differs }), want));
});

it('paths that survive a change of the working folder', () => {
  const { configFile, pidFile, vrrpPidFile, logFile } = absolutePaths(daemon('-f x/a.conf -p /r/p -g'));
  assert.deepEqual(
    [configFile, pidFile, vrrpPidFile, logFile],
    [`${process.cwd()}/x/a.conf`, '/r/p', undefined, undefined],
  );
  assert.equal(absolutePaths(daemon('-glog')).logFile, `${process.cwd()}/log`);
});

describe('options without effect are named', () => {
  for (const [line, words] of [
    ['-n -l -D -d -a -e -X -V -I -R -B -P --all --flush-log-file', []],
    ['-C', ['-C']],
    ['-x -A unix:/x', []],
    ['-m', ['-m']],
    ['-M%e', ['-m']],
  ] as const)
    it(line, () =>
      assert.deepEqual(
        inactiveOptions(daemon(line)).map((t) => t.split(' ')[0]),
        words,
      ),
    );
});

it('umask', () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['022', 0o22],
    ['22', 22],
    ['0x1f', 31],
    ['0777', 0o777],
    ['01000', undefined],
    ['IXUSR|IRWXG | IRWXO', 0o177],
    ['', undefined],
    ['IRWX', undefined],
    ['08', undefined],
  ];
  for (const [text, want] of rows) assert.equal(parseUmask(text), want, text);
});
