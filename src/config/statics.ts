/** 'static_ipaddress', 'static_routes', 'static_rules', and the 'track_group' blocks that they name. */
import { readAddress } from './addresses.ts';
import type { Config, InstanceConfig, VirtualAddress } from './config.ts';
import type { BuildContext } from './context.ts';
import { readRoute } from './routes/route.ts';
import type { RouteConfig, RuleConfig } from './routes/route-config.ts';
import { readRule } from './routes/rule.ts';
import type { Block } from './settings.ts';
import type { Statement } from './tree.ts';
import type { Word } from './words.ts';

type Result = Pick<Config, 'trackGroups' | 'staticAddresses' | 'staticRoutes' | 'staticRules'>;

/** Reads the blocks in the order of the file: an entry can name the groups above it. */
export class Statics {
  readonly #addresses: VirtualAddress[] = [];
  readonly #routes: RouteConfig[] = [];
  readonly #rules: RuleConfig[] = [];
  readonly #groups: { readonly name: string; readonly members: readonly Word[] }[] = [];

  /** One of the three blocks; other statements are passed over. */
  read(s: Statement, c: BuildContext): void {
    const use = s.keyword.text;
    const owner = { use, isStatic: true };
    for (const entry of s.entries)
      if (use === 'static_routes') push(this.#routes, readRoute(entry, owner, c, c.routing));
      else if (use === 'static_rules') push(this.#rules, readRule(entry, owner, c, c.routing));
      else if (use === 'static_ipaddress') {
        const place = { ...owner, interface: c.globals.defaultInterface, family: undefined };
        push(this.#addresses, readAddress(entry, place, c));
      }
  }

  group(block: Block, c: BuildContext): void {
    const name = block.statement?.args[0];
    if (name === undefined) return;
    c.routing.trackGroups.add(name.text);
    const list = block.list('group')[0];
    const members = list?.entries.flatMap((e) => e.words) ?? [];
    if (list === undefined)
      c.reporter.report('KA1324', name.at, `track_group ${name.text} has no group { }`, {
        effect: 'keepalived removes it',
        fix: "add 'group { INSTANCE }'",
      });
    else if (members.length === 0)
      c.reporter.report(
        'KA1323',
        list.keyword.at,
        `Warning - track group ${name.text} has empty group block`,
        {
          effect: 'keepalived removes it',
          fix: 'name its instances in group { }',
        },
      );
    else this.#groups.push({ name: name.text, members });
  }

  result(instances: readonly InstanceConfig[], c: BuildContext): Result {
    const known = new Set(instances.map((i) => i.name));
    const trackGroups = this.#groups.map((g) => {
      for (const word of g.members.filter((m) => !known.has(m.text)))
        c.reporter.report(
          'KA1325',
          word.at,
          `Virtual router ${word.text} specified in track group ${g.name} doesn't exist`,
          {
            effect: 'keepalived ignores the name',
            fix: 'correct the name; it is that of a vrrp_instance block',
          },
        );
      return {
        name: g.name,
        instances: [...new Set(g.members.map((m) => m.text))].filter((m) => known.has(m)),
      };
    });
    return {
      trackGroups,
      staticAddresses: this.#addresses,
      staticRoutes: this.#routes,
      staticRules: this.#rules,
    };
  }
}

function push<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}
