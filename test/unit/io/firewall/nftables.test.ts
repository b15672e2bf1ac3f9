/** The port against a scripted kernel: one batch for each change, a refusal said once, nothing remembered of it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Nftables } from '../../../../src/io/firewall/nftables.ts';
import type { SocketNative } from '../../../../src/io/netlink/request-socket.ts';
import type { FilteredVmac } from '../../../../src/ports/firewall.ts';

const vmac = (interfaceIndex: number, ipv6 = false): FilteredVmac => ({
  name: `vrrp.${interfaceIndex}`,
  interfaceIndex,
  parentIndex: 2,
  ipv4: !ipv6,
  ipv6,
});
const COMMANDS: Readonly<Record<number, string>> = {
  0: 'add table',
  2: 'delete table',
  3: 'add chain',
  6: 'add rule',
  9: 'add set',
  12: 'add elements',
  14: 'delete elements',
};

class Kernel {
  readonly batches: string[][] = [];
  /** errno for the nth command of the next batches; 0: all is carried out. */
  refuse: readonly [number, number] = [0, 0];
  silent = false;
  open = 0;
  #answers: Buffer[] = [];

  native(): SocketNative {
    return {
      netlinkOpen: (protocol) => {
        assert.equal(protocol, 12);
        this.open++;
        this.#answers = [];
        return 7;
      },
      close: () => void this.open--,
      netlinkSend: (_fd, message) => this.#take(Buffer.from(message)),
      netlinkReceive: (_fd, out) => {
        const answer = this.#answers.shift();
        if (answer === undefined) return 0;
        out.set(answer);
        return answer.length;
      },
    };
  }

  #take(message: Buffer): void {
    const said: string[] = [];
    for (let at = 0; at < message.length; at += (message.readUInt32LE(at) + 3) & ~3) {
      const type = message.readUInt16LE(at + 4);
      if (type < 0x20) continue;
      said.push(`${COMMANDS[type & 0xff]} ${message[at + 16] === 2 ? 4 : 6}`);
      const [nth, errno] = this.refuse;
      if (!this.silent)
        this.#answers.push(ack(message.readUInt32LE(at + 8), said.length === nth ? errno : 0));
    }
    this.batches.push(said);
  }
}

function ack(sequence: number, errno: number): Buffer {
  const out = Buffer.alloc(36);
  out.writeUInt32LE(36, 0);
  out.writeUInt16LE(2, 4);
  out.writeInt32LE(-errno, 16);
  out.writeUInt32LE(sequence, 28);
  return out;
}

function started() {
  const kernel = new Kernel();
  const said: string[] = [];
  const settings = { table: 'keepalived', priority: -1, counters: false };
  const nft = new Nftables(kernel.native(), { log: (_level, text) => void said.push(text) }, settings);
  return { kernel, said, nft };
}

it('io/firewall/nftables: the table comes with the first VMAC of a family and goes at the end', () => {
  const { kernel, said, nft } = started();
  nft.setVmacs([]);
  nft.remove();
  assert.deepEqual(kernel.batches, []);
  assert.equal(nft.table(), undefined);
  nft.setVmacs([vmac(4)]);
  assert.deepEqual(kernel.batches, [
    [
      'add table 4',
      'delete table 4',
      'add table 4',
      'add set 4',
      'add chain 4',
      'add rule 4',
      'add elements 4',
    ],
  ]);
  assert.equal(nft.table(), 'keepalived');
  nft.setVmacs([vmac(4)]);
  nft.setVmacs([vmac(5), vmac(6, true)]);
  assert.deepEqual(kernel.batches[1], ['delete elements 4', 'add elements 4']);
  assert.equal(kernel.batches[2]?.[0], 'add table 6');
  nft.setVmacs([]);
  nft.setBlocked([{ family: 4, bytes: Uint8Array.of(192, 0, 2, 1), interfaceIndex: 4 }]);
  assert.deepEqual(kernel.batches.at(-1), [
    'add set 4',
    'add chain 4',
    'add chain 4',
    'add rule 4',
    'add rule 4',
    'add elements 4',
  ]);
  nft.remove();
  assert.deepEqual(kernel.batches.slice(-2), [['delete table 4'], ['delete table 6']]);
  assert.deepEqual([said, kernel.open, nft.table()], [[], 0, undefined]);
});

it('io/firewall/nftables: what the kernel refuses is said once, and asked for whole the next time', () => {
  const { kernel, said, nft } = started();
  kernel.refuse = [1, 95];
  nft.setVmacs([vmac(4)]);
  nft.setVmacs([vmac(4), vmac(5)]);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /^nftables: add-table was refused: ENOTSUP; VRRP runs without its rules/);
  kernel.refuse = [0, 0];
  nft.setVmacs([vmac(4), vmac(5)]);
  assert.equal(kernel.batches.at(-1)?.length, 7);
  assert.equal(nft.table(), 'keepalived');
});

it('io/firewall/nftables: a kernel that does not answer, a thousand VMACs in attributes that hold them', () => {
  const { kernel, said, nft } = started();
  kernel.silent = true;
  nft.setVmacs([vmac(4)]);
  assert.match(said.join(), /did not answer/);
  kernel.silent = false;
  nft.setVmacs(Array.from({ length: 2500 }, (_, i) => vmac(i + 10)));
  assert.equal(kernel.batches.at(-1)?.filter((c) => c === 'add elements 4').length, 3);
});
