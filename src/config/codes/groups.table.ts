// biome-ignore-all format: one row is one line

export const GROUPS_CODES = {
  // vrrp_sync_group
  KA0901: { severity: 'error', class: 'general-error', title: 'member does not exist' },
  KA0902: { severity: 'error', class: 'general-error', title: 'member of two groups' },
  KA0903: { severity: 'error', class: 'general-error', title: 'group without members' },
  KA0904: { severity: 'warning', class: 'general-error', title: 'group with one member' },
  KA0905: { severity: 'warning', class: 'deprecated', title: 'global_tracking' },
  KA0906: { severity: 'warning', class: 'general-error', title: 'weights of a group member' },
} as const;
