/**
 * The two files that outlive the daemon: `release.batch` for `ip -force -batch` (works without Node) and `release.json` for
 * `vipd cleanup`, which says priority 0 as well. Rewritten whenever the addresses or adverts of a master change.
 */
import { mkdirSync, readFileSync, unlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { toHex } from '../../base/bytes.ts';
import { parseIp } from '../../base/ip.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { ChangedSetting } from '../../ports/devices.ts';
import type { KeySource, Log, ReleasePort, ReleaseState } from '../../ports/system.ts';
import { writeAtomically } from '../files/atomic.ts';

const SCHEMA = 1;
/** Far above 255 instances with all their addresses; a file beyond this is not ours. */
const MAX_BYTES = 16 << 20;
const MAX_FRAME_BYTES = 65_535;

export const batchPath = (runDir: string): string => posix.join(runDir, 'release.batch');
export const jsonPath = (runDir: string): string => posix.join(runDir, 'release.json');

/**
 * A port that writes into `runDir`, which is made (0755) when missing. Nothing is written twice in a row. `namespace`: that
 * of `-s` or 'net_namespace'; who cleans up may stand outside of it. `keysIn`: where it finds the keys of 'auth_hmac', none of
 * which is written here.
 */
export function releasePort(
  runDir: string,
  log: Log,
  namespace?: string,
  keysIn?: KeySource,
): ReleasePort & { remove(): void } {
  const texts = new Texts(namespace);
  let last = '';
  let lastBatch = '';
  let complaint = '';
  return {
    write(given: ReleaseState): void {
      const state: ReleaseState = {
        ...given,
        ...(namespace === undefined ? {} : { namespace }),
        ...(keysIn !== undefined && given.adverts.some((a) => a.keyId !== undefined) ? { keysIn } : {}),
      };
      const json = texts.json(state);
      if (json === last) return;
      try {
        mkdirSync(runDir, { recursive: true, mode: 0o755 });
        // The batch first: it is the one that works when nothing else does.
        const batch = texts.batch(state);
        if (last === '' || batch !== lastBatch) writeAtomically(batchPath(runDir), batch);
        lastBatch = batch;
        writeAtomically(jsonPath(runDir), json);
        last = json;
        complaint = '';
      } catch (e) {
        if (!(e instanceof Error && 'code' in e)) throw e;
        // With every change of an address comes a new attempt; once is enough to know.
        if (e.code === complaint) return;
        complaint = String(e.code);
        log.log(
          'warning',
          `cannot write the release files in ${runDir}: ${e.message}; after a crash addresses may stay`,
        );
      }
    },
    prepare: (part) => texts.prepare(part),
    remove(): void {
      last = '';
      try {
        removeRelease(runDir);
      } catch (e) {
        if (!(e instanceof Error && 'code' in e)) throw e;
        log.log('warning', `cannot remove the release files in ${runDir}: ${e.message}`);
      }
    },
  };
}

/**
 * The texts of both files. What an address or an advert becomes is kept with the object: with thousands of instances most
 * of them are those of the last time.
 */
class Texts {
  readonly #prefix: string;
  readonly #lines = new WeakMap<object, string>();
  readonly #json = new WeakMap<object, string>();

  constructor(namespace: string | undefined) {
    this.#prefix = namespace === undefined ? '' : `netns exec ${namespace} ip `;
  }

  prepare({ addresses, adverts }: Pick<ReleaseState, 'addresses' | 'adverts'>): void {
    for (const a of addresses) {
      this.#line(a);
      this.#address(a);
    }
    for (const a of adverts) this.#advert(a);
  }

  /** One line for each rule, route and address, in the language of ip-batch. */
  batch({ routing = [], addresses, devices = [] }: ReleaseState): string {
    return [
      ...routing.flatMap((r) => (r.text === '' ? [] : [`${this.#prefix}${r.text}\n`])),
      ...addresses.map((a) => this.#line(a)),
      ...devices.map((name) => `${this.#prefix}link del dev ${name}\n`),
    ].join('');
  }

  json({ addresses, adverts, routing, ...rest }: ReleaseState): string {
    const requests = routing?.map(({ text, request }) => ({
      text,
      type: request.type,
      flags: request.flags,
      body: toHex(request.body),
    }));
    const members = JSON.stringify({ schema: SCHEMA, ...rest, routing: requests }, undefined, 1).slice(0, -2);
    return [
      members,
      ` "addresses": ${list(addresses.map((a) => this.#address(a)))}`,
      ` "adverts": ${list(adverts.map((a) => this.#advert(a)))}\n}\n`,
    ].join(',\n');
  }

  #line(a: ReleaseState['addresses'][number]): string {
    return kept(this.#lines, a, () => {
      const length = a.prefixLength;
      const where = a.peer === undefined ? `${a.address}/${length}` : `${a.address} peer ${a.peer}/${length}`;
      return `${this.#prefix}addr del ${where} dev ${a.interface}\n`;
    });
  }

  #address(a: ReleaseState['addresses'][number]): string {
    return kept(this.#json, a, () => JSON.stringify(a));
  }

  #advert(a: ReleaseState['adverts'][number]): string {
    return kept(this.#json, a, () => JSON.stringify({ ...a, frame: toHex(a.frame) }));
  }
}

