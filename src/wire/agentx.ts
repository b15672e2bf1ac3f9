/**
 * AgentX PDUs (RFC 2741 6), version 1: what a master agent and a subagent say to each other over a stream. Encoded in network
 * byte order, decoded in both. Which PDU is due when is the business of `io/snmp`.
 *
 *  0               1               2               3
 * | version=1     | type          | flags         | reserved      |
 * | session id                                                    |
 * | transaction id                                                |
 * | packet id                                                     |
 * | payload length, a multiple of 4                               |
 * | context, with NON_DEFAULT_CONTEXT; then what the type has     |
 */
import { err, ok, type Result } from '../base/result.ts';
import { type Oid, Reader, type SearchRange, type VarBind, Writer } from './agentx-data.ts';

export type { Oid, SearchRange, SnmpValue, VarBind } from './agentx-data.ts';

/** Field offsets in octets. */
const Field = { version: 0, type: 1, flags: 2, session: 4, transaction: 8, packet: 12, length: 16 } as const;

export const AGENTX_HEADER_LENGTH = 20;
/** More than any request of a master agent, whose own PDUs come out of one UDP datagram each. */
export const MAX_PAYLOAD_LENGTH: number = 1 << 20;
const VERSION = 1;
const Flag = { instance: 0x01, context: 0x08, network: 0x10 } as const;

export type AgentxErrorName =
  | 'noError'
  | 'genErr'
  | 'noAccess'
  | 'wrongType'
  | 'wrongValue'
  | 'commitFailed'
  | 'undoFailed'
  | 'notWritable'
  | 'notOpen'
  | 'duplicateRegistration'
  | 'processingError';

/** Of agentx-Response-PDU: SNMPv2 errors, and AgentX's own from 256. */
export const AgentxError: Readonly<Record<AgentxErrorName, number>> = {
  noError: 0,
  genErr: 5,
  noAccess: 6,
  wrongType: 7,
  wrongValue: 10,
  commitFailed: 14,
  undoFailed: 15,
  notWritable: 17,
  notOpen: 257,
  duplicateRegistration: 263,
  processingError: 268,
} as const;

/** Of agentx-Close-PDU. */
export const CloseReason: Readonly<Record<'parseError' | 'protocolError' | 'timeouts' | 'shutdown', number>> =
  {
    parseError: 2,
    protocolError: 3,
    timeouts: 4,
    shutdown: 5,
  };

const TYPES = {
  open: 1,
  close: 2,
  register: 3,
  unregister: 4,
  get: 5,
  'get-next': 6,
  'get-bulk': 7,
  'test-set': 8,
  'commit-set': 9,
  'undo-set': 10,
  'cleanup-set': 11,
  notify: 12,
  ping: 13,
  'index-allocate': 14,
  'index-deallocate': 15,
  'add-agent-caps': 16,
  'remove-agent-caps': 17,
  response: 18,
} as const;
const NAMES = new Map(Object.entries(TYPES).map(([name, n]) => [n as number, name as keyof typeof TYPES]));

export type Body =
  | { readonly type: 'open'; readonly timeoutS: number; readonly id: Oid; readonly description: Uint8Array }
  | { readonly type: 'close'; readonly reason: number }
  | {
      readonly type: 'register' | 'unregister';
      readonly timeoutS: number; // 0 = that of the session; not in 'unregister'
      readonly priority: number; // 1..255, lower wins; 127 is the default
      readonly rangeSubid: number; // 0 = no range
      readonly subtree: Oid;
      readonly upperBound: number; // with a range only
    }
  | { readonly type: 'get' | 'get-next'; readonly ranges: readonly SearchRange[] }
  | {
      readonly type: 'get-bulk';
      readonly nonRepeaters: number; // 0..65535, as the next
      readonly maxRepetitions: number;
      readonly ranges: readonly SearchRange[];
    }
  | {
      readonly type: 'test-set' | 'notify' | 'index-allocate' | 'index-deallocate';
      readonly varBinds: readonly VarBind[];
    }
  | { readonly type: 'commit-set' | 'undo-set' | 'cleanup-set' | 'ping' }
  | { readonly type: 'add-agent-caps'; readonly id: Oid; readonly description: Uint8Array }
  | { readonly type: 'remove-agent-caps'; readonly id: Oid }
  | {
      readonly type: 'response';
      readonly sysUpTimeTicks: number; // of the master agent, 10 ms
      readonly error: number; // `AgentxError`
      readonly index: number; // of the variable at fault, 1..; 0 = none
      readonly varBinds: readonly VarBind[];
    };

export type Pdu = {
  readonly sessionId: number;
  readonly transactionId: number;
  readonly packetId: number;
  readonly context?: Uint8Array; // absent = the default one
  readonly body: Body;
};

export type AgentxErrorCode = 'truncated' | 'version' | 'length' | 'type' | 'body';

