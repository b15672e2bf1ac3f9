/** The value blocks of the top level about interfaces: 'linkbeat_interfaces' and 'interface_up_down_delays'. */

import type { InstanceConfig } from './config.ts';
import { type BuildContext, tooLong } from './context.ts';
import type { InterfaceDelay, LinkbeatConfig } from './global-config.ts';
import { wordSeconds } from './numbers.ts';
import type { Span } from './source.ts';
import type { Statement } from './tree.ts';
import type { Word } from './words.ts';

const MOST_US = 255_000_000;

/** A name the machine has, or any with 'dynamic_interfaces'; else the line is dropped. */
function known(word: Word, use: string, code: 'KA0575' | 'KA0576', c: BuildContext): boolean {
  const { interfaces } = c.environment;
  const absent = interfaces !== undefined && !interfaces.has(word.text) && !c.globals.dynamicInterfaces;
  if (!absent && !tooLong(word.text)) return true;
  c.reporter.report(code, word.at, `unknown interface ${word.text} specified for ${use}`, {
    effect: 'keepalived ignores the line',
    fix: "correct the name, or add 'dynamic_interfaces' to global_defs",
    // KEEPALIVED: the two blocks file the same mistake under different classes.
    keepalivedClass: code === 'KA0576' ? 'bad-interface' : 'general-error',
  });
  return false;
}

/** `all`: 'linkbeat_use_polling' was written. */
export function readLinkbeat(lists: readonly Statement[], all: boolean, c: BuildContext): LinkbeatConfig {
  const methods = new Map<string, LinkbeatConfig['interfaces'][number]['method']>();
  for (const { words } of lists.flatMap((s) => s.entries)) {
    const [name, method, more] = words;
    if (name === undefined || !known(name, 'linkbeat interface', 'KA0575', c)) continue;
    const text = method?.text;
    const valid = text === 'MII' || text === 'ETHTOOL' || text === 'IOCTL';
    const surplus = method !== undefined && (!valid || more !== undefined) ? method : undefined;
    if (surplus === undefined) methods.set(name.text, valid ? text : 'auto');
    else
      c.reporter.report('KA0575', surplus.at, `extra characters ${surplus.text} in linkbeat interface`, {
        effect: 'keepalived ignores the line',
        fix: 'write one interface on a line, with MII, ETHTOOL, IOCTL or nothing behind it',
      });
  }
  return { all, interfaces: [...methods].map(([name, method]) => ({ interface: name, method })) };
}

export type PlacedDelay = InterfaceDelay & { readonly at: Span };

/** Later lines for the same interface replace earlier ones; a line without a time sets nothing. */
export function readDelays(lists: readonly Statement[], c: BuildContext): readonly PlacedDelay[] {
  const found = new Map<string, PlacedDelay>();
  for (const { words } of lists.flatMap((s) => s.entries)) {
    const [name, down, up] = words;
    if (name === undefined || !known(name, 'up/down delay', 'KA0576', c)) continue;
    if (down === undefined) {
      c.reporter.report('KA0578', name.at, `no delay for ${name.text}`, {
        effect: 'keepalived ignores the line',
        fix: `write '${name.text} DOWN [UP]' in seconds`,
      });
      continue;
    }
    const downUs = delay(down, c);
    if (downUs === undefined) continue;
    const upUs = up === undefined ? 0 : (delay(up, c) ?? 0);
    found.set(name.text, { interface: name.text, downUs, upUs, at: name.at });
  }
  return [...found.values()];
}

function delay(word: Word, c: BuildContext): number | undefined {
  const value = wordSeconds(word, c.reporter);
  if (value !== undefined && value <= MOST_US) return value;
  c.reporter.report('KA0577', word.at, `delay '${word.text}' is not a number of seconds in 0..255`, {
    effect: 'keepalived ignores the line; a bad up delay alone becomes 0',
    fix: 'write seconds, such as 0.5',
  });
  return undefined;
}

/**
 * KEEPALIVED: a delay on an instance's own interface that reaches (down_timer_adverts - 1) advert intervals is cut to
 * that less 1/256 of an interval, so that a router notices its dead link before its peers give up on it.
 */
export function limitDelays(
  delays: readonly PlacedDelay[],
  instances: readonly InstanceConfig[],
  c: BuildContext,
): readonly InterfaceDelay[] {
  return delays.map(({ at, ...written }) => {
    let result: InterfaceDelay = written;
    for (const i of instances) {
      if (i.interface !== written.interface) continue;
      const end = (i.downTimerAdverts - 1) * i.adverIntUs;
      const most = end - Math.floor(i.adverIntUs / 256);
      const cut = (us: number) => (us > 0 && us >= end ? Math.max(0, most) : us);
      result = { ...result, downUs: cut(result.downUs), upUs: cut(result.upUs) };
    }
    if (result.downUs === written.downUs && result.upUs === written.upUs) return result;
    const seconds = (us: number) => us / 1_000_000;
    c.reporter.report(
      'KA0579',
      at,
      `delays of ${written.interface} are too long for the instances on it: ${seconds(written.downUs)} s down, ${seconds(written.upUs)} s up`,
      {
        effect: `they are ${seconds(result.downUs)} s and ${seconds(result.upUs)} s`,
        fix: 'stay below (down_timer_adverts - 1) x advert_int of its instances',
      },
    );
    return result;
  });
}
