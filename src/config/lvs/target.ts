/** What a 'virtual_server' line names: an address and port, a firewall mark or a group. */
import type { BuildContext } from '../context.ts';
import type { Block } from '../settings.ts';
import type { Word } from '../words.ts';
import { addressOf, portOf, shown, wholeNumber } from './endpoint.ts';
import type { Family, VirtualServerConfig } from './lvs-config.ts';

export type Target = {
  readonly kind: VirtualServerConfig['kind'];
  readonly family: Family | undefined;
  readonly address: string;
  readonly port: number;
  readonly fwmark: number;
  readonly group: string;
};

const EMPTY: Target = { kind: 'group', family: undefined, address: '', port: 0, fwmark: 0, group: '' };

/** undefined when keepalived skips the block. */
export function targetOf(block: Block, c: BuildContext): Target | undefined {
  const [first, second] = block.statement?.args ?? [];
  if (first === undefined) return undefined;
  if (first.text === 'group' || first.text === 'fwmark') return named(first, second, c);
  const address = addressOf(first.text);
  const port = portOf(second);
  if (address !== undefined && port !== undefined)
    return { ...EMPTY, kind: 'address', family: address.family, address: address.text, port };
  const what = port === undefined ? `port '${second?.text}'` : `address '${first.text}'`;
  c.reporter.report('KA1102', first.at, `virtual server ${what} is invalid`, {
    effect: 'keepalived skips the block',
  });
  return undefined;
}

function named(first: Word, second: Word | undefined, c: BuildContext): Target | undefined {
  if (second === undefined) {
    c.reporter.report('KA1101', first.at, `virtual_server ${first.text} without a value`, {
      effect: 'keepalived crashes on this line',
      fatal: 2,
    });
    return undefined;
  }
  if (first.text === 'group') return { ...EMPTY, group: second.text };
  const fwmark = wholeNumber(second.text, 0xffffffff);
  if (fwmark !== undefined && fwmark > 0) return { ...EMPTY, kind: 'fwmark', fwmark };
  c.reporter.report('KA1102', second.at, `fwmark '${second.text}' must be in [1, 4294967295]`, {
    effect:
      fwmark === 0
        ? 'keepalived serves an address out of uninitialised memory'
        : 'keepalived skips the block',
  });
  return undefined;
}

/** The service in messages, as keepalived writes it. */
export function serviceName(t: Target, protocol: string | undefined): string {
  if (t.kind === 'fwmark') return `FWM ${t.fwmark}`;
  return t.kind === 'group' ? `[${t.group}]:0` : shown(t.address, protocol ?? 'none', t.port);
}
