/** The folder of package.json, wherever the running file was put: build/src, or build/bundle where files are joined. */
import { existsSync } from 'node:fs';

const LEVELS = 6;

export function packageRoot(): URL {
  let folder = new URL('.', import.meta.url);
  for (let i = 0; i < LEVELS; i++) {
    if (existsSync(new URL('package.json', folder)) && existsSync(new URL('native/', folder))) return folder;
    folder = new URL('..', folder);
  }
  throw new Error('the installation is damaged: no package.json and native/ above the program');
}
