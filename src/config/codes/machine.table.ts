// biome-ignore-all format: one row is one line
/** Findings about the text and the machine together; none without the machine. */

export const MACHINE_CODES = {
  // Commands
  KA2501: { severity: 'error', class: 'none', title: 'command does not exist', text: 'The file that the command names is not there. keepalived starts all the same and says so only in its log; the command never runs.' },
  KA2502: { severity: 'error', class: 'none', title: 'command cannot be executed', text: 'The file is there, but the account that is to run it may not execute it, or may not pass through a folder on the way. The command never runs. The message names the place and the remedy.' },
  KA2503: { severity: 'error', class: 'none', title: 'command refused by script security', text: 'enable_script_security refuses a command that would run with the rights of root while somebody else can change it, the folders above it, or a link on the way. keepalived disables it. The message names the place and the remedy.' },
  KA2504: { severity: 'warning', class: 'none', title: 'command that others can change', text: 'The command runs with the rights of root, and somebody else can change the file, a folder above it or a link on the way. Without enable_script_security it runs all the same.' },
  // Addresses
  KA2510: { severity: 'warning', class: 'none', title: 'virtual address is a permanent address here', text: 'The interface has the address already, as its permanent address. Then only this router may be its owner, with priority 255; otherwise it answers while another router is master, and leaving MASTER takes the permanent address away.' },
  KA2511: { severity: 'warning', class: 'none', title: 'virtual address in no network of the interface', text: 'No address of the interface is in the same network as the virtual address. Hosts of the network then do not look for it there, unless it is routed to this router. Often it is a slip in a digit or in the interface.' },
  KA2512: { severity: 'error', class: 'none', title: 'virtual address is network or broadcast address of the interface', text: 'The virtual address is the first or the last one of a network of its interface, which no host can use.' },
  KA2513: { severity: 'warning', class: 'none', title: 'priority 255 without owning the address', text: 'No virtual address of this instance is a permanent address of this machine, so it is no owner. It becomes master at once whenever it starts and cannot be outbid. Use 254 or less.' },
  KA2514: { severity: 'error', class: 'none', title: 'source address is not an address of this machine', text: 'Adverts are sent from unicast_src_ip or mcast_src_ip. The kernel does not let the daemon use an address that it does not have: the instance cannot send.' },
  KA2515: { severity: 'error', class: 'none', title: 'own address among the unicast peers', text: 'The address is one of this machine, so its adverts come back to itself and count as those of another router. Name only the other routers.' },
  // Other programs
  KA2516: { severity: 'warning', class: 'none', title: 'systemd-networkd removes the virtual address', text: 'systemd-networkd manages the interface and removes addresses that it did not set itself, whenever it is restarted or reconfigures the interface. Add KeepConfiguration=yes to the [Network] section of the file that the message names, or a drop-in beside it.' },
} as const;
