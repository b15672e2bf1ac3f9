import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { readSecret } from '../../../src/io/files/secret-files.ts';

it('secret-files/octets as they are, and who may read them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vipd-secret-'));
  try {
    const file = join(folder, 'key');
    writeFileSync(file, Uint8Array.of(0xff, 0, 10), { mode: 0o600 });
    const read = readSecret(file);
    assert.deepEqual(read.ok && [...read.bytes, read.exposed], [0xff, 0, 10, false]);
    chmodSync(file, 0o640);
    const group = readSecret(file);
    assert.equal(group.ok && group.exposed, true);
    assert.deepEqual(readSecret(folder), { ok: false, code: 'EINVAL' });
    assert.deepEqual(readSecret(join(folder, 'none')), { ok: false, code: 'ENOENT' });
    writeFileSync(file, new Uint8Array(5000));
    assert.deepEqual(readSecret(file), { ok: false, code: 'EFBIG' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
