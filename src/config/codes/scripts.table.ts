// biome-ignore-all format: one row is one line

export const SCRIPTS_CODES = {
  // Scripts
  KA1001: { severity: 'error', class: 'general-error', title: 'vrrp_script without script' },
  KA1002: { severity: 'error', class: 'general-error', title: 'account of a script does not exist' },
  KA1003: { severity: 'warning', class: 'security', title: 'scripts without enable_script_security' },
  KA1004: { severity: 'error', class: 'general-error', title: 'tracked script not found' },
} as const;
