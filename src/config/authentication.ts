/** 'authentication' of VRRPv2: eight octets of password, and every case in which keepalived drops it. */
import type { Authentication } from './config.ts';
import { type Draft, tell } from './instance-draft.ts';
import { octetsOf } from './octets.ts';

const LENGTH = 8;

export function authentication(d: Draft, version: 2 | 3): Authentication {
  const none = { type: 'none' } as const;
  const blocks = d.block.children('authentication');
  const type = blocks.map((b) => b.get('auth_type')).findLast((s) => s !== undefined);
  const pass = blocks.map((b) => b.get('auth_pass')).findLast((s) => s !== undefined);
  const data = new Uint8Array(LENGTH);
  if (pass !== undefined && typeof pass.value === 'string') {
    const bytes = octetsOf(pass.value);
    data.set(bytes.subarray(0, LENGTH));
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
