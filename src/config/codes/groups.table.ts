// biome-ignore-all format: one row is one line

export const GROUPS_CODES = {
  // vrrp_sync_group
  KA0901: { severity: 'error', class: 'general-error', title: 'member does not exist' },
  KA0902: { severity: 'error', class: 'general-error', title: 'member of two groups' },
  KA0903: { severity: 'error', class: 'general-error', title: 'group without members' },
  KA0904: { severity: 'warning', class: 'general-error', title: 'group with one member' },
  KA0905: { severity: 'warning', class: 'deprecated', title: 'global_tracking' },
  KA0906: { severity: 'warning', class: 'general-error', title: 'weights of a group member' },
  KA0907: { severity: 'warning', class: 'general-error', title: 'garp_group without interval', text: 'A garp_group sets garp_interval, gna_interval or both. One without either is removed. Add an interval.', example: 'garp_group {\ninterface eth1\n}\nvrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n' },
  KA0908: { severity: 'error', class: 'general-error', title: 'interface in two garp_groups', text: 'An interface belongs to one garp_group. keepalived leaves it in the first and ignores the second line. Name it once.', example: 'garp_group {\ngarp_interval 1\ninterface eth1\ninterface eth1\n}\nvrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n' },
  KA0909: { severity: 'warning', class: 'general-error', title: 'empty interfaces block', text: 'The interfaces block of a garp_group has no line. keepalived ignores it. Add interfaces, or remove it.', example: 'garp_group {\ngarp_interval 1\ninterface eth1\ninterfaces {\n}\n}\nvrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n' },
} as const;
