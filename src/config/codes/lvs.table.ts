// biome-ignore-all format: one row is one line

export const LVS_CODES = {
  // virtual_server
  KA1101: { severity: 'error', class: 'exit-2', title: 'target missing' },
  KA1102: { severity: 'error', class: 'general-error', title: 'bad virtual server target' },
  KA1103: { severity: 'error', class: 'general-error', title: 'bad real server address' },
  KA1104: { severity: 'warning', class: 'general-error', title: 'default filled in' },
  KA1105: { severity: 'error', class: 'general-error', title: 'virtual server without real servers' },
  KA1106: { severity: 'warning', class: 'general-error', title: 'ports of virtual and real server differ' },
  KA1107: { severity: 'warning', class: 'deprecated', title: 'deprecated checker keyword' },
  KA1108: { severity: 'error', class: 'general-error', title: 'bad forwarding method' },
} as const;
