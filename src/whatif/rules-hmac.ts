/** 'auth_hmac' of both nodes: whether each believes what the other sends (behaviour.md B15). */
import { equalBytes } from '../base/bytes.ts';
import type { InstanceConfig } from '../config/config.ts';
import { type Facing, linesOf, tellBoth } from './facing.ts';

/** Why `to` drops the adverts of `from`; undefined: it believes them, or a key file was not read. */
function refusal(from: InstanceConfig, to: InstanceConfig): string | undefined {
  const signed = from.hmac !== undefined && from.hmac.mode !== 'receive-only' ? from.hmac : undefined;
  if (to.hmac === undefined) return signed === undefined ? undefined : 'has no auth_hmac';
  if (signed === undefined) return to.hmac.mode === 'enforce' ? 'is in mode enforce' : undefined;
  const key = signed.keys.find((k) => k.id === signed.activeKey);
  const known = to.hmac.keys.find((k) => k.id === signed.activeKey);
  if (known === undefined) return `does not have key ${signed.activeKey}`;
  const unread = key === undefined || key.secret.length === 0 || known.secret.length === 0;
  return unread || equalBytes(key.secret, known.secret) ? undefined : `has another key ${known.id}`;
}

export function hmac(f: Facing): void {
  const [a, b] = f.sides;
  const [atB, atA] = [refusal(f.a, f.b), refusal(f.b, f.a)];
  if (atA === undefined && atB === undefined) return;
  const both = atA !== undefined && atB !== undefined;
  const reasons = [
    ...(atB === undefined ? [] : [`${b.name} ${atB}, so it drops the adverts of ${a.name}`]),
    ...(atA === undefined ? [] : [`${a.name} ${atA}, so it drops the adverts of ${b.name}`]),
  ];
  tellBoth(
    f,
    'KA3023',
    linesOf(f, 'active_key', 'mode', 'auth_hmac', 'auth_type', 'authentication'),
    `auth_hmac: ${reasons.join('; ')}`,
    {
      effect: both
        ? 'each node drops the adverts of the other, so both become master and hold the address'
        : `${atB === undefined ? a.name : b.name} becomes master beside the other node, and both hold the address`,
      fix: "give both nodes the same keys first; then change 'mode' and 'active_key' a node at a time",
    },
  );
}
