/** 'connect_ip', 'connect_port', 'bindto', 'bind_port', 'bind_if', 'fwmark', 'connect_timeout' of a checker. */
import type { BuildContext } from '../context.ts';
import { tooLong } from '../context.ts';
import type { Block, Setting } from '../settings.ts';
import { type Address, addressOf, isLinkLocal } from './endpoint.ts';
import type { CheckConnection } from './lvs-config.ts';

/** The server that a checker checks unless it says otherwise. */
export type CheckTarget = {
  readonly address: Address;
  readonly port: number;
  readonly timeoutUs: number;
  /** The connection of checkers that set nothing themselves. */
  shared: CheckConnection | undefined;
};

function plain(t: CheckTarget): CheckConnection {
  t.shared ??= {
    family: t.address.family,
    address: t.address.text,
    port: t.port,
    timeoutUs: t.timeoutUs,
    bindAddress: undefined,
    bindPort: 0,
    bindInterface: undefined,
    fwmark: 0,
  };
  return t.shared;
}

/** undefined when the checker is removed: a link-local target needs 'bind_if'. */
export function connectionOf(block: Block, t: CheckTarget, c: BuildContext): CheckConnection | undefined {
  const d = new Draft(block, t);
  for (const setting of block.settings) d.take(setting, c);
  if (isLinkLocal(d.address) && d.interface === undefined) {
    const at = d.addressAt ?? block.statement?.keyword.at;
    if (at !== undefined)
      c.reporter.report('KA1136', at, `Checker link local address ${d.address.text} requires a bind_if`, {
        effect: 'keepalived removes the checker',
        fix: "add 'bind_if INTERFACE'",
      });
    return undefined;
  }
  if (!d.own) return plain(t);
  return {
    family: d.address.family,
    address: d.address.text,
    port: d.port,
    timeoutUs: d.timeoutUs,
    bindAddress: d.bind?.text,
    bindPort: d.bindPort,
    bindInterface: d.interface,
    fwmark: d.fwmark,
  };
}

class Draft {
  own = false;
  address: Address;
  addressAt: Setting['at'] | undefined;
  port: number;
  timeoutUs: number;
  bind: Address | undefined;
  bindPort = 0;
  interface: string | undefined;
  fwmark = 0;
  /** KEEPALIVED: SMTP_CHECK compares 'bindto' with a 'connect_ip' written above it, not with the server's address. */
  readonly #silent: boolean;

  constructor(block: Block, t: CheckTarget) {
    this.address = t.address;
    this.port = t.port;
    this.timeoutUs = t.timeoutUs;
    this.#silent = block.keyword === 'SMTP_CHECK';
  }

  take(s: Setting, c: BuildContext): void {
    const { keyword } = s.statement.row;
    const { value } = s;
    if (keyword === 'connect_ip' || keyword === 'bindto') {
      if (typeof value === 'string') this.#takeAddress(keyword, value, s, c);
    } else if (keyword === 'bind_if') this.#takeInterface(s, c);
    else if (typeof value !== 'number') return;
    else if (keyword === 'connect_port') this.port = value;
    else if (keyword === 'bind_port') this.bindPort = value;
    else if (keyword === 'fwmark') this.fwmark = value;
    else if (keyword === 'connect_timeout') this.timeoutUs = value;
    else return;
    this.own = true;
  }

  #takeAddress(keyword: 'connect_ip' | 'bindto', text: string, s: Setting, c: BuildContext): void {
    const address = addressOf(text);
    if (address === undefined) return;
    const other = keyword === 'bindto' ? this.address : this.bind;
    if (other !== undefined && other.family !== address.family) {
      const silent = this.#silent && keyword === 'bindto' && this.addressAt === undefined;
      c.reporter.report(
        'KA1135',
        s.at,
        `${keyword} address ${address.text} does not match address family of ${keyword === 'bindto' ? 'connect_ip' : 'bindto'} - skipping`,
        {
          effect: 'keepalived ignores the line',
          fix: "use addresses of one family; write 'connect_ip' above 'bindto'",
          ...(silent ? { keepalivedClass: 'none' } : {}),
        },
      );
    } else if (keyword === 'bindto') this.bind = address;
    else {
      this.address = address;
      this.addressAt = s.at;
    }
  }

  #takeInterface(s: Setting, c: BuildContext): void {
    const name = s.value;
    if (typeof name !== 'string') return;
    if (!tooLong(name)) {
      this.interface = name;
      return;
    }
    c.reporter.report('KA1143', s.at, `Interface name ${name} is too long - ignoring`, {
      effect: 'keepalived ignores the line',
      fix: 'the kernel allows 15 bytes',
    });
  }
}
