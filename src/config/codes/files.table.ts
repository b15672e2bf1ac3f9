// biome-ignore-all format: one row is one line

export const FILES_CODES = {
  // Includes and files
  KA0301: { severity: 'warning', class: 'none', title: 'include matches nothing', text: 'An include names a file that is not there, or a pattern that matches nothing. Plain include only logs it, so the daemon starts without these settings; includem, includew and includea stop the start. A relative name belongs to the folder of the including file.', example: 'include /etc/keepalived/conf.d/*.conf\nvrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 10\n    virtual_ipaddress {\n        192.0.2.100/24\n    }\n}\n' },
  KA0302: { severity: 'warning', class: 'none', title: 'included file cannot be read', text: 'An included file exists and cannot be read, or is a folder, a device, or has an execute bit. Plain include skips it. Correct the permissions; configuration files must not be executable.' },
  KA0303: { severity: 'error', class: 'general-error', title: 'includes nested too deep', text: 'Includes are nested more than 64 deep: a file includes itself, directly or through another one. vipd leaves the innermost include out; keepalived goes on until it runs out of file handles.', example: 'include /etc/keepalived/keepalived.conf\n' },
  KA0304: { severity: 'error', class: 'general-error', title: 'unknown word after include_check', text: "include_check takes read, match, wildcard_match and brace_match, each with + or - in front if it is to be added or removed. keepalived ignores other words. The manual page's readable is one of these.", example: 'global_defs {\n    include_check readable\n}\n' },
  KA0305: { severity: 'error', class: 'none', title: 'main file cannot be read', text: 'The main configuration file does not exist, cannot be read, or has an execute bit, and the daemon stops with status 6. Check the path given with -f and the permissions.' },
  KA0306: { severity: 'warning', class: 'multiple-files', title: 'main pattern matches several files', text: 'The name given with -f is a pattern that matches several files. They are read one after the other as if they were one; a backup copy in the same folder would be read, too.' },
} as const;
