// Writes what is made from the tables (documentation, man pages) into the repository: `npm run docs`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pages } from '../build/src/manual/pages.js';

const root = fileURLToPath(new URL('..', import.meta.url));
for (const [path, text] of Object.entries(pages())) {
  mkdirSync(dirname(root + path), { recursive: true });
  writeFileSync(root + path, text);
}
