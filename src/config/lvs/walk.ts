/**
 * One 'virtual_server' block in the order of its lines, for what depends on the order: real servers take the method and
 * the family that stand above them, flags need their scheduler, sorry_server_* need a sorry_server.
 */
import { parseIpv4 } from '../../base/ip.ts';
import type { BuildContext } from '../context.ts';
import type { Block, Setting } from '../settings.ts';
import type { Span } from '../source.ts';
import type { Statement } from '../tree.ts';
import { type Address, addressOf, portOf, wholeNumber } from './endpoint.ts';
import type { Family, ForwardingMethod } from './lvs-config.ts';
import { readMethod } from './method.ts';
import type { Target } from './target.ts';

export type RealLine = {
  readonly block: Block;
  readonly at: Span;
  readonly address: Address;
  readonly port: number;
  readonly method: ForwardingMethod | undefined;
};

type Sorry = {
  readonly at: Span;
  readonly address: Address;
  readonly port: number;
  method: ForwardingMethod | undefined;
  inhibit: boolean;
};

export class Walk {
  family: Family | undefined;
  scheduler: string | undefined;
  method: ForwardingMethod | undefined;
  flag1 = false;
  flag2 = false;
  flag3 = false;
  granularity: number | undefined;
  sorry: Sorry | undefined;
  readonly servers: RealLine[] = [];
  readonly #c: BuildContext;

  constructor(block: Block, body: readonly Statement[], target: Target, c: BuildContext) {
    this.#c = c;
    this.family = target.family;
    let nextSetting = 0;
    let nextBlock = 0;
    for (const s of body)
      if (s.row.type === 'block') {
        const server = block.blocks[nextBlock++];
        if (server !== undefined) this.#realServer(server);
      } else {
        const setting = block.settings[nextSetting];
        // Lines that were refused as such are not among the settings.
        if (setting === undefined || setting.statement !== s) continue;
        nextSetting++;
        this.#take(setting);
      }
  }

  #take(s: Setting): void {
    const { keyword } = s.statement.row;
    switch (keyword) {
      case 'lb_algo':
      case 'lvs_sched':
        this.scheduler = String(s.value);
        break;
      case 'lb_kind':
      case 'lvs_method':
        this.method = readMethod(s.words, 'virtual server', this.#c) ?? this.method;
        break;
      case 'ip_family':
        this.#ipFamily(s);
        break;
      case 'persistence_granularity':
        this.#granularity(s);
        break;
      case 'flag-1':
        this.flag1 = true;
        break;
      case 'flag-2':
        this.flag2 = true;
        break;
      case 'flag-3':
        this.flag3 = true;
        break;
      case 'hashed':
      case 'sh-port':
      case 'sh-fallback':
      case 'mh-port':
      case 'mh-fallback':
        this.#hashFlag(keyword, s);
        break;
      case 'sorry_server':
        this.#sorryServer(s);
        break;
      case 'sorry_server_inhibit':
      case 'sorry_server_lvs_method':
        this.#sorryOption(keyword, s);
        break;
      default:
    }
  }

