/** The files for after our death: what `ip` and `vipd cleanup` make of them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeAtomically } from '../../../src/io/files/atomic.ts';
import { dumpPath, temporaryFolder, writeDump } from '../../../src/io/files/dumps.ts';
import { type CleanUpParts, cleanUp } from '../../../src/io/release/cleanup.ts';
import { batchPath, jsonPath, readRelease, releasePort } from '../../../src/io/release/release.ts';
import { sendNow } from '../../../src/io/release/send-now.ts';
import type { Log, ReleaseState } from '../../../src/ports/system.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-rel-'));
});
after(() => rmSync(folder, { recursive: true }));

const STATE: ReleaseState = {
  addresses: [
    { interface: 'eth0', address: '192.0.2.100', prefixLength: 24 },
    { interface: 'eth0', address: '2001:db8::1', prefixLength: 64 },
  ],
  adverts: [
    { instance: 'VI_1', interface: 'eth0', destination: '224.0.0.18', frame: Uint8Array.of(0x45, 0, 255) },
    { instance: 'VI_2', interface: '', destination: 'fe80::2', frame: Uint8Array.of(0x60) },
  ],
};

function recorder(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, log: (level, message) => void lines.push(`${level}: ${message}`) };
}

describe('release files', () => {
  it('an address with a peer is deleted by both: the kernel finds it by nothing less', () => {
    const dir = join(folder, 'peer');
    const one = { interface: 'eth0', address: '10.3.0.1', prefixLength: 32, peer: '10.3.0.2' };
    releasePort(dir, recorder()).write({ addresses: [one], adverts: [] });
    assert.equal(readFileSync(batchPath(dir), 'utf8'), 'addr del 10.3.0.1 peer 10.3.0.2/32 dev eth0\n');
    const read = readRelease(dir);
    assert.ok(read.ok && read.value?.addresses.length === 1);
  });

  it('are read back as written, mode 0600, and a batch that ip accepts', () => {
    const dir = join(folder, 'round');
    releasePort(dir, recorder()).write(STATE);
    assert.equal(
      readFileSync(batchPath(dir), 'utf8'),
      'addr del 192.0.2.100/24 dev eth0\naddr del 2001:db8::1/64 dev eth0\n',
    );
    assert.deepEqual(readRelease(dir), { ok: true, value: STATE });
    assert.equal(statSync(jsonPath(dir)).mode & 0o777, 0o600);
    assert.deepEqual(readRelease(join(folder, 'nowhere')), { ok: true, value: undefined });
  });

  it('are the same when their parts were made beforehand', () => {
    const [at, ahead] = [join(folder, 'at-once'), join(folder, 'ahead')];
    releasePort(at, recorder()).write(STATE);
    const port = releasePort(ahead, recorder());
    port.prepare({ addresses: STATE.addresses, adverts: [] });
    port.prepare({ addresses: [], adverts: STATE.adverts });
    port.write(STATE);
    for (const path of [batchPath, jsonPath])
      assert.equal(readFileSync(path(ahead), 'utf8'), readFileSync(path(at), 'utf8'));
  });

  it('are not rewritten when nothing changed, and are when something did', () => {
    const dir = join(folder, 'same');
    const port = releasePort(dir, recorder());
    port.write(STATE);
    const before = statSync(jsonPath(dir)).ino;
    port.write({ ...STATE });
    assert.equal(statSync(jsonPath(dir)).ino, before);
    port.write({ addresses: [], adverts: [] });
    assert.equal(readFileSync(batchPath(dir), 'utf8'), '');
    port.remove();
    assert.equal(existsSync(jsonPath(dir)) || existsSync(batchPath(dir)), false);
    port.write(STATE);
    assert.equal(existsSync(jsonPath(dir)), true);
  });

  it('a folder that cannot be written is a log line', () => {
    writeFileSync(join(folder, 'file'), '');
    const log = recorder();
    releasePort(join(folder, 'file'), log).write(STATE);
    assert.match(log.lines.join(), /^warning: cannot write the release files in .*EEXIST/);
  });
});

describe('release files that are none', () => {
  const good = {
    schema: 1,
    addresses: STATE.addresses,
    adverts: [{ instance: 'V', interface: 'e', destination: '224.0.0.18', frame: '45' }],
  };
  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['cut', '{"schema":1,', /not JSON/],
    ['schema', JSON.stringify({ ...good, schema: 2 }), /not a release file/],
    ['null', 'null', /not a release file/],
    [
      'address',
      JSON.stringify({ ...good, addresses: [{ interface: 'e', address: '1.2.3', prefixLength: 24 }] }),
      /not a rel/,
    ],
    [
      'prefix',
      JSON.stringify({ ...good, addresses: [{ interface: 'e', address: '1.2.3.4', prefixLength: 33 }] }),
      /not a rel/,
    ],
    [
      'interface',
      JSON.stringify({ ...good, addresses: [{ interface: 'a b', address: '1.2.3.4', prefixLength: 3 }] }),
      /not a rel/,
    ],
    [
      'frame',
      JSON.stringify({ ...good, adverts: [{ ...good.adverts[0], frame: '4' }] }),
      /not a release file/,
    ],
    [
      'destination',
      JSON.stringify({ ...good, adverts: [{ ...good.adverts[0], destination: 'x' }] }),
      /not a rel/,
    ],
  ];
  for (const [name, text, want] of bad)
    it(`refuses a file with a bad ${name}`, () => {
      writeFileSync(jsonPath(folder), text);
      const result = readRelease(folder);
      assert.ok(!result.ok);
      assert.match(result.error, want);
      writeFileSync(jsonPath(folder), JSON.stringify(good));
      assert.equal(readRelease(folder).ok, true);
      rmSync(jsonPath(folder));
    });
});

async function run(dir: string, parts: Partial<CleanUpParts> = {}) {
  const done: string[] = [];
  const text: string[] = [];
  const status = await cleanUp(dir, {
    sendAdvert: (advert) => void done.push(`send ${advert.instance}`),
    enterNamespace: (name) => `no namespace ${name}`,
    deleteAddresses: (list) => {
      done.push(...list.map((a) => `delete ${a.address}`));
      return [];
    },
    out: (s) => void text.push(s),
    err: (s) => void text.push(s),
    ...parts,
  });
  return { status, done, text: text.join('') };
}

describe('cleanup', () => {
  it('does nothing where nothing is', async () => {
    assert.deepEqual(await run(join(folder, 'none')), { status: 0, done: [], text: '' });
  });

  it('says priority 0, then deletes, then forgets', async () => {
    const dir = join(folder, 'do');
    releasePort(dir, recorder()).write(STATE);
    const { status, done } = await run(dir);
    assert.equal(status, 0);
    assert.deepEqual(done, [
      'send VI_1',
      'send VI_2',
      'send VI_1',
      'send VI_2',
      'delete 192.0.2.100',
      'delete 2001:db8::1',
    ]);
    assert.equal(existsSync(jsonPath(dir)) || existsSync(batchPath(dir)), false);
  });

  it('what is to be signed is signed first; what cannot be is not sent, and keeps nothing', async () => {
    const dir = join(folder, 'signed');
    const [plain, other] = STATE.adverts;
    const signedState = { ...STATE, adverts: [{ ...plain, keyId: 7 }, other] } as ReleaseState;
    const asked: unknown[] = [];
    releasePort(dir, recorder(), undefined, { file: '/etc/x.conf', configId: 'lb1' }).write(signedState);
    const { status, done, text } = await run(dir, {
      signAdverts: (adverts, keysIn) => {
        asked.push(
          adverts.map((a) => a.instance),
          keysIn,
        );
        return Promise.resolve({ signed: [], problems: ['VI_1: no key'] });
      },
    });
    assert.deepEqual(asked, [['VI_1'], { file: '/etc/x.conf', configId: 'lb1' }]);
    assert.match(text, /vipd: VI_1: no key/);
    assert.deepEqual(done.slice(0, 3), ['send VI_2', 'send VI_2', 'delete 192.0.2.100']);
    assert.equal(status, 0);
    assert.equal(existsSync(jsonPath(dir)), false);
  });

  it('keeps the files when something is left', async () => {
    const dir = join(folder, 'left');
    releasePort(dir, recorder()).write(STATE);
    const { status, text } = await run(dir, { deleteAddresses: () => ['192.0.2.100: EPERM'] });
    assert.equal(status, 1);
    assert.match(text, /vipd: 192\.0\.2\.100: EPERM/);
    assert.equal(existsSync(jsonPath(dir)), true);
  });

  it('an advert that cannot be sent does not keep an address', async () => {
    const dir = join(folder, 'unsent');
    releasePort(dir, recorder()).write(STATE);
    const fail = (text: string) => () => {
      throw new Error(text);
    };
    const refused = await run(dir, { sendAdvert: fail('Operation not permitted') });
    assert.equal(refused.status, 1);
    assert.deepEqual(refused.done, ['delete 192.0.2.100', 'delete 2001:db8::1']);
    const gone = await run(dir, { sendAdvert: fail('No such device') });
    assert.equal(gone.status, 0);
  });

  it('does not pull the addresses from under a living daemon', async () => {
    const dir = join(folder, 'alive');
    releasePort(dir, recorder()).write(STATE);
    const server = createServer((socket) => socket.end()).listen(join(dir, 'vipd.sock'));
    const { status, done, text } = await run(dir);
    assert.equal(status, 4);
    assert.deepEqual(done, []);
    assert.match(text, /is running/);
    await new Promise((resolve) => server.close(resolve));
    assert.equal((await run(dir)).status, 0);
  });
});

describe('cleanup after one that is gone', () => {
  it('a socket that its owner has left, one that is no socket, a path that none can have: nobody lives there', async () => {
    const dir = join(folder, 'stale');
    const socket = join(dir, 'vipd.sock');
    releasePort(dir, recorder()).write(STATE);
    // A rename keeps the file, whose owner ends.
    execFileSync(process.execPath, [
      '-e',
      `const n = require('node:net'); n.createServer().listen('${socket}.x', () => { require('node:fs').renameSync('${socket}.x', '${socket}'); process.exit(); })`,
    ]);
    assert.ok(statSync(socket).isSocket());
    assert.equal((await run(dir)).status, 0);
    rmSync(socket);
    writeFileSync(socket, '');
    releasePort(dir, recorder()).write(STATE);
    assert.equal((await run(dir)).status, 0);
    const long = join(folder, 'x'.repeat(120));
    releasePort(long, recorder()).write(STATE);
    assert.equal((await run(long)).status, 0);
  });
});

describe('one advert on the wire', () => {
  const frame = Uint8Array.of(0x45, 0, 255);
  function sent(device: string, destination: string, refuse = '') {
    const calls: string[] = [];
    const call = (name: string, ...what: unknown[]): void => {
      calls.push([name, ...what].join(' '));
      if (name === refuse) throw new Error(name);
    };
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    const api = {
      socketOpen: (domain: number, protocol: number) => {
        call('open', domain, protocol);
        return 7;
      },
      socketOption: (fd: number, level: number, option: number, value: Uint8Array) =>
        call('option', fd, level, option, Buffer.from(value).toString()),
      socketSend: (fd: number, address: Uint8Array, data: Uint8Array) =>
        call('send', fd, hex(address.subarray(4)), hex(data)),
      close: (fd: number) => call('close', fd),
    };
    const send = () => sendNow(api, { interface: device, destination, frame });
    if (refuse === '') send();
    else assert.throws(send);
    return calls;
  }

  it('through its interface, in its family, and nothing stays open', () => {
    assert.deepEqual(sent('eth0', '224.0.0.18'), [
      'open 2 255',
      'option 7 1 25 eth0\0',
      `send 7 e0000012${'00'.repeat(8)} 4500ff`,
      'close 7',
    ]);
    assert.deepEqual(sent('', 'fe80::2'), [
      'open 10 255',
      `send 7 ${'00'.repeat(4)}fe80${'00'.repeat(13)}02${'00'.repeat(4)} 4500ff`,
      'close 7',
    ]);
  });

  for (const refuse of ['option', 'send'])
    it(`${refuse} refused: closed all the same`, () => {
      assert.equal(sent('eth0', '224.0.0.18', refuse).at(-1), 'close 7');
    });
});

describe('whole files', () => {
  it('replaces, keeps the mode asked for, leaves no neighbour', () => {
    const path = join(folder, 'atomic');
    writeFileSync(`${path}.${process.pid}.new`, 'left by the dead');
    writeAtomically(path, 'one');
    writeAtomically(path, 'two', { mode: 0o640, sync: true });
    assert.equal(readFileSync(path, 'utf8'), 'two');
    assert.equal(statSync(path).mode & 0o777, 0o640);
    symlinkSync(path, `${join(folder, 'planted')}.${process.pid}.new`);
    writeAtomically(join(folder, 'planted'), 'three');
    assert.equal(readFileSync(path, 'utf8'), 'two', 'a planted link is not written through');
    assert.throws(() => writeAtomically(join(folder, 'no', 'x'), ''), { code: 'ENOENT' });
    execFileSync('mkdir', [join(folder, 'target')]);
    assert.throws(() => writeAtomically(join(folder, 'target'), ''), { code: 'EISDIR' });
    assert.equal(existsSync(`${join(folder, 'target')}.${process.pid}.new`), false);
  });

  it("dumps go where keepalived's go", async () => {
    assert.equal(temporaryFolder(undefined), '/tmp');
    assert.equal(temporaryFolder('relative'), '/tmp');
    assert.equal(temporaryFolder('/nonexistent'), '/tmp');
    assert.equal(temporaryFolder(folder), folder);
    const data = (template: string, part = ''): string =>
      dumpPath({ name: 'k.data', template, part }, folder);
    assert.equal(data(''), join(folder, 'k.data'));
    assert.equal(data('', '_parent.inst'), join(folder, 'k_parent.inst.data'));
    assert.equal(data('/var/x.y.txt', '_parent'), '/var/x.y_parent.txt');
    assert.equal(data('/var/x/'), '/var/x/k.data');
    assert.equal(data('other'), join(folder, 'other'));
    assert.equal(data('a/b.c'), join(folder, 'b.c'));
    const path = data('');
    await writeDump(path, 'x\n', 0o177);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await writeDump(path, '', 0o022);
    assert.equal(statSync(path).mode & 0o777, 0o644);
  });
});