/** Octets of the PDU that `bytes` begin with, 0 while its header is not complete. */
export function pduLength(bytes: Uint8Array): Result<number, AgentxErrorCode> {
  if (bytes.length < AGENTX_HEADER_LENGTH) return ok(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, AGENTX_HEADER_LENGTH);
  if (view.getUint8(Field.version) !== VERSION) return err('version');
  const length = view.getUint32(Field.length, isLittle(view));
  if (length > MAX_PAYLOAD_LENGTH || length % 4 !== 0) return err('length');
  return ok(AGENTX_HEADER_LENGTH + length);
}

const isLittle = (view: DataView): boolean => (view.getUint8(Field.flags) & Flag.network) === 0;

/** `bytes` hold exactly one PDU. Total over all inputs. */
export function decodePdu(bytes: Uint8Array): Result<Pdu, AgentxErrorCode> {
  const length = pduLength(bytes);
  if (!length.ok) return length;
  if (length.value === 0 || length.value !== bytes.length) return err('truncated');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = isLittle(view);
  const type = NAMES.get(view.getUint8(Field.type));
  if (type === undefined) return err('type');
  const reader = new Reader(bytes, AGENTX_HEADER_LENGTH, little);
  const context = (view.getUint8(Field.flags) & Flag.context) === 0 ? undefined : reader.octets();
  const body = readBody(reader, type);
  if (reader.broken || !reader.done) return err('body');
  return ok({
    sessionId: view.getUint32(Field.session, little),
    transactionId: view.getUint32(Field.transaction, little),
    packetId: view.getUint32(Field.packet, little),
    ...(context === undefined ? {} : { context }),
    body,
  });
}

function readBody(r: Reader, type: keyof typeof TYPES): Body {
  switch (type) {
    case 'open': {
      const timeoutS = r.u8();
      r.skip(3);
      return { type, timeoutS, id: r.oid().oid, description: r.octets() };
    }
    case 'close': {
      const reason = r.u8();
      r.skip(3);
      return { type, reason };
    }
    case 'register':
    case 'unregister':
      return readRegistration(r, type);
    case 'get':
    case 'get-next':
      return { type, ranges: r.list(() => r.range()) };
    case 'get-bulk':
      return {
        type,
        nonRepeaters: r.u16(),
        maxRepetitions: r.u16(),
        ranges: r.list(() => r.range()),
      };
    case 'test-set':
    case 'notify':
    case 'index-allocate':
    case 'index-deallocate':
      return { type, varBinds: r.list(() => r.varBind()) };
    case 'add-agent-caps':
      return { type, id: r.oid().oid, description: r.octets() };
    case 'remove-agent-caps':
      return { type, id: r.oid().oid };
    case 'response': {
      const [sysUpTimeTicks, error, index] = [r.u32(), r.u16(), r.u16()];
      return { type, sysUpTimeTicks, error, index, varBinds: r.list(() => r.varBind()) };
    }
    default:
      return { type };
  }
}

function readRegistration(r: Reader, type: 'register' | 'unregister'): Body {
  const timeoutS = r.u8();
  const priority = r.u8();
  const rangeSubid = r.u8();
  r.skip(1);
  const subtree = r.oid().oid;
  return { type, timeoutS, priority, rangeSubid, subtree, upperBound: rangeSubid === 0 ? 0 : r.u32() };
}

export function encodePdu(pdu: Pdu): Uint8Array {
  const { body, context } = pdu;
  const w = new Writer();
  w.u8(VERSION);
  w.u8(TYPES[body.type]);
  w.u8(Flag.network | (context === undefined ? 0 : Flag.context));
  w.u8(0);
  w.u32(pdu.sessionId);
  w.u32(pdu.transactionId);
  w.u32(pdu.packetId);
  w.u32(0);
  if (context !== undefined) w.octets(context);
  writeBody(w, body);
  w.putU32(Field.length, w.length - AGENTX_HEADER_LENGTH);
  return w.finish();
}

function writeBody(w: Writer, body: Body): void {
  const octet = (n: number): void => w.u32(n * 0x1_00_00_00); // and three reserved ones
  switch (body.type) {
    case 'open':
      octet(body.timeoutS);
      w.oid(body.id);
      w.octets(body.description);
      break;
    case 'close':
      octet(body.reason);
      break;
    case 'register':
    case 'unregister':
      for (const n of [body.timeoutS, body.priority, body.rangeSubid, 0]) w.u8(n);
      w.oid(body.subtree);
      if (body.rangeSubid !== 0) w.u32(body.upperBound);
      break;
    case 'get-bulk':
      w.u16(body.nonRepeaters);
      w.u16(body.maxRepetitions);
      for (const r of body.ranges) w.range(r);
      break;
    case 'get':
    case 'get-next':
      for (const r of body.ranges) w.range(r);
      break;
    case 'add-agent-caps':
      w.oid(body.id);
      w.octets(body.description);
      break;
    case 'remove-agent-caps':
      w.oid(body.id);
      break;
    case 'response':
      w.u32(body.sysUpTimeTicks);
      w.u16(body.error);
      w.u16(body.index);
      for (const v of body.varBinds) w.varBind(v);
      break;
    case 'test-set':
    case 'notify':
    case 'index-allocate':
    case 'index-deallocate':
      for (const v of body.varBinds) w.varBind(v);
      break;
    default:
      break;
  }
}
