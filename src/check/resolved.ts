/**
 * `vipd config --resolved`: what the daemon would use, every default filled in. Walks the `Config` without knowing its
 * members, so that a new one shows by itself. Secrets are hidden by what they are called, unless they are asked for.
 */
import { toHex } from '../base/bytes.ts';
import { formatIp } from '../base/ip.ts';
import type { Config } from '../config/config.ts';
import { visible } from '../config/excerpt.ts';

/** Version of the JSON form. Members are added without a new one, for the configuration grows. */
export const RESOLVED_SCHEMA = 1;

export const REDACTED = '(hidden)';

export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** Below these all octets are secret, and words of the names of `KEY_NAME`. */
const SECRET_BRANCH = /^auth|hmac|credential/i;
const KEY_NAME = /^(?:data|value)$|key$/i;
/** Secret wherever they stand. */
const SECRET_NAME = /pass(?:word|phrase)?$|secret$/i;
/** Octets that are no address. */
const RAW = /data|key|digest/i;

/** Addresses as text, other octets as hex, maps and sets as objects and lists; no secrets unless `showSecrets`. */
export function plain(value: unknown, options: { readonly showSecrets: boolean }): Plain {
  return walk(value, '', false, options.showSecrets);
}

function walk(value: unknown, name: string, secretBranch: boolean, show: boolean): Plain {
  const hidden = !show && SECRET_NAME.test(name);
  if (value instanceof Uint8Array) return hidden || (!show && secretBranch) ? REDACTED : octets(value, name);
  if (typeof value === 'string')
    return hidden || (!show && secretBranch && KEY_NAME.test(name)) ? REDACTED : value;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map) return walk(Object.fromEntries(value), name, secretBranch, show);
  if (value instanceof Set) return walk([...value], name, secretBranch, show);
  if (Array.isArray(value)) return value.map((v) => walk(v, name, secretBranch, show));
  if (typeof value !== 'object' || value === null) return null;
  return object(value, secretBranch || SECRET_BRANCH.test(name), show);
}

function object(value: object, secretBranch: boolean, show: boolean): Plain {
  // {keyword: 'password', args: [...]}: words of a checker that are kept as they were written.
  const keyword = 'keyword' in value && typeof value.keyword === 'string' ? value.keyword : '';
  const secretWords = !show && /pass|secret|hmac|auth/i.test(keyword);
  const out: Record<string, Plain> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    out[key] =
      secretWords && key === 'args' && Array.isArray(member)
        ? member.map(() => REDACTED)
        : walk(member, key, secretBranch, show);
  }
  return out;
}

function octets(bytes: Uint8Array, name: string): string {
  if (!RAW.test(name)) {
    if (bytes.length === 4 || bytes.length === 16) return formatIp(bytes);
    if (bytes.length === 6) return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(':');
  }
  return toHex(bytes);
}

/** With a final newline. */
export function resolvedJson(config: Config, options: { readonly showSecrets: boolean }): string {
  return `${JSON.stringify({ schema: RESOLVED_SCHEMA, config: plain(config, options) }, null, 2)}\n`;
}

/** A tree of `name: value` lines, two blanks for each level; places are left out. */
export function resolvedText(config: Config, options: { readonly showSecrets: boolean }): string {
  const out: string[] = [];
  tree(plain(config, options), '', out);
  return `${out.join('\n')}\n`;
}

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);
const isScalar = (value: Plain): value is string | number | boolean | null =>
  value === null || typeof value !== 'object';

function tree(value: Plain, indent: string, out: string[]): void {
  if (isScalar(value)) {
    out.push(`${indent}${scalar(value, '')}`);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === 'place') continue;
    if (isScalar(member)) out.push(`${indent}${key}: ${scalar(member, key)}`);
    else if (isList(member)) list(key, member, indent, out);
    else if (Object.keys(member).length === 0) out.push(`${indent}${key}: {}`);
    else {
      out.push(`${indent}${key}:`);
      tree(member, `${indent}  `, out);
    }
  }
}

/** Scalars on one line, objects as entries that begin with '-'. */
function list(key: string, value: readonly Plain[], indent: string, out: string[]): void {
  if (value.every(isScalar)) {
    out.push(`${indent}${key}: [${value.map((v) => scalar(v, key)).join(', ')}]`);
    return;
  }
  out.push(`${indent}${key}:`);
  for (const entry of value) {
    const from = out.length;
    tree(entry, `${indent}    `, out);
    const first = out[from];
    if (first !== undefined) out[from] = `${indent}  - ${first.slice(indent.length + 4)}`;
  }
}

/** Bare words stay bare; what could be taken for something else is quoted as in JSON. Times say their seconds. */
function scalar(value: string | number | boolean | null, key: string): string {
  if (typeof value === 'string')
    return /^[\w./:@%+()-]+$/.test(value) && !/^(?:true|false|null|[\d.]+)$/.test(value)
      ? value
      : visible(JSON.stringify(value));
  if (typeof value === 'number' && key.endsWith('Us')) return `${value} (${value / 1e6} s)`;
  return String(value);
}
