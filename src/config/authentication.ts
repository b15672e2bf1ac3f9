/** 'authentication' of VRRPv2: eight octets of password, and every case in which keepalived drops it. */
import type { Authentication } from './config.ts';
import { type Draft, tell } from './instance-draft.ts';

const LENGTH = 8;

/** UTF-8 without TextEncoder, so that nothing outside the language is needed. */
function utf8(text: string): number[] {
  const out: number[] = [];
  for (const c of text) {
    const p = c.codePointAt(0) ?? 0;
    if (p < 0x80) out.push(p);
    else if (p < 0x800) out.push(0xc0 | (p >> 6), 0x80 | (p & 0x3f));
    else if (p < 0x10000) out.push(0xe0 | (p >> 12), 0x80 | ((p >> 6) & 0x3f), 0x80 | (p & 0x3f));
    else out.push(0xf0 | (p >> 18), 0x80 | ((p >> 12) & 0x3f), 0x80 | ((p >> 6) & 0x3f), 0x80 | (p & 0x3f));
  }
  return out;
}

export function authentication(d: Draft, version: 2 | 3): Authentication {
  const none = { type: 'none' } as const;
  const blocks = d.block.children('authentication');
  const type = blocks.map((b) => b.get('auth_type')).findLast((s) => s !== undefined);
  const pass = blocks.map((b) => b.get('auth_pass')).findLast((s) => s !== undefined);
  const data = new Uint8Array(LENGTH);
  if (pass !== undefined && typeof pass.value === 'string') {
    const bytes = utf8(pass.value);
    data.set(bytes.slice(0, LENGTH));
    if (bytes.length > LENGTH)
      d.c.reporter.report('KA0630', pass.at, 'Truncating auth_pass to 8 characters', {
        effect: 'only the first 8 characters count',
        fix: 'shorten the password to 8 characters',
      });
  }
  if (type === undefined) {
    if (pass !== undefined)
      tell(d, 'KA0631', pass.at, 'auth_pass without auth_type', {
        effect: 'there is no authentication, silently',
        fix: "add 'auth_type PASS'",
      });
    return none;
  }
  const drop = (text: string, effect = 'there is no authentication') => {
    tell(d, 'KA0632', type.at, text, { effect });
    return none;
  };
  if (version === 3) return drop('VRRP version 3 does not support authentication. Ignoring.');
  if (d.strict) return drop('Strict mode does not support authentication. Ignoring.');
  if (d.block.has('auth_hmac'))
    return drop('authentication and auth_hmac cannot both be configured - ignoring authentication');
  if (pass === undefined || data.every((b) => b === 0))
    return drop('Authentication specified but no password given - ignoring');
  if (type.value === 'AH' && d.family === 6)
    return drop('AH authentication is not supported with IPv6 - ignoring');
  return { type: type.value === 'AH' ? 'ah' : 'pass', data };
}
