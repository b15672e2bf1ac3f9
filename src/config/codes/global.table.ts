// biome-ignore-all format: one row is one line

export const GLOBAL_CODES = {
  // global_defs
  KA0551: { severity: 'error', class: 'general-error', title: 'script_user does not exist', text: 'The user or group of script_user does not exist here. Scripts without a user of their own are dropped, and what tracks them runs without them. Create the account, or name another one.', example: 'global_defs {\n    enable_script_security\n    script_user keepalived_scripts\n}\n' },
  KA0552: { severity: 'error', class: 'general-error', title: 'not a multicast group', text: 'vrrp_mcast_group4 and vrrp_mcast_group6 need a multicast address of their family: 224.0.0.0/4, or ff00::/8. keepalived ignores the line.', example: 'global_defs {\n    vrrp_mcast_group4 192.0.2.18\n}\n' },
  KA0553: { severity: 'warning', class: 'warning', title: 'IPv6 group beyond the link', text: 'The IPv6 group has a scope beyond the link. VRRP adverts must not be routed, so a link-local group (ff02::/16) is what you want. keepalived uses the address all the same.', example: 'global_defs {\n    vrrp_mcast_group6 ff05::12\n}\n' },
  KA0554: { severity: 'warning', class: 'general-error', title: 'surplus words in notification_email_from', text: 'notification_email_from takes one word, and keepalived drops the rest. A display name has to be quoted together with the address.', example: 'global_defs {\n    notification_email_from Load Balancer <lb@example.com>\n}\n' },
  KA0555: { severity: 'error', class: 'general-error', title: 'bad smtp_server', text: "The relay's port is no number in 1..65535, and keepalived ignores the line. Without a relay no mail is sent.", example: 'global_defs {\n    smtp_server 192.0.2.25 smtp\n}\n' },
  KA0556: { severity: 'warning', class: 'deprecated', title: 'deprecated keyword', text: 'The keyword has a newer name. keepalived still obeys the old one and asks you to change it.', example: 'global_defs {\n    vrrp_vmac_garp_intvl 30\n}\n' },
  KA0557: { severity: 'warning', class: 'general-error', title: 'process name cut to 15 bytes', text: 'The kernel keeps 15 bytes of a process name. keepalived cuts the rest off.', example: 'global_defs {\n    process_name keepalived_on_lb1\n}\n' },
} as const;
