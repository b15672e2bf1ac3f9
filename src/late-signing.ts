/**
 * Signs what is said after a death. It takes the whole reader of configurations, so bin/bundle.mjs gives it a file of its own, which
 * a cleanup without 'auth_hmac' does not read.
 */
import { loadConfig } from './config/load.ts';
import { readSecret } from './io/files/secret-files.ts';
import { macs } from './io/mac.ts';
import { environmentOf } from './loading.ts';
import type { ReleaseState } from './ports/system.ts';
import { signAdverts } from './sign-adverts.ts';

/** Without the machine's interfaces: those of the instances may be gone, and only the keys are wanted. */
export function signLate(
  adverts: ReleaseState['adverts'],
  file: string,
  configId: string | undefined,
): ReturnType<typeof signAdverts> {
  const { config } = loadConfig(file, { ...environmentOf(configId, 'offline', []), readSecret });
  return signAdverts(adverts, config, macs, Date.now());
}
