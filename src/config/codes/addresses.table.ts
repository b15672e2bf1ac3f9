// biome-ignore-all format: one row is one line

export const ADDRESSES_CODES = {
  // Addresses
  KA0701: { severity: 'error', class: 'general-error', title: 'malformed address' },
  KA0702: { severity: 'error', class: 'general-error', title: 'bad prefix length' },
  KA0703: { severity: 'error', class: 'general-error', title: 'address of the other family' },
  KA0704: { severity: 'error', class: 'general-error', title: 'unknown address option' },
  KA0705: { severity: 'error', class: 'general-error', title: 'address option that drops the line' },
  KA0706: { severity: 'warning', class: 'general-error', title: 'address option that is ignored' },
} as const;
