/** The subagent over a real unix socket, with a master agent played by the test. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { Subagent } from '../../../../src/io/snmp/subagent.ts';
import type { Config } from '../../../../src/ports/notice.ts';
import type { SnmpModel, VarBind } from '../../../../src/ports/snmp.ts';
import { decodePdu, encodePdu, type Pdu, pduLength } from '../../../../src/wire/agentx.ts';
import { CONFIG } from '../../report/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipd-agentx-'));
const path = join(folder, 'master');
after(() => rmSync(folder, { recursive: true, force: true }));

const TRAP: readonly VarBind[] = [{ oid: [1, 3, 6, 1, 9], value: { type: 'integer', value: 1 } }];
const model: SnmpModel = {
  reconfigure: () => {},
  subtrees: () => [[1, 3, 6, 1, 9]],
  get: () => ({ type: 'no-such-object' }),
  next: ({ start }) => ({ oid: start, value: { type: 'end-of-mib-view' } }),
  test: () => 'notWritable',
  set: () => 'notWritable',
  traps: () => [TRAP],
  upTime: () => {},
};

/** Answers every request with success; keeps what it heard. */
class Master {
  readonly heard: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** `silentTo`: what gets no answer. */
  constructor(answer: boolean, silentTo = '') {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      let rest: Uint8Array = new Uint8Array(0);
      socket.on('data', (bytes) => {
        rest = Buffer.concat([rest, bytes]);
        for (;;) {
          const length = pduLength(rest);
          if (!length.ok || length.value === 0 || length.value > rest.length) return;
          const pdu = decodePdu(rest.subarray(0, length.value));
          rest = rest.subarray(length.value);
          if (pdu.ok) this.#take(socket, pdu.value, answer && pdu.value.body.type !== silentTo);
        }
      });
    }).listen(path);
  }
  #take(socket: Socket, pdu: Pdu, answer: boolean): void {
    this.heard.push(pdu.body.type);
    const body = { type: 'response', sysUpTimeTicks: 1, error: 0, index: 0, varBinds: [] } as const;
    if (answer && pdu.body.type !== 'close') socket.write(encodePdu({ ...pdu, sessionId: 3, body }));
  }
  async until(type: string): Promise<void> {
    for (let i = 0; i < 500 && !this.heard.includes(type); i++) await new Promise((r) => setTimeout(r, 10));
    assert.ok(this.heard.includes(type), `${type} in ${this.heard}`);
  }
  async close(): Promise<void> {
    for (const s of this.#sockets) s.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}

function subagent(socket: string, pingMs = 15_000): { agent: Subagent; said: string[] } {
  const said: string[] = [];
  const log = { log: (_: string, text: string) => void said.push(text) };
  const agent = new Subagent({ model, log, description: 'test', socket, pingMs });
  agent.reconfigure(CONFIG as Config);
  return { agent, said };
}

it('what is told before the session is open is sent when it is; the end says Close', async () => {
  const master = new Master(true);
  const { agent, said } = subagent(`unix:${path}`);
  agent.tell({ type: 'started' });
  await master.until('notify');
  agent.reconfigure(CONFIG as Config);
  await agent.close();
  await master.until('close');
  assert.deepEqual(master.heard, ['open', 'register', 'notify', 'close']);
  assert.equal(said.length, 1);
  await master.close();
});

it('a master that goes is missed once, and found again', async () => {
  let master = new Master(true);
  const { agent, said } = subagent(path);
  await master.until('register');
  await master.close();
  for (let i = 0; i < 500 && said.length < 2; i++) await new Promise((r) => setTimeout(r, 10));
  assert.match(said[1] ?? '', /^SNMP: .*VRRP runs without it/);
  agent.tell({ type: 'started' });
  master = new Master(true);
  await master.until('register');
  assert.ok(!master.heard.includes('notify'), 'a trap that comes too late');
  await agent.close();
  assert.equal(said.filter((t) => t.includes('without it')).length, 1);
  await master.close();
});

it('a master that stops answering is left, one that answers is not', async () => {
  const kept = new Master(true);
  const first = subagent(path, 200);
  await kept.until('ping');
  await new Promise((r) => setTimeout(r, 900));
  assert.equal(first.said.length, 1, first.said.join());
  await first.agent.close();
  await kept.close();
  const silent = new Master(true, 'ping');
  const second = subagent(path, 50);
  for (let i = 0; i < 500 && second.said.length < 2; i++) await new Promise((r) => setTimeout(r, 10));
  assert.match(second.said[1] ?? '', /does not answer/);
  await second.agent.close();
  await silent.close();
});

it('an address that cannot be is named', async () => {
  const { agent, said } = subagent('udp:localhost:705');
  assert.deepEqual(said, [
    "SNMP: 'udp:localhost:705' is no address of an AgentX master: write unix:PATH or tcp:HOST:PORT",
  ]);
  agent.tell({ type: 'started' });
  await agent.close();
});

it('a master that says nothing does not hold up the end', async () => {
  const master = new Master(false);
  const { agent } = subagent(path);
  await master.until('open');
  await agent.close();
  await master.close();
});
