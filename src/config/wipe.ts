/**
 * Passwords and keys of a configuration that is no longer used, overwritten where they lie. What the text of a file said is
 * in strings, which nobody can overwrite: keys that must not stay in memory belong into a file of their own ('file:').
 */
import type { Config } from './config.ts';

function secretsOf(config: Config): readonly Uint8Array[] {
  return config.instances.flatMap((c) => [
    ...(c.authentication.type === 'none' ? [] : [c.authentication.data]),
    ...(c.hmac?.keys.map((k) => k.secret) ?? []),
  ]);
}

/** `inUse`: the configuration that took its place; what both share stays. */
export function wipeSecrets(config: Config, inUse?: Config): void {
  const keep = new Set(inUse === undefined ? [] : secretsOf(inUse));
  for (const secret of secretsOf(config)) if (!keep.has(secret)) secret.fill(0);
}
