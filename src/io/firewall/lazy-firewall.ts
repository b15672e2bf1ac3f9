/** FirewallPort that loads nftables when a configuration first needs it: most do not. */
import type { BlockedAddress, FilteredVmac, FirewallPort } from '../../ports/firewall.ts';
import type { Log } from '../../ports/system.ts';
import type { SocketNative } from '../netlink/request-socket.ts';
import type { RulesetSettings } from './ruleset.ts';

export class LazyFirewall implements FirewallPort {
  readonly #native: SocketNative;
  readonly #log: Log;
  #real: FirewallPort | undefined;

  constructor(native: SocketNative, log: Log) {
    this.#native = native;
    this.#log = log;
  }

  /** Before the first configuration with VMACs or blocked addresses comes into force; the first settings stay. */
  async load(settings: RulesetSettings): Promise<void> {
    if (this.#real !== undefined) return;
    const { Nftables } = await import('./nftables.ts');
    this.#real ??= new Nftables(this.#native, this.#log, settings);
  }

  setVmacs(list: readonly FilteredVmac[]): void {
    this.#real?.setVmacs(list);
  }

  setBlocked(list: readonly BlockedAddress[]): void {
    this.#real?.setBlocked(list);
  }

  table(): string | undefined {
    return this.#real?.table();
  }

  remove(): void {
    this.#real?.remove();
  }
}
