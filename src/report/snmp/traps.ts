/**
 * Notices as SNMP traps, with keepalived's variables: those of KEEPALIVED-MIB name columns without an index. The same error of an
 * instance is told once a second: whoever sends bad adverts may not choose how many traps there are.
 */
import type { InstanceConfig } from '../../config/config.ts';
import type { InstanceNotice, Notice, RejectedNotice } from '../../ports/notice.ts';
import type { Oid, VarBind } from '../../ports/snmp.ts';
import { masterReason, protocolError } from './history.ts';
import { int, ipAddress, octets, text } from './oid.ts';
import {
  addressBytes,
  KEEPALIVED_MIB,
  MASTER_REASONS,
  PROTOCOL_ERRORS,
  VRRP_MIB,
  VRRPV3_MIB,
} from './picture.ts';

export type Trap = readonly VarBind[];

/** Which MIBs are served. */
export type Mibs = { readonly keepalived: boolean; readonly v2: boolean; readonly v3: boolean };

export type TrapFacts = {
  readonly routerId: string;
  readonly interfaceIndex: (name: string) => number;
  readonly nowUs: number;
};

const SNMP_TRAP_OID: Oid = [1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0];
const QUIET_US = 1_000_000;
const MOST_KEYS = 10_000;

/** VrrpState of KEEPALIVED-MIB. */
const STATES = { BACKUP: 1, MASTER: 2, FAULT: 3, STOP: 5, DELETED: 6 } as const;
/** vrrpTrapAuthErrorType. */
const AUTHENTICATION_ERRORS: Readonly<Record<string, number>> = {
  'auth-type-unknown': 1,
  'auth-type': 2,
  'auth-data': 3,
  'ah-icv': 3,
  'ah-spi': 3,
  'ah-replay': 3,
};

const trap = (id: Oid, ...binds: readonly VarBind[]): Trap => [
  { oid: SNMP_TRAP_OID, value: { type: 'oid', oid: id } },
  ...binds,
];
const bind = (base: Oid, rest: Oid, value: VarBind['value']): VarBind => ({ oid: [...base, ...rest], value });

export class Traps {
  readonly #last = new Map<string, number>(); // when an error was told

  of(notice: Notice, mibs: Mibs, facts: TrapFacts): readonly Trap[] {
    switch (notice.type) {
      case 'instance':
        return ofInstance(notice, mibs, facts);
      case 'group':
        if (!mibs.keepalived) return [];
        return [
          trap(
            [...KEEPALIVED_MIB, 2, 10, 0, 1],
            bind(KEEPALIVED_MIB, [2, 1, 1, 2], text(notice.config.name)),
            bind(KEEPALIVED_MIB, [2, 1, 1, 3], int(STATES[notice.state])),
            routerId(facts),
          ),
        ];
      case 'rejected':
        return this.#ofRejected(notice, mibs, facts);
      default:
        return [];
    }
  }

  #ofRejected({ config, reason, peer }: RejectedNotice, mibs: Mibs, facts: TrapFacts): readonly Trap[] {
    const authentication = AUTHENTICATION_ERRORS[reason];
    const protocol = protocolError(reason);
    const isAuthentication = mibs.v2 && config.version === 2 && authentication !== undefined;
    const isProtocol = mibs.v3 && protocol !== 'none';
    if ((!isAuthentication && !isProtocol) || !this.#isNew(`${config.name} ${reason}`, facts.nowUs))
      return [];
    if (isProtocol)
      return [
        trap(
          [...VRRPV3_MIB, 0, 2],
          bind(VRRPV3_MIB, [1, 2, 5, 1, 6, ...index3(config, facts)], int(PROTOCOL_ERRORS[protocol])),
        ),
      ];
    const router = [facts.interfaceIndex(config.interface), config.vrid];
    return [
      trap(
        [...VRRP_MIB, 0, 2],
        bind(VRRP_MIB, [1, 5, ...router], ipAddress(addressBytes(peer, 4))),
        bind(VRRP_MIB, [1, 6, ...router], int(authentication as number)),
      ),
    ];
  }

  #isNew(key: string, nowUs: number): boolean {
    const lastUs = this.#last.get(key);
    if (lastUs !== undefined && nowUs - lastUs < QUIET_US) return false;
    if (this.#last.size >= MOST_KEYS) this.#last.clear();
    this.#last.set(key, nowUs);
    return true;
  }
}

const index3 = (c: InstanceConfig, facts: TrapFacts): Oid => [
  facts.interfaceIndex(c.interface),
  c.vrid,
  c.family === 4 ? 1 : 2,
];
const routerId = (facts: TrapFacts): VarBind => bind(KEEPALIVED_MIB, [1, 2, 0], text(facts.routerId));

function ofInstance(n: InstanceNotice, mibs: Mibs, facts: TrapFacts): readonly Trap[] {
  const { config, state } = n;
  const out: Trap[] = [];
  if (mibs.keepalived)
    out.push(
      trap(
        [...KEEPALIVED_MIB, 2, 10, 0, 2],
        bind(KEEPALIVED_MIB, [2, 3, 1, 2], text(config.name)),
        bind(KEEPALIVED_MIB, [2, 3, 1, 4], int(STATES[state])),
        bind(KEEPALIVED_MIB, [2, 3, 1, 5], int(config.stateMaster ? STATES.MASTER : STATES.BACKUP)),
        routerId(facts),
      ),
    );
  if (state !== 'MASTER') return out;
  const own = addressBytes(n.source, config.family);
  if (mibs.v2 && config.version === 2 && config.family === 4)
    out.push(
      trap(
        [...VRRP_MIB, 0, 1],
        bind(VRRP_MIB, [1, 3, 1, 7, facts.interfaceIndex(config.interface), config.vrid], ipAddress(own)),
      ),
    );
  if (mibs.v3) {
    const index = index3(config, facts);
    out.push(
      trap(
        [...VRRPV3_MIB, 0, 1],
        bind(VRRPV3_MIB, [1, 1, 1, 1, 3, ...index], octets(own)),
        bind(VRRPV3_MIB, [1, 2, 5, 1, 2, ...index], int(MASTER_REASONS[masterReason(n.reason)])),
      ),
    );
  }
  return out;
}
