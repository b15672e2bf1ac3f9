/** What the route and rule lines of one configuration share: names, handed-out priorities, track groups above them. */
import type { LoadEnvironment } from '../environment.ts';
import { RoutingNames } from './names.ts';

/** KEEPALIVED: rules without a preference get 16384, 16383, … in each family, in file order. */
const FIRST_PRIORITY = 16384;

export class Routing {
  readonly names: RoutingNames;
  /** Names of `track_group` blocks so far. */
  readonly trackGroups: Set<string> = new Set();
  readonly #next = { 4: FIRST_PRIORITY, 6: FIRST_PRIORITY };

  constructor(environment: LoadEnvironment) {
    this.names = new RoutingNames(environment);
  }

  nextPriority(family: 4 | 6): number {
    return this.#next[family]--;
  }
}
