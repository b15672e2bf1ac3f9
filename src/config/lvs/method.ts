/** 'lvs_method', 'lb_kind' and 'sorry_server_lvs_method': NAT, DR, or TUN with its kind of tunnel. */
import type { BuildContext } from '../context.ts';
import type { Word } from '../words.ts';
import { wholeNumber } from './endpoint.ts';
import type { ForwardingMethod } from './lvs-config.ts';

const simple = (kind: ForwardingMethod['kind'], tunnel: ForwardingMethod['tunnel']): ForwardingMethod =>
  Object.freeze({ kind, tunnel, tunnelPort: 0, checksum: 'none' } as const);
export const NAT: ForwardingMethod = simple('NAT', 'none');
const DR = simple('DR', 'none');
const TUN = simple('TUN', 'ipip');
const PLAIN: Readonly<Record<string, ForwardingMethod>> = { NAT, DR, TUN };

type Options = {
  tunnel: ForwardingMethod['tunnel'];
  port: number;
  checksum: ForwardingMethod['checksum'];
};

/**
 * The method that a line sets, undefined when it sets none. `owner`: 'virtual server', 'real server' or 'sorry server'.
 * Of a line with bad options the method itself counts.
 */
export function readMethod(
  words: readonly Word[],
  owner: string,
  c: BuildContext,
): ForwardingMethod | undefined {
  const name = words[0];
  if (name === undefined) return undefined;
  const plain = Object.hasOwn(PLAIN, name.text) ? PLAIN[name.text] : undefined;
  if (plain === undefined) {
    c.reporter.report('KA1108', name.at, `PARSER : unknown [${name.text}] routing method for ${owner}.`, {
      effect: 'keepalived ignores the line',
      fix: 'write NAT, DR or TUN',
    });
    return undefined;
  }
  if (words.length === 1) return plain;
  const options: Options = { tunnel: 'ipip', port: 0, checksum: 'none' };
  const wrong = plain === TUN ? readOptions(words, options) : 1;
  const problem =
    wrong === undefined
      ? combination(options)
      : `Invalid tunnel option ${words[wrong]?.text ?? ''} for ${owner}.`;
  if (problem === undefined)
    return Object.freeze({
      kind: 'TUN',
      tunnel: options.tunnel,
      tunnelPort: options.port,
      checksum: options.checksum,
    });
  c.reporter.report('KA1108', words[wrong ?? 0]?.at ?? name.at, problem, {
    effect: `${plain.kind} is used without options`,
    fix: 'write TUN type ipip|gue|gre [port PORT] [nocsum|csum|remcsum]; only gue takes a port, and needs one',
  });
  return plain;
}

/** Fills `o`; the index of the word that is wrong, undefined when none is. */
function readOptions(words: readonly Word[], o: Options): number | undefined {
  for (let i = 1; i < words.length; i++) {
    const word = words[i]?.text ?? '';
    const next = words[i + 1]?.text;
    if (word === 'type') {
      if (next !== 'ipip' && next !== 'gue' && next !== 'gre') return next === undefined ? i : i + 1;
      o.tunnel = next;
      i++;
    } else if (word === 'port') {
      const port = next === undefined ? undefined : wholeNumber(next, 65535);
      if (port === undefined || port === 0) return next === undefined ? i : i + 1;
      o.port = port;
      i++;
    } else if (word === 'nocsum') o.checksum = 'none';
    else if (word === 'csum' || word === 'remcsum') o.checksum = word;
    else return i;
  }
  return undefined;
}

function combination(o: Options): string | undefined {
  if ((o.tunnel === 'gue') !== o.port > 0) return 'gue tunnels require port, otherwise cannot have port.';
  if (o.tunnel === 'ipip' && o.checksum !== 'none') return 'ipip tunnels do not support checksum option.';
  if (o.tunnel === 'gre' && o.checksum === 'remcsum')
    return 'gre tunnels do not support remote checksum option.';
  return undefined;
}