  #ipFamily(s: Setting): void {
    const family = s.value === 'inet6' ? 6 : 4;
    if (this.family === undefined || this.family === family) {
      this.family = family;
      return;
    }
    this.#c.reporter.report(
      'KA1120',
      s.at,
      `Virtual server specified family ${String(s.value)} conflicts with server family`,
      { effect: 'keepalived ignores the line', fix: 'remove the line, or write it above the real servers' },
    );
  }

  #granularity(s: Setting): void {
    const text = s.words[0]?.text ?? '';
    this.family ??= text.includes('.') ? 4 : 6;
    const six = this.family === 6;
    if (six) {
      const length = wholeNumber(text, 128);
      if (length !== undefined && length > 0) this.granularity = length;
      else this.#badGranularity(s, text, 6);
      return;
    }
    const mask = parseIpv4(text);
    if (mask === undefined) this.#badGranularity(s, text, 4);
    else this.granularity = mask.reduce((sum, octet) => sum * 256 + octet, 0);
  }

  /** KEEPALIVED: 2.2.7 takes an IPv4 number like 24 for the mask 0.0.0.24 and says nothing. */
  #badGranularity(s: Setting, text: string, family: Family): void {
    const short = family === 4 && /^\d{1,10}(?:\.\d{1,5}){0,2}$/.test(text);
    this.#c.reporter.report(
      'KA1121',
      s.at,
      `Invalid IPv${family} persistence_granularity specified - ${text}`,
      {
        effect: short
          ? 'keepalived 2.4 ignores the line; 2.2 takes the number for a mask like 0.0.0.24'
          : 'keepalived ignores the line',
        fix: family === 4 ? 'write a mask like 255.255.255.0' : 'write a prefix length in 1..128',
        ...(short ? { keepalivedClass: 'none' } : {}),
      },
    );
  }

  #hashFlag(keyword: string, s: Setting): void {
    const at = s.statement.keyword.at;
    const wanted = keyword === 'hashed' ? 'sh' : keyword.slice(0, 2);
    if (this.scheduler !== 'sh' && this.scheduler !== 'mh')
      this.#c.reporter.report('KA1117', at, `${keyword} only applies to ${wanted} scheduler - ignoring`, {
        effect: 'keepalived ignores the line',
        fix: `write 'lvs_sched ${wanted}' above it, or remove it`,
      });
    else if (keyword === 'hashed')
      this.#c.reporter.report('KA1118', at, 'hashed has no effect', { fix: "remove it, or write 'sh-port'" });
    else if (this.scheduler !== wanted)
      this.#c.reporter.report('KA1118', at, `${keyword} has no effect on the scheduler ${this.scheduler}`, {
        fix: `write '${this.scheduler}${keyword.slice(2)}'`,
      });
    else if (keyword.endsWith('port')) this.flag2 = true;
    else this.flag1 = true;
  }

  #sorryServer(s: Setting): void {
    const [address, portWord] = s.words;
    if (address === undefined) return;
    const found = addressOf(address.text);
    const port = portOf(portWord);
    if (found === undefined || port === undefined) {
      this.#c.reporter.report(
        'KA1123',
        (found === undefined ? address : portWord)?.at ?? s.at,
        `Invalid sorry server IP address ${address.text}${portWord === undefined ? '' : ` port ${portWord.text}`} - skipping`,
        { effect: 'keepalived ignores the line' },
      );
      return;
    }
    this.sorry = { at: address.at, address: found, port, method: this.method, inhibit: false };
  }

  #sorryOption(keyword: string, s: Setting): void {
    if (this.sorry === undefined) {
      this.#c.reporter.report(
        'KA1124',
        s.statement.keyword.at,
        `${keyword} used before or without sorry_server`,
        {
          effect: 'keepalived ignores the line',
          fix: "write it below 'sorry_server'",
        },
      );
      return;
    }
    if (keyword === 'sorry_server_inhibit') this.sorry.inhibit = true;
    else this.sorry.method = readMethod(s.words, 'sorry server', this.#c) ?? this.sorry.method;
  }

  #realServer(block: Block): void {
    const [word, portWord] = block.statement?.args ?? [];
    const at = word?.at ?? block.statement?.keyword.at;
    if (at === undefined) return;
    if (word === undefined) {
      this.#c.reporter.report('KA1101', at, 'real_server without an address', {
        effect: 'keepalived stops with status 2',
        fatal: 2,
      });
      return;
    }
    const address = addressOf(word.text);
    const port = portOf(portWord);
    if (address === undefined || port === undefined) {
      const what = address === undefined ? `address '${word.text}'` : `port '${portWord?.text}'`;
      this.#c.reporter.report('KA1103', at, `real server ${what} is invalid`, {
        effect: 'keepalived skips the block',
      });
      return;
    }
    let method = this.method;
    for (const s of block.settings)
      if (s.statement.row.keyword === 'lvs_method')
        method = readMethod(s.words, 'real server', this.#c) ?? method;
    if (method?.kind !== 'TUN') {
      this.family ??= address.family;
      if (this.family !== address.family) {
        this.#c.reporter.report(
          'KA1110',
          at,
          `Address family of virtual server and real server ${address.text} don't match - skipping real server.`,
          { effect: 'keepalived skips the block', fix: "use one family, or 'lvs_method TUN'" },
        );
        return;
      }
    }
    this.servers.push({ block, at, address, port, method });
  }
}
