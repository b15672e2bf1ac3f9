// biome-ignore-all format: one row is one line

export const GLOBAL_CODES = {
  // global_defs
  KA0551: { severity: 'error', class: 'general-error', title: 'script_user does not exist' },
  KA0552: { severity: 'error', class: 'general-error', title: 'not a multicast group' },
  KA0553: { severity: 'warning', class: 'warning', title: 'IPv6 group beyond the link' },
  KA0554: { severity: 'warning', class: 'general-error', title: 'surplus words in notification_email_from' },
  KA0555: { severity: 'error', class: 'general-error', title: 'bad smtp_server' },
  KA0556: { severity: 'warning', class: 'deprecated', title: 'deprecated keyword' },
  KA0557: { severity: 'warning', class: 'general-error', title: 'process name cut to 15 bytes' },
} as const;