const list = (items: readonly string[]): string =>
  items.length === 0 ? '[]' : `[\n  ${items.join(',\n  ')}\n ]`;

function kept(texts: WeakMap<object, string>, of: object, make: () => string): string {
  const known = texts.get(of);
  if (known !== undefined) return known;
  const made = make();
  texts.set(of, made);
  return made;
}

/** undefined: there is no file, so nothing to do. An error names what is wrong with it. */
export function readRelease(runDir: string): Result<ReleaseState | undefined, string> {
  const path = jsonPath(runDir);
  let value: unknown;
  try {
    const bytes = readFileSync(path);
    if (bytes.length > MAX_BYTES) return err(`${path} is too long`);
    value = JSON.parse(bytes.toString('utf8'));
  } catch (e) {
    if (e instanceof SyntaxError) return err(`${path} is not JSON: ${e.message}`);
    if (!(e instanceof Error && 'code' in e)) throw e;
    return e.code === 'ENOENT' ? ok(undefined) : err(`${path}: ${e.message}`);
  }
  const state = toState(value);
  return state === undefined ? err(`${path} is not a release file of this version`) : ok(state);
}

/** Both files; harmless when they are gone. */
export function removeRelease(runDir: string): void {
  for (const path of [jsonPath(runDir), batchPath(runDir)]) {
    try {
      unlinkSync(path);
    } catch (e) {
      if (!(e instanceof Error && 'code' in e && e.code === 'ENOENT')) throw e;
    }
  }
}

type ReleasedRouting = NonNullable<ReleaseState['routing']>[number];
const RTM_DELROUTE = 25;
const RTM_DELRULE = 33;

type Fields = Readonly<Record<string, unknown>>;
const isFields = (v: unknown): v is Fields => typeof v === 'object' && v !== null && !Array.isArray(v);
const isNamespace = (v: unknown): v is string => typeof v === 'string' && /^[^\s/]{1,255}$/.test(v);
const isName = (v: unknown): v is string => typeof v === 'string' && /^[^\s/]{1,15}$/.test(v);

const isKeySource = (v: unknown): v is KeySource =>
  isFields(v) &&
  typeof v['file'] === 'string' &&
  (v['configId'] === undefined || typeof v['configId'] === 'string');

const isTable = (v: unknown): v is string => typeof v === 'string' && /^\S{1,64}$/.test(v);

