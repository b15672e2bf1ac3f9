// biome-ignore-all format: one row is one line

export const LINES_CODES = {
  // Lines of a file
  KA0101: { severity: 'error', class: 'general-error', title: "line longer than keepalived's buffer" },
  KA0102: { severity: 'error', class: 'general-error', title: 'NUL byte in a line' },
  KA0103: { severity: 'error', class: 'unmatched-quote', title: 'quote without partner' },
  // Definitions and expansion
  KA0202: { severity: 'error', class: 'general-error', title: 'built-in definition with bad parameters' },
  KA0203: { severity: 'error', class: 'general-error', title: 'expansion exceeds the line buffer' },
  KA0204: { severity: 'error', class: 'general-error', title: 'expansion without end' },
  KA0205: { severity: 'error', class: 'general-error', title: 'bad ~SEQ or ~LST' },
} as const;
