/** MacPort over Node's OpenSSL. A FIPS build may refuse MD5: then `hmacMd5` throws, and AH is not for such a host. */
import { createHmac } from 'node:crypto';
import type { MacPort } from '../ports/mac.ts';

const hmac =
  (algorithm: string) =>
  (key: Uint8Array, data: Uint8Array): Uint8Array =>
    createHmac(algorithm, key).update(data).digest();

export const macs: MacPort = { hmacSha256: hmac('sha256'), hmacMd5: hmac('md5') };
