/**
 * FirewallPort over NETLINK_NETFILTER: keeps what the tables hold and sends the differences, a batch for each family.
 * The kernel carries out a batch as a whole or not at all, so what is remembered is what there is.
 */
import type { BlockedAddress, FilteredVmac, FirewallPort } from '../../ports/firewall.ts';
import type { Log } from '../../ports/system.ts';
import { type Element, encodeBatch, type NftCommand, type NftFamily } from '../../wire/netlink/nft-batch.ts';
import { decodeAck, splitDatagram } from '../netlink/messages.ts';
import { errnoName, isSystemError, type SocketNative } from '../netlink/request-socket.ts';
import { addressContents, type Contents, isEmpty, missing, vmacContents } from './contents.ts';
import { type Part, Ruleset, type RulesetSettings } from './ruleset.ts';

const NETLINK_NETFILTER = 12;
const NLMSG_ERROR = 2;
const RECEIVE_BUFFER_BYTES = 1 << 20;
const DATAGRAM_BYTES = 1 << 16;
/** An attribute holds 64 KiB: elements of 60 octets with their heads. */
const ELEMENTS = 1000;
const FAMILIES: readonly NftFamily[] = [4, 6];

type Table = { readonly rules: Ruleset; made: boolean; readonly parts: Map<Part, Contents> };

/** Our table of both families, as far as there is one: for `vipd cleanup`. Returns what could not be done, as text. */
export function deleteTablesNow(native: SocketNative, table: string): readonly string[] {
  const said: string[] = [];
  const nft = new Nftables(
    native,
    { log: (_level, text) => void said.push(text) },
    { table, priority: 0, counters: false },
  );
  nft.sweep();
  return said;
}

export class Nftables implements FirewallPort {
  readonly #native: SocketNative;
  readonly #log: Log;
  readonly #name: string;
  readonly #tables: ReadonlyMap<NftFamily, Table>;
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES);
  #sequence = 0;
  #complained = '';

  constructor(native: SocketNative, log: Log, settings: RulesetSettings) {
    this.#native = native;
    this.#log = log;
    this.#name = settings.table;
    this.#tables = new Map(
      FAMILIES.map((family) => [
        family,
        { rules: new Ruleset(family, settings), made: false, parts: new Map() },
      ]),
    );
  }

  setVmacs(list: readonly FilteredVmac[]): void {
    for (const family of FAMILIES) this.#become(family, 'vmacs', vmacContents(list, family));
  }

  setBlocked(list: readonly BlockedAddress[]): void {
    for (const family of FAMILIES) this.#become(family, 'addresses', addressContents(list, family));
  }

  table(): string | undefined {
    return [...this.#tables.values()].some((t) => t.made) ? this.#name : undefined;
  }

  remove(): void {
    for (const table of this.#tables.values()) {
      if (table.made) this.#send([table.rules.deleteTable()]);
      table.made = false;
      table.parts.clear();
    }
  }

  /** Takes the tables away whoever made them. */
  sweep(): void {
    for (const { rules } of this.#tables.values()) this.#send(rules.table().slice(0, 2));
  }

  #become(family: NftFamily, part: Part, next: Contents): void {
    const table = this.#tables.get(family) as Table;
    const before = table.parts.get(part);
    if (before === undefined && isEmpty(next)) return;
    const { rules } = table;
    const change = (type: 'add-elements' | 'delete-elements', from: Contents | undefined, to: Contents) =>
      missing(from, to).flatMap(({ set, elements }) =>
        chunks(elements).map((some) => rules.elements(type, set, some)),
      );
    const commands: NftCommand[] = [
      ...(table.made ? [] : rules.table()),
      ...(before === undefined ? rules.part(part) : change('delete-elements', next, before)),
      ...change('add-elements', before, next),
    ];
    if (commands.length === 0 || !this.#send(commands)) return;
    table.made = true;
    table.parts.set(part, next);
  }

  /** True: carried out. What is refused is said when it is another refusal than the last. */
  #send(commands: readonly NftCommand[]): boolean {
    const refusal = this.#transact(commands);
    if (refusal === '') return true;
    if (refusal !== this.#complained)
      this.#log.log(
        'warning',
        `nftables: ${refusal}; VRRP runs without its rules: reports of virtual MACs reach the switches, 'no_accept' is not obeyed`,
      );
    this.#complained = refusal;
    return false;
  }

  /** '' or what the kernel said. A socket for each batch: they are rare, and a kernel without nftables then costs nothing. */
  #transact(commands: readonly NftCommand[]): string {
    let fd = -1;
    try {
      fd = this.#native.netlinkOpen(NETLINK_NETFILTER, 0, RECEIVE_BUFFER_BYTES);
      const first = (this.#sequence % 0x7000_0000) + 1;
      this.#sequence = first + commands.length + 1;
      this.#native.netlinkSend(fd, encodeBatch(commands, first));
      return this.#answers(fd, first, commands);
    } catch (e) {
      if (!isSystemError(e)) throw e;
      return `${e.syscall}: ${e.code}`;
    } finally {
      if (fd >= 0) this.#native.close(fd);
    }
  }

  /** nf_tables has answered by the time the send returns; the first refusal tells, the rest was not carried out either. */
  #answers(fd: number, first: number, commands: readonly NftCommand[]): string {
    let acknowledged = 0;
    for (let i = 0; i <= commands.length + 2; i++) {
      const length = this.#native.netlinkReceive(fd, this.#buffer);
      if (length === 0) break;
      for (const m of splitDatagram(this.#buffer.subarray(0, length)).messages) {
        const ack = m.type === NLMSG_ERROR ? decodeAck(m) : 'garbage';
        if (ack === 'garbage') continue;
        const command = commands[ack.seq - first - 1];
        if (ack.errno !== 0)
          return `${command?.type ?? 'batch'} was refused: ${errnoName(ack.errno)} ${ack.text}`.trim();
        if (command !== undefined) acknowledged++;
      }
    }
    return acknowledged === commands.length ? '' : 'the kernel did not answer';
  }
}

function chunks(elements: readonly Element[]): readonly (readonly Element[])[] {
  const out: Element[][] = [];
  for (let at = 0; at < elements.length; at += ELEMENTS) out.push(elements.slice(at, at + ELEMENTS));
  return out;
}
