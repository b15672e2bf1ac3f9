/** struct sockaddr_in and sockaddr_in6 in octets, for calls of the addon that take an address (ip(7), ipv6(7)). */

const AF_INET = 2;
const AF_INET6 = 10;

/** `address`: 4 or 16 octets; `interfaceIndex`: the scope of a link-local IPv6 address, 0 = none. Port 0. */
export function sockaddr(address: Uint8Array, interfaceIndex: number): Uint8Array {
  const out = new ArrayBuffer(address.length === 4 ? 16 : 28);
  const octets = new Uint8Array(out);
  // The family and the scope are in the host's byte order.
  new Uint16Array(out, 0, 1)[0] = address.length === 4 ? AF_INET : AF_INET6;
  octets.set(address, address.length === 4 ? 4 : 8);
  if (address.length === 16 && hasScope(address)) new Uint32Array(out, 24, 1)[0] = interfaceIndex;
  return octets;
}

/** fe80::/10 and groups of this link, ff02::/16. */
const hasScope = (a: Uint8Array): boolean =>
  (a[0] === 0xfe && ((a[1] as number) & 0xc0) === 0x80) ||
  (a[0] === 0xff && ((a[1] as number) & 0x0f) === 0x02);
