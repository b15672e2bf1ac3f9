/**
 * One AgentX session with a master agent over a connected stream (RFC 2741 7.1): opens it, registers the subtrees, answers what is
 * asked, sends notifications. It ends once, with a reason, and is not used again.
 */
import type { SnmpModel, VarBind } from '../../ports/snmp.ts';
import {
  AGENTX_HEADER_LENGTH,
  AgentxError,
  type AgentxErrorName,
  type Body,
  CloseReason,
  decodePdu,
  encodePdu,
  type Oid,
  type Pdu,
  pduLength,
} from '../../wire/agentx.ts';
import { Answers } from './answers.ts';

/** The part of a net.Socket that is used. */
export type Stream = {
  readonly writableLength: number;
  write(bytes: Uint8Array): unknown;
  end(): unknown;
  destroy(): unknown;
};

export type SessionDeps = {
  readonly stream: Stream;
  readonly model: SnmpModel;
  readonly description: string;
  /** The session is open and its subtrees are registered, but for `refused` ones. */
  readonly ready: (refused: readonly string[]) => void;
  /** It is over; `broken`: by bytes that are no AgentX. */
  readonly ended: (why: string, broken: boolean) => void;
};

/** How long the master agent may take for a PDU to a subagent before it gives up; what the session asks for. */
const TIMEOUT_S = 5;
const PRIORITY = 127; // RFC 2741 6.2.3: the default
/** What the master does not read is not piled up. */
const MOST_UNSENT_BYTES = 4 << 20;
/** A master agent asks one thing after the other: so much at once nobody means. */
const MOST_UNANSWERED_BYTES = 4 << 20;
/** PDUs answered in one turn of the event loop. */
const MOST_IN_A_TURN = 16;
const NOTHING = new Uint8Array(0);

export class Session {
  readonly #deps: SessionDeps;
  readonly #answers: Answers;
  readonly #waiting = new Map<number, (error: number, index: number) => void>(); // by packet id
  #received: Uint8Array = NOTHING;
  #scheduled = false;
  #id = 0;
  #packet = 0;
  #ended = false;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#answers = new Answers(deps.model);
  }

  /** The stream is connected. */
  open(): void {
    const description = new TextEncoder().encode(this.#deps.description);
    this.#ask({ type: 'open', timeoutS: TIMEOUT_S, id: [], description }, (error) => {
      if (error !== 0) this.end(`the session was refused: ${errorName(error)}`);
      else this.#register(this.#deps.model.subtrees(), []);
    });
  }

  #register(subtrees: readonly Oid[], refused: readonly string[]): void {
    const [subtree, ...rest] = subtrees;
    if (subtree === undefined) {
      this.#deps.ready(refused);
      return;
    }
    const body: Body = {
      type: 'register',
      timeoutS: 0,
      priority: PRIORITY,
      rangeSubid: 0,
      subtree,
      upperBound: 0,
    };
    this.#ask(body, (error) =>
      this.#register(rest, error === 0 ? refused : [...refused, `${subtree.join('.')}: ${errorName(error)}`]),
    );
  }

  notify(varBinds: readonly VarBind[]): void {
    this.#ask({ type: 'notify', varBinds }, () => {});
  }

  /** Is the master there? Its answer, or none, shows in `oldest`. */
  ping(): void {
    this.#ask({ type: 'ping' }, () => {});
  }

  /** Requests of ours without an answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The packet id of the first of them; 0 = none. */
  get oldest(): number {
    return this.#waiting.keys().next().value ?? 0;
  }

  /** Bytes as they come. */
  receive(bytes: Uint8Array): void {
    if (this.#ended) return;
    if (this.#received.length + bytes.length > MOST_UNANSWERED_BYTES) {
      this.#end('the master agent asks faster than is answered', CloseReason.protocolError, false);
      return;
    }
    const joined = new Uint8Array(this.#received.length + bytes.length);
    joined.set(this.#received);
    joined.set(bytes, this.#received.length);
    this.#received = joined;
    if (!this.#scheduled) this.#work();
  }

  #work(): void {
    this.#scheduled = false;
    let at = 0;
    for (let n = 0; !this.#ended; n++) {
      const rest = this.#received.subarray(at);
      const length = pduLength(rest);
      if (!length.ok) {
        this.#broken(length.error);
        return;
      }
      if (length.value === 0 || length.value > rest.length) break;
      if (n === MOST_IN_A_TURN) {
        this.#scheduled = true;
        setImmediate(() => this.#work());
        break;
      }
      const pdu = decodePdu(rest.subarray(0, length.value));
      if (!pdu.ok) {
        this.#broken(pdu.error);
        return;
      }
      at += length.value;
      this.#handle(pdu.value);
    }
    this.#received = this.#received.slice(at);
  }

  #broken(what: string): void {
    const start = [...this.#received.subarray(0, AGENTX_HEADER_LENGTH)];
    const octets = start.map((b) => b.toString(16).padStart(2, '0')).join('');
    this.#end(`not AgentX (${what}: ${octets})`, CloseReason.parseError, true);
  }

  #handle(pdu: Pdu): void {
    const { body } = pdu;
    if (body.type === 'response') {
      this.#deps.model.upTime(body.sysUpTimeTicks);
      if (this.#id === 0 && body.error === 0) this.#id = pdu.sessionId;
      const then = this.#waiting.get(pdu.packetId);
      this.#waiting.delete(pdu.packetId);
      then?.(body.error, body.index);
      return;
    }
    if (body.type === 'close') {
      this.#end('closed by the master agent', undefined, false);
      return;
    }
    const answer = this.#answers.to(pdu.transactionId, body);
    if (answer !== undefined) this.#send({ ...pdu, body: answer });
  }

  #ask(body: Body, then: (error: number, index: number) => void): void {
    this.#packet = (this.#packet + 1) >>> 0;
    this.#waiting.set(this.#packet, then);
    this.#send({ sessionId: this.#id, transactionId: 0, packetId: this.#packet, body });
  }

  #send(pdu: Pdu): void {
    if (this.#ended) return;
    if (this.#deps.stream.writableLength <= MOST_UNSENT_BYTES) this.#deps.stream.write(encodePdu(pdu));
    else this.#end('the master agent does not read what it is sent', undefined, false);
  }

  /** The end from our side; says Close where the session is open. */
  close(): void {
    this.#end('closed', CloseReason.shutdown, false);
  }

  end(why: string): void {
    this.#end(why, CloseReason.protocolError, false);
  }

  /** The stream is gone. */
  lost(why: string): void {
    this.#end(why, undefined, false);
  }

  #end(why: string, reason: number | undefined, broken: boolean): void {
    if (this.#ended) return;
    const { stream } = this.#deps;
    if (reason !== undefined && this.#id !== 0) {
      this.#packet = (this.#packet + 1) >>> 0;
      const body: Body = { type: 'close', reason };
      stream.write(encodePdu({ sessionId: this.#id, transactionId: 0, packetId: this.#packet, body }));
      stream.end();
    } else stream.destroy();
    this.#ended = true;
    this.#received = NOTHING;
    this.#waiting.clear();
    this.#deps.ended(why, broken);
  }
}

const errorName = (error: number): string =>
  Object.keys(AgentxError).find((name) => AgentxError[name as AgentxErrorName] === error) ?? `error ${error}`;
