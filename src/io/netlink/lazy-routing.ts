/** RoutingPort that loads its codecs when a configuration first has routes or rules: most have none. */
import { assert } from '../../base/assert.ts';
import type { AddressResult } from '../../ports/netlink.ts';
import type { PreparedRequest, RoutingItem, RoutingPort, RoutingSink } from '../../ports/routing.ts';
import type { RoutingNative } from './rt-routing.ts';

export class LazyRouting implements RoutingPort {
  readonly #native: RoutingNative;
  readonly #sink: RoutingSink;
  #real: RoutingPort | undefined;
  #closed = false;

  constructor(native: RoutingNative, sink: RoutingSink) {
    this.#native = native;
    this.#sink = sink;
  }

  /** Before the first configuration with routes or rules comes into force. Throws what netlinkOpen throws. */
  async load(): Promise<void> {
    if (this.#real !== undefined || this.#closed) return;
    const { RtRouting } = await import('./rt-routing.ts');
    this.#real ??= new RtRouting(this.#native, this.#sink);
    if (this.#closed) this.#real.close();
  }

  add(items: readonly RoutingItem[]): readonly AddressResult[] {
    return items.length === 0 ? [] : this.#loaded().add(items);
  }

  delete(items: readonly RoutingItem[]): readonly AddressResult[] {
    return items.length === 0 ? [] : this.#loaded().delete(items);
  }

  prepareDelete(item: RoutingItem): PreparedRequest {
    return this.#loaded().prepareDelete(item);
  }

  present(items: readonly RoutingItem[]): readonly boolean[] | undefined {
    return items.length === 0 ? [] : this.#loaded().present(items);
  }

  watch(on: boolean): void {
    if (on) this.#loaded().watch(true);
    else this.#real?.watch(false);
  }

  close(): void {
    this.#closed = true;
    this.#real?.close();
  }

  #loaded(): RoutingPort {
    assert(this.#real !== undefined, 'load() comes before the first route');
    return this.#real;
  }
}
