/** The control socket under good and bad clients, and the client under good and bad daemons. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ask } from '../../../src/cli/client.ts';
import { type ControlOptions, type ControlServer, startControl } from '../../../src/io/control/server.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipd-ctl-'));
});
after(() => rmSync(folder, { recursive: true }));

const handlers = {
  status: () => ({ answer: 42 }),
  reload: async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    throw new Error('line 3: no');
  },
  echo: (request: { readonly [key: string]: unknown }) => request['text'],
  nothing: () => undefined,
};

async function serving(
  name: string,
  options: Partial<ControlOptions>,
  use: (path: string, server: ControlServer) => Promise<void>,
): Promise<void> {
  const path = join(folder, name, 'vipd.sock');
  const server = await startControl({ path, handlers, ...options });
  try {
    await use(path, server);
  } finally {
    server.close();
  }
}

/** Sends `data`, optionally ends, and collects until the other side closes. */
async function talk(path: string, data: string | Buffer, finish: boolean): Promise<string> {
  const socket = createConnection({ path, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.write(data);
  if (finish) socket.end();
  const closed = once(socket, 'close');
  socket.on('end', () => socket.destroy());
  await closed;
  return Buffer.concat(chunks).toString();
}

/** Both ends see a close at their own time. */
async function nobodyLeft(server: ControlServer): Promise<void> {
  for (let i = 0; i < 200 && server.clientCount() > 0; i++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(server.clientCount(), 0);
}

describe('control socket', () => {
  it('answers, one line for a line, in order', () =>
    serving('answers', {}, async (path, server) => {
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.equal(statSync(join(folder, 'answers')).mode & 0o777, 0o755);
      const lines = '{"cmd":"reload"}\n{"cmd":"status"}\n{"cmd":"nothing"}\n';
      assert.equal(await talk(path, lines, true), '{"error":"line 3: no"}\n{"answer":42}\n{}\n');
      await nobodyLeft(server);
    }));

  it('garbage is answered, the connection goes on', () =>
    serving('garbage', {}, async (path) => {
      const rows = [
        'nonsense',
        '',
        '[]',
        'null',
        '{"cmd":1}',
        '{"cmd":"toString"}',
        '\u0000\u00ff',
        '{"cmd":"status"}',
      ];
      const answers = (await talk(path, `${rows.join('\n')}\n`, true)).trimEnd().split('\n');
      assert.equal(answers.length, rows.length);
      for (const [i, line] of answers.entries())
        assert.match(
          line,
          i === 7 ? /^\{"answer":42\}$/ : i === 5 ? /unknown command 'toString'/ : /not a request/,
        );
    }));

  it('a request that is too long ends the connection', () =>
    serving('long', {}, async (path) => {
      assert.match(await talk(path, Buffer.alloc(70_000, 0x61), false), /request too long/);
      assert.match(await talk(path, `{"cmd":"${'x'.repeat(66_000)}"}\n`, false), /request too long/);
      const fits = `{"cmd":"echo","text":"${'x'.repeat(60_000)}"}\n`;
      assert.equal((await talk(path, fits, true)).length, 60_003);
    }));

  it('a flood of requests ends the connection', () =>
    serving('flood', {}, async (path) => {
      assert.match(await talk(path, '{"cmd":"reload"}\n'.repeat(100), false), /too many requests/);
    }));

  it('a request cut in pieces is one request', () =>
    serving('pieces', {}, async (path) => {
      const socket = createConnection(path);
      for (const c of '{"cmd":"status"}') {
        socket.write(c);
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.write('\n');
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      assert.equal(chunk.toString(), '{"answer":42}\n');
      socket.destroy();
    }));

  it('silent and surplus clients are turned away, the rest is served', () =>
    serving('many', { maxClients: 3, idleMs: 100 }, async (path, server) => {
      const idle: Socket[] = [];
      for (let i = 0; i < 3; i++) {
        const socket = createConnection(path);
        await once(socket, 'connect');
        idle.push(socket);
      }
      assert.match(await talk(path, '', false), /too many clients/);
      await Promise.all(idle.map((socket) => once(socket.resume(), 'close')));
      await nobodyLeft(server);
      assert.deepEqual(await ask(path, { cmd: 'status' }, 1_000), { ok: true, value: { answer: 42 } });
    }));

  it('a client that vanishes while its request runs harms nobody', () =>
    serving('vanish', {}, async (path) => {
      const socket = createConnection(path);
      await once(socket, 'connect');
      socket.write('{"cmd":"reload"}\n{"cmd":"reload"}\n');
      await new Promise((resolve) => setTimeout(resolve, 5));
      socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal((await ask(path, { cmd: 'status' }, 1_000)).ok, true);
    }));
});

describe('whose socket', () => {
  it("another daemon's is left alone, a dead one's replaced, a file that is none kept", async () => {
    await serving('owner', {}, async (path) => {
      await assert.rejects(startControl({ path, handlers }), { code: 'EADDRINUSE' });
      assert.equal((await ask(path, { cmd: 'status' }, 1_000)).ok, true);
      // A listener that is gone leaves such a file: the name survives the move, the listener is asked for by name.
      renameSync(path, join(folder, 'owner', 'elsewhere'));
    });
    const path = join(folder, 'owner', 'vipd.sock');
    writeFileSync(path, 'precious');
    await assert.rejects(startControl({ path, handlers }), { code: 'EADDRINUSE' });
    rmSync(path);
    // Node unlinks on close; a name that was moved away before is what a killed daemon leaves.
    const dead = createServer().listen(`${path}.tmp`);
    await once(dead, 'listening');
    renameSync(`${path}.tmp`, path);
    dead.close();
    await once(dead, 'close');
    assert.equal(existsSync(path), true);
    const server = await startControl({ path, handlers });
    assert.equal((await ask(path, { cmd: 'status' }, 1_000)).ok, true);
    server.close();
    assert.equal(existsSync(path), false);
  });

  it('at the end a socket that has become another daemon’s stays', async () => {
    const path = join(folder, 'taken', 'vipd.sock');
    const first = await startControl({ path, handlers });
    rmSync(path);
    const second = await startControl({ path, handlers });
    first.close();
    assert.equal((await ask(path, { cmd: 'status' }, 1_000)).ok, true);
    second.close();
  });
});

describe('client', () => {
  it('tells not running from refused', async () => {
    const answer = await ask(join(folder, 'nobody.sock'), { cmd: 'status' }, 1_000);
    assert.equal(!answer.ok && answer.reason, 'not-running');
    await serving('refused', {}, async (path) => {
      assert.deepEqual(await ask(path, { cmd: 'reload' }, 1_000), {
        ok: false,
        reason: 'failed',
        text: 'line 3: no',
      });
    });
  });

  it('does not wait for ever, and knows a stranger', async () => {
    const path = join(folder, 'stranger.sock');
    const sockets: Socket[] = [];
    let reply = '';
    const server = createServer((socket) => {
      sockets.push(socket);
      if (reply !== '') socket.end(reply);
    }).listen(path);
    await once(server, 'listening');
    const failure = async (): Promise<string> => {
      const answer = await ask(path, { cmd: 'status' }, 100);
      assert.equal(!answer.ok && answer.reason, 'failed');
      return answer.ok ? '' : answer.text;
    };
    assert.match(await failure(), /no answer .* within 0.1 s/);
    reply = 'hello\n';
    assert.match(await failure(), /not JSON/);
    reply = '{"a":';
    assert.match(await failure(), /closed the connection/);
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});
