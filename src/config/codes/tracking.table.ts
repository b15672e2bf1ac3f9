// biome-ignore-all format: one row is one line

export const TRACKING_CODES = {
  // Tracking
  KA0801: { severity: 'error', class: 'general-error', title: 'tracked script unknown' },
  KA0802: { severity: 'error', class: 'general-error', title: 'weight without value' },
  KA0803: { severity: 'error', class: 'general-error', title: 'unknown track option' },
  KA0804: { severity: 'error', class: 'general-error', title: 'weight out of range' },
  KA0805: { severity: 'error', class: 'general-error', title: 'tracked twice' },
  KA0806: { severity: 'warning', class: 'general-error', title: 'own interface tracked' },
  KA0807: { severity: 'warning', class: 'general-error', title: 'weight on an address owner' },
} as const;
