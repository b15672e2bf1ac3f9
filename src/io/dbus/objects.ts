/** The two kinds of objects on the bus: the daemon, and one for each instance. */
import { type BusInterface, type Library, reveal } from './library.ts';
import { STATES, type StateName } from './names.ts';

/** What a client may ask of the daemon. */
export type DaemonActions = {
  readonly printData: () => void;
  readonly printStats: () => void;
  readonly clearStats: () => void; // after they were printed
  readonly reload: () => void;
  /** Gratuitous ARP and unsolicited NA for the addresses of a master; of another instance nothing. */
  readonly announce: (instance: string) => void;
};

export type VrrpObject = BusInterface & {
  VrrpStarted(): void;
  VrrpReloaded(): void;
  VrrpStopped(): void;
};
export type InstanceObject = BusInterface & {
  VrrpStatusChange(state: number): number;
  become(state: StateName): void;
};

export type ObjectMakers = {
  readonly vrrp: () => VrrpObject;
  readonly instance: (name: string, state: StateName) => InstanceObject;
};

/** The classes, made when the library is there; `serviceName` is the prefix of the interfaces' names. */
export function objectMakers(
  { interface: { Interface } }: Library,
  serviceName: string,
  actions: DaemonActions,
): ObjectMakers {
  class Vrrp extends Interface {
    PrintData(): void {
      actions.printData();
    }
    PrintStats(): void {
      actions.printStats();
    }
    PrintStatsClear(): void {
      actions.printStats();
      actions.clearStats();
    }
    ReloadConfig(): void {
      actions.reload();
    }
    VrrpStarted(): void {}
    VrrpReloaded(): void {}
    VrrpStopped(): void {}
  }
  const nothing = { inSignature: '', outSignature: '' };
  Vrrp.configureMembers({
    methods: { PrintData: nothing, PrintStats: nothing, PrintStatsClear: nothing, ReloadConfig: nothing },
    signals: {
      VrrpStarted: { signature: '' },
      VrrpReloaded: { signature: '' },
      VrrpStopped: { signature: '' },
    },
  });

  class Instance extends Interface {
    readonly #name: string;
    #state: StateName;

    constructor(name: string, state: StateName) {
      super(`${serviceName}.Instance`);
      this.#name = name;
      this.#state = state;
    }
    get Name(): [string] {
      return [this.#name];
    }
    get State(): readonly [number, string] {
      return STATES[this.#state];
    }
    SendGarp(): void {
      actions.announce(this.#name);
    }
    VrrpStatusChange(state: number): number {
      return state;
    }
    /** Tells those who listen; the first word of the state is what keepalived's signal carries. */
    become(state: StateName): void {
      if (state === this.#state) return;
      this.#state = state;
      this.VrrpStatusChange(STATES[state][0]);
      Interface.emitPropertiesChanged(this, { State: this.State });
    }
  }
  Instance.configureMembers({
    properties: {
      Name: { signature: '(s)', access: 'read' },
      State: { signature: '(us)', access: 'read' },
    },
    methods: { SendGarp: nothing },
    signals: { VrrpStatusChange: { signature: 'u' } },
  });
  return {
    vrrp: () => reveal(new Vrrp(`${serviceName}.Vrrp`)),
    instance: (name, state) => reveal(new Instance(name, state)),
  };
}
