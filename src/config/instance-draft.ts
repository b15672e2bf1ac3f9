/** One 'vrrp_instance' block and what its rules share: the block, the messages' prefix, the context. */
import { parseIp } from '../base/ip.ts';
import type { DiagnosticCode } from './codes.ts';
import type { BuildContext } from './context.ts';
import type { DiagnosticDetails } from './diagnostic.ts';
import type { Block, Setting } from './settings.ts';
import type { Span } from './source.ts';

export type Draft = {
  readonly block: Block;
  readonly name: string;
  readonly use: string; // '(VI_1)'
  readonly at: Span; // the name
  readonly c: BuildContext;
  readonly strict: boolean;
  readonly family: 4 | 6;
};

/** Reports about a setting of the instance, or about its name when nothing was written. */
export function tell(
  d: Draft,
  code: DiagnosticCode,
  keyword: string | Span,
  text: string,
  details?: DiagnosticDetails,
): void {
  const at = typeof keyword === 'string' ? (d.block.get(keyword)?.at ?? d.at) : keyword;
  d.c.reporter.report(code, at, `${d.use} ${text}`, details);
}

/** The last of several keywords that set the same thing. */
export function lastOf(block: Block, ...keywords: readonly string[]): Setting | undefined {
  return block.settings.findLast((s) => keywords.includes(s.statement.keyword.text));
}

/** The family is fixed by the first address in the block, or by 'native_ipv6'. */
export function familyOf(block: Block): 4 | 6 {
  for (const s of block.statement?.body ?? []) {
    const keyword = s.keyword.text;
    if (keyword === 'native_ipv6') return 6;
    const words =
      keyword === 'virtual_ipaddress' || keyword === 'unicast_peer'
        ? s.entries.map((e) => e.words[0]?.text ?? '')
        : keyword === 'unicast_src_ip' || keyword === 'mcast_src_ip'
          ? [s.args[0]?.text ?? '']
          : keyword === 'use_ipvlan'
            ? s.args.map((a) => a.text)
            : [];
    for (const word of words) {
      const bytes = parseIp(word.replace(/[/-].*$/s, ''));
      if (bytes !== undefined) return bytes.length === 4 ? 4 : 6;
    }
  }
  return 4;
}
