/** 'reload_file': exists while the configuration is being read, for those who must not change it meanwhile. */
import { unlinkSync, writeFileSync } from 'node:fs';
import type { Log } from '../../ports/system.ts';

/** Makes the file; the function that is returned removes it. Neither throws: a reload matters more. */
export function holdReloadFile(path: string | undefined, log: Log): () => void {
  if (path === undefined) return () => {};
  const attempt = (what: string, action: () => void): void => {
    try {
      action();
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      if (e.code !== 'ENOENT' || what === 'make')
        log.log('warning', `cannot ${what} reload_file ${path}: ${e.message}`);
    }
  };
  attempt('make', () => writeFileSync(path, ''));
  return () => attempt('remove', () => unlinkSync(path));
}
