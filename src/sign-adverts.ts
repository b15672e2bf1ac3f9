/** Priority 0 of instances with 'auth_hmac', signed when it is said: keys from the configuration, the time from the clock. */
import type { Config } from './config/config.ts';
import type { MacPort } from './ports/mac.ts';
import type { ReleaseState } from './ports/system.ts';
import { sequenceAt, unpackSequence } from './vrrp/sequence.ts';
import { signAgain } from './wire/sent.ts';

type ReleaseAdvert = ReleaseState['adverts'][number];

/** `config`: undefined when it cannot be read any more. What cannot be signed is left out, one problem an instance. */
export function signAdverts(
  adverts: readonly ReleaseAdvert[],
  config: Config | undefined,
  macs: MacPort,
  wallMs: number,
): { readonly signed: readonly ReleaseAdvert[]; readonly problems: readonly string[] } {
  const problems = new Set<string>();
  const signed: ReleaseAdvert[] = [];
  for (const a of adverts) {
    const instance = config?.instances.find((c) => c.name === a.instance);
    const key = instance?.hmac?.keys.find((k) => k.id === a.keyId);
    const frame = a.frame.slice();
    if (key !== undefined && key.secret.length > 0) {
      const signature = {
        type: 'hmac',
        keyId: key.id,
        key: key.secret,
        ...unpackSequence(sequenceAt(wallMs)),
      } as const;
      if (signAgain(frame, signature, macs)) signed.push({ ...a, frame });
    } else
      problems.add(
        `${a.instance}: priority 0 is not said: the configuration does not have key ${a.keyId} of auth_hmac any more`,
      );
  }
  return { signed, problems: [...problems] };
}
