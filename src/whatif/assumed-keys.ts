/** Key files of 'auth_hmac' are not read for a what-if: what is in them is assumed to be the same on both nodes. */
import type { Config, InstanceConfig } from '../config/config.ts';
import { matchInstances } from './match.ts';

const KEY_LENGTH = 32;

const unknownKeys = (c: InstanceConfig): boolean => c.hmac?.keys.some((k) => k.secret.length === 0) === true;

/** Both configurations with every key filled in: from the other node where that has it in its text, else a made-up one. */
export function withAssumedKeys(a: Config, b: Config): readonly [Config, Config] {
  if (![...a.instances, ...b.instances].some(unknownKeys)) return [a, b];
  const partner = new Map<InstanceConfig, InstanceConfig>();
  for (const p of matchInstances(a, b).pairs) partner.set(p.a, p.b).set(p.b, p.a);
  const filled = (config: Config): Config => ({
    ...config,
    instances: config.instances.map((c) => (unknownKeys(c) ? fill(c, partner.get(c)) : c)),
  });
  return [filled(a), filled(b)];
}

/** For the reader, where an instance has such a key. */
export function assumedKeysNote(c: InstanceConfig): string | undefined {
  const ids = c.hmac?.keys.filter((k) => k.file !== undefined).map((k) => k.id) ?? [];
  return ids.length === 0
    ? undefined
    : `${c.name}: auth_hmac key ${ids.join(', ')} is in a file; assumed: the same on both nodes`;
}

function fill(c: InstanceConfig, other: InstanceConfig | undefined): InstanceConfig {
  if (c.hmac === undefined) return c;
  const keys = c.hmac.keys.map((k) => {
    if (k.secret.length > 0) return k;
    const theirs = other?.hmac?.keys.find((x) => x.id === k.id && x.secret.length > 0);
    return { ...k, secret: theirs?.secret ?? new Uint8Array(KEY_LENGTH).fill(k.id) };
  });
  return { ...c, hmac: { ...c.hmac, keys } };
}
