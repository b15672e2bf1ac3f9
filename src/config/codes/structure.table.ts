// biome-ignore-all format: one row is one line

export const STRUCTURE_CODES = {
  // Structure
  KA0401: { severity: 'error', class: 'unknown-keyword', title: 'unknown keyword' },
  KA0402: { severity: 'error', class: 'unexpected-open', title: 'brace where none belongs' },
  KA0403: { severity: 'error', class: 'missing-open', title: 'block without opening brace' },
  KA0404: { severity: 'error', class: 'unexpected-close', title: 'closing brace too many' },
  KA0405: { severity: 'error', class: 'missing-close', title: 'closing brace missing' },
  KA0408: { severity: 'error', class: 'general-error', title: 'block without exactly one name' },
  KA0409: { severity: 'error', class: 'general-error', title: 'second block of one name' },
  KA0410: { severity: 'error', class: 'general-error', title: "words between a block's keyword and its brace" },
  KA0411: { severity: 'error', class: 'general-error', title: 'empty block' },
} as const;
