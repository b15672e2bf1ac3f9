// biome-ignore-all format: one row is one line

export const ARGUMENTS_CODES = {
  // Arguments
  KA0501: { severity: 'error', class: 'exit-2', title: 'required argument missing' },
  KA0502: { severity: 'error', class: 'general-error', title: 'argument missing' },
  KA0503: { severity: 'error', class: 'invalid-number', title: 'not a number' },
  KA0504: { severity: 'error', class: 'invalid-number', title: 'number out of range' },
  KA0505: { severity: 'error', class: 'general-error', title: 'not a boolean' },
  KA0506: { severity: 'error', class: 'general-error', title: 'not one of the words allowed' },
  KA0507: { severity: 'hint', class: 'none', title: 'surplus words' },
  KA0508: { severity: 'hint', class: 'none', title: 'set twice, last wins' },
  KA0509: { severity: 'error', class: 'general-error', title: 'set twice, first wins' },
  KA0510: { severity: 'error', class: 'general-error', title: 'malformed address' },
  KA0511: { severity: 'warning', class: 'invalid-number', title: 'more decimals than are kept' },
  KA0512: { severity: 'error', class: 'general-error', title: 'malformed command line' },
  KA0513: { severity: 'warning', class: 'general-error', title: 'set twice, last wins with an error' },
} as const;
