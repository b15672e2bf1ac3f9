/** What both nodes must agree on to believe each other's adverts: VRID, version, interval, authentication, checksum. */
import { equalBytes } from '../base/bytes.ts';
import { type Facing, linesOf, tellBoth } from './facing.ts';
import { hmac } from './rules-hmac.ts';

const TWO_MASTERS = 'each node drops the adverts of the other, so both become master and hold the address';

export function vrid(f: Facing): boolean {
  if (f.a.vrid === f.b.vrid) return true;
  tellBoth(
    f,
    'KA3001',
    linesOf(f, 'virtual_router_id'),
    `virtual_router_id ${f.a.vrid} on ${f.sides[0].name}, ${f.b.vrid} on ${f.sides[1].name}`,
    {
      effect: 'the nodes do not hear each other, so both become master',
      fix: 'write the same number in both files',
    },
  );
  return false;
}

export function version(f: Facing): boolean {
  if (f.a.version === f.b.version) return true;
  tellBoth(
    f,
    'KA3003',
    linesOf(f, 'version'),
    `VRRP version ${f.a.version} on ${f.sides[0].name}, ${f.b.version} on ${f.sides[1].name}`,
    { effect: TWO_MASTERS, fix: "write the same 'version' (or global 'vrrp_version') in both files" },
  );
  return false;
}

const seconds = (us: number): string => `${us / 1_000_000} s`;

export function interval(f: Facing): void {
  if (f.a.adverIntUs === f.b.adverIntUs) return;
  const v2 = f.a.version === 2;
  tellBoth(
    f,
    'KA3004',
    linesOf(f, 'advert_int'),
    `advert_int ${seconds(f.a.adverIntUs)} on ${f.sides[0].name}, ${seconds(f.b.adverIntUs)} on ${f.sides[1].name}`,
    {
      severity: v2 ? 'error' : 'warning',
      effect: v2
        ? TWO_MASTERS
        : "a backup waits by its master's interval, so the two directions take different times",
      fix: 'write the same advert_int in both files',
    },
  );
}

const AUTHENTICATION = { none: 'no authentication', pass: 'auth_type PASS', ah: 'auth_type AH' } as const;

export function authentication(f: Facing): void {
  if (f.a.hmac !== undefined || f.b.hmac !== undefined) {
    hmac(f);
    return;
  }
  const [a, b] = [f.a.authentication, f.b.authentication];
  if (a.type !== b.type) {
    tellBoth(
      f,
      'KA3005',
      linesOf(f, 'auth_type', 'authentication'),
      `${AUTHENTICATION[a.type]} on ${f.sides[0].name}, ${AUTHENTICATION[b.type]} on ${f.sides[1].name}`,
      { effect: TWO_MASTERS, fix: "write the same 'authentication' block in both files" },
    );
    return;
  }
  // The passwords themselves are in no message.
  if (a.type === 'none' || b.type === 'none' || equalBytes(a.data, b.data)) return;
  tellBoth(f, 'KA3006', linesOf(f, 'auth_pass'), 'auth_pass differs (its first 8 characters count)', {
    effect: TWO_MASTERS,
    fix: 'write the same auth_pass in both files',
  });
}

/** Version 3 over IPv4 only: the other adverts have one form. */
export function checksum(f: Facing): void {
  if (f.a.version !== 3 || f.a.family !== 4) return;
  if (f.a.v3ChecksumAsV2 !== f.b.v3ChecksumAsV2) {
    const strict = f.a.v3ChecksumAsV2 ? f.sides[1].name : f.sides[0].name;
    tellBoth(f, 'KA3014', linesOf(f, 'v3_checksum_as_v2'), 'v3_checksum_as_v2 on one node only', {
      effect: `${strict} drops the adverts of the other node for a wrong checksum`,
      fix: 'write v3_checksum_as_v2 in both files or in none',
    });
    return;
  }
  const [a, b] = [f.a.oldUnicastChecksum, f.b.oldUnicastChecksum];
  if (a === b || (a !== 'always' && b !== 'always') || f.a.unicastPeers.length === 0) return;
  const never = a === 'never' || b === 'never';
  tellBoth(f, 'KA3014', linesOf(f, 'old_unicast_checksum'), 'old_unicast_checksum on one node only', {
    severity: never ? 'error' : 'warning',
    effect: never
      ? TWO_MASTERS
      : 'the node that has it drops the adverts of the other one until that has heard one of its own',
    fix: 'write old_unicast_checksum in both files or in none',
  });
}

export function multicastGroup(f: Facing): void {
  const key = f.a.family === 4 ? 'multicastGroup4' : 'multicastGroup6';
  if (f.a[key] === f.b[key]) return;
  tellBoth(
    f,
    'KA3020',
    linesOf(f),
    `multicast group ${f.a[key]} on ${f.sides[0].name}, ${f.b[key]} on ${f.sides[1].name}`,
    {
      effect: 'the nodes do not hear each other, so both become master',
      fix: `write the same 'vrrp_mcast_group${f.a.family}' in both files`,
    },
  );
}

export function virtualMac(f: Facing): void {
  const words = ['use_vmac', 'use_ipvlan'];
  const has = f.sides.map((s, i) => s.places.has((i === 0 ? f.a : f.b).name, ...words));
  if (has[0] === has[1]) return;
  tellBoth(
    f,
    'KA3018',
    linesOf(f, ...words),
    `use_vmac or use_ipvlan on ${f.sides[has[0] ? 0 : 1].name} only`,
    {
      effect: 'the MAC address behind the virtual address changes at each takeover in one direction',
      fix: 'write it in both files or in none',
    },
  );
}