/** Nothing but a number below an interface's IP settings: the file says what is written as root. */
const isSetting = (v: unknown): v is ChangedSetting =>
  isFields(v) &&
  typeof v['path'] === 'string' &&
  /^(?:ipv[46]\/conf\/(?!\.{1,2}\/)[^/\s]{1,15}\/[a-z0-9_]+|ipv4\/igmp_link_local_mcast_reports)$/.test(
    v['path'],
  ) &&
  [v['before'], v['set']].every((x) => typeof x === 'string' && /^-?\d{1,10}$/.test(x));

function toState(value: unknown): ReleaseState | undefined {
  if (!isFields(value) || value['schema'] !== SCHEMA) return undefined;
  const { addresses, adverts, keysIn, namespace, devices, settings, table, routing } = value;
  if (namespace !== undefined && !isNamespace(namespace)) return undefined;
  if (!Array.isArray(addresses) || !Array.isArray(adverts)) return undefined;
  if (keysIn !== undefined && !isKeySource(keysIn)) return undefined;
  if (devices !== undefined && !(Array.isArray(devices) && devices.every(isName))) return undefined;
  if (table !== undefined && !isTable(table)) return undefined;
  if (settings !== undefined && !(Array.isArray(settings) && settings.every(isSetting))) return undefined;
  if (routing !== undefined && !Array.isArray(routing)) return undefined;
  const readAddresses = addresses.map(toAddress);
  const readAdverts = adverts.map(toAdvert);
  const whole = <T>(list: readonly (T | undefined)[]): list is readonly T[] => !list.includes(undefined);
  const readRouting = routing?.map(toRouting) ?? [];
  if (!whole(readAddresses) || !whole(readAdverts) || !whole(readRouting)) return undefined;
  return {
    addresses: readAddresses,
    adverts: readAdverts,
    ...(routing === undefined ? {} : { routing: readRouting }),
    ...(keysIn === undefined ? {} : { keysIn }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(devices === undefined ? {} : { devices }),
    ...(settings === undefined ? {} : { settings }),
    ...(table === undefined ? {} : { table }),
  };
}

function toAddress(value: unknown): ReleaseState['addresses'][number] | undefined {
  if (!isFields(value)) return undefined;
  const { interface: name, address, prefixLength } = value;
  if (!isName(name) || typeof address !== 'string' || typeof prefixLength !== 'number') return undefined;
  const bytes = parseIp(address);
  const fits = bytes !== undefined && Number.isInteger(prefixLength) && prefixLength <= bytes.length * 8;
  return fits && prefixLength >= 0 ? { interface: name, address, prefixLength } : undefined;
}

/** Deletions and nothing else: the file is root's, and so is what it may do. */
function toRouting(value: unknown): ReleasedRouting | undefined {
  if (!isFields(value)) return undefined;
  const { text, type, flags, body } = value;
  if (typeof text !== 'string' || typeof flags !== 'number' || typeof body !== 'string') return undefined;
  if (type !== RTM_DELROUTE && type !== RTM_DELRULE) return undefined;
  if (!/^([0-9a-f]{2}){12,}$/.test(body) || body.length > MAX_FRAME_BYTES * 2) return undefined;
  return { text, request: { type, flags, body: new Uint8Array(Buffer.from(body, 'hex')) } };
}

function toAdvert(value: unknown): ReleaseState['adverts'][number] | undefined {
  if (!isFields(value)) return undefined;
  const { instance, interface: name, destination, frame, keyId } = value;
  if (typeof instance !== 'string' || typeof destination !== 'string' || typeof frame !== 'string')
    return undefined;
  // '' for unicast instances without an interface: the routing table decides.
  if ((name !== '' && !isName(name)) || parseIp(destination) === undefined) return undefined;
  if (!/^([0-9a-f]{2})+$/.test(frame) || frame.length > MAX_FRAME_BYTES * 2) return undefined;
  const octets = new Uint8Array(Buffer.from(frame, 'hex'));
  if (keyId === undefined) return { instance, interface: name, destination, frame: octets };
  if (!Number.isInteger(keyId)) return undefined;
  return { instance, interface: name, destination, frame: octets, keyId: Number(keyId) };
}
