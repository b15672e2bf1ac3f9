/**
 * `vipd decode [--json] FILE…`: says what is in captured frames. Reads pcap, pcapng and hex text, '-' is standard
 * input. JSON lines carry the fields of `wire/frame-description.ts`; without --json a line is for people.
 */
import { createHmac } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { describePacket, LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../wire/frame.ts';
import type { FrameDescription, Secrets } from '../wire/frame-description.ts';
import { decodeIpv4 } from '../wire/ipv4.ts';
import { decodeIpv6 } from '../wire/ipv6.ts';
import { ByteSource } from './byte-source.ts';
import { type CapturedPacket, CaptureError } from './capture.ts';
import { frameLine } from './decode-line.ts';
import { readHexText } from './hex-text.ts';
import { pcapForm, readPcap } from './pcap.ts';
import { isPcapng, readPcapng } from './pcapng.ts';

export type DecodeOptions = {
  readonly json: boolean;
  readonly keys: ReadonlyMap<number, Uint8Array>; // 'auth_hmac' keys by id, 1..255
  readonly authPass?: string; // 'auth_pass', to verify AH
};

/** Chunks of a file; '-' is standard input. */
export type OpenInput = (file: string) => AsyncIterable<Uint8Array>;

/**
 * Decodes each file in order. A file that cannot be read or is broken is reported with its name and the offset of the
 * mistake through `err`, after the frames in front of it, and the next one follows. Resolves to the exit status: 0, or
 * 1 when any file was bad. A frame that is damaged inside is a result (its `error`), not a bad file.
 */
export async function runDecode(
  files: readonly string[],
  options: DecodeOptions,
  out: (line: string) => void,
  err: (line: string) => void,
  open: OpenInput = openInput,
): Promise<number> {
  const secrets = secretsOf(options);
  let status = 0;
  for (const file of files) {
    const source = new ByteSource(open(file));
    try {
      for await (const packet of readPackets(source)) {
        const description = describe(packet, secrets);
        out(options.json ? JSON.stringify(description) : frameLine(description, packet.atNs));
      }
    } catch (e) {
      status = 1;
      err(`vipd decode: ${explain(file, e)}`);
    } finally {
      await source.close();
    }
  }
  return status;
}

/**
 * One `--key ID=HEX` argument: the id is 1..255, the key 32..64 octets of hex, 'hex:' in front allowed as in
 * keepalived.conf. A string is the reason for a refusal.
 */
export function parseKeyOption(text: string): { readonly id: number; readonly key: Uint8Array } | string {
  const match = /^(\d{1,3})=(?:hex:)?((?:[0-9a-fA-F]{2})*)$/.exec(text);
  if (match === null) return `--key ${text}: expected ID=HEX, for example 1=000102…1f`;
  const id = Number(match[1]);
  if (id < 1 || id > 255) return `--key ${text}: the key id is 1..255`;
  const key = new Uint8Array(Buffer.from(match[2] as string, 'hex'));
  if (key.length < 32 || key.length > 64) return `--key ${id}: the key has ${key.length} octets, not 32..64`;
  return { id, key };
}

async function* readPackets(source: ByteSource): AsyncGenerator<CapturedPacket> {
  const magic = await source.peek(4);
  if (magic.length === 0) throw new CaptureError('the file is empty', 0);
  const pcap = pcapForm(magic);
  if (pcap !== undefined) yield* readPcap(source, pcap);
  else if (isPcapng(magic)) yield* readPcapng(source);
  else if (magic.every(isText)) yield* readHexText(source);
  else throw new CaptureError('neither pcap, pcapng nor hex text', 0);
}

/** Printable ASCII, tab, line feed or carriage return. */
function isText(octet: number): boolean {
  return (octet >= 0x20 && octet < 0x7f) || octet === 0x09 || octet === 0x0a || octet === 0x0d;
}

function describe({ data, linkType }: CapturedPacket, secrets: Secrets): FrameDescription {
  return describePacket(linkType ?? guessLinkType(data), data, secrets);
}

/** Hex text does not say what it begins with; a packet whose IP lengths fit to the octet has no Ethernet header. */
function guessLinkType(data: Uint8Array): number {
  const v4 = decodeIpv4(data);
  if (v4.ok && v4.value.totalLength === data.length && v4.value.headerChecksumOk) return LINKTYPE_RAW;
  const v6 = decodeIpv6(data);
  return v6.ok && 40 + v6.value.payloadLength === data.length ? LINKTYPE_RAW : LINKTYPE_ETHERNET;
}

function secretsOf(options: DecodeOptions): Secrets {
  const hmac = (algorithm: string) => (key: Uint8Array, data: Uint8Array) =>
    new Uint8Array(createHmac(algorithm, key).update(data).digest());
  return {
    hmacSha256: hmac('sha256'),
    hmacMd5: hmac('md5'),
    keys: options.keys,
    ...(options.authPass === undefined ? {} : { authPass: new TextEncoder().encode(options.authPass) }),
  };
}

function openInput(file: string): AsyncIterable<Uint8Array> {
  return file === '-' ? process.stdin : createReadStream(file);
}

/** What a user can do something about; everything else is a mistake of ours and goes on up. */
function explain(file: string, e: unknown): string {
  const name = file === '-' ? 'standard input' : file;
  if (e instanceof CaptureError) return `${name}: offset ${e.offset}: ${e.message}`;
  if (e instanceof Error && 'syscall' in e) return `${name}: ${e.message}`;
  throw e;
}
