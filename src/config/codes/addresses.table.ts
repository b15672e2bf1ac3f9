// biome-ignore-all format: one row is one line

export const ADDRESSES_CODES = {
  // Addresses
  KA0701: { severity: 'error', class: 'general-error', title: 'malformed address' },
  KA0702: { severity: 'error', class: 'general-error', title: 'bad prefix length' },
  KA0703: { severity: 'error', class: 'general-error', title: 'address of the other family' },
  KA0704: { severity: 'error', class: 'general-error', title: 'unknown address option' },
  KA0705: { severity: 'error', class: 'general-error', title: 'address option that drops the line' },
  KA0706: { severity: 'warning', class: 'general-error', title: 'address option that is ignored' },
  KA0707: { severity: 'warning', class: 'general-error', title: 'use_vmac on the instance and on its address', text: "use_vmac on an address gives it a VMAC of its own where the instance has none, or where the address is on another interface. On the instance's own VMAC the word says nothing, and keepalived reports it.", example: 'vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    use_vmac\n    virtual_ipaddress {\n        192.0.2.1/24 use_vmac\n    }\n}\n' },
} as const;
