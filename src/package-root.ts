/** The folder of package.json, wherever the running file was put: build/src, or build/bundle where files are joined. */
import { statSync } from 'node:fs';

const LEVELS = 6;

/** Not existsSync: access(2) does not count capabilities. */
const exists = (url: URL): boolean => statSync(url, { throwIfNoEntry: false }) !== undefined;

export function packageRoot(): URL {
  let folder = new URL('.', import.meta.url);
  for (let i = 0; i < LEVELS; i++) {
    if (exists(new URL('package.json', folder)) && exists(new URL('native/', folder))) return folder;
    folder = new URL('..', folder);
  }
  throw new Error('the installation is damaged: no package.json and native/ above the program');
}
