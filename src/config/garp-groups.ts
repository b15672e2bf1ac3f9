/** 'garp_group' blocks: which interfaces share the gap between gratuitous ARPs and between unsolicited NAs. */
import { type BuildContext, interfaceExists } from './context.ts';
import type { GarpGroupConfig } from './global-config.ts';
import type { Block } from './settings.ts';
import type { Span } from './source.ts';
import type { Statement } from './tree.ts';
import type { Word } from './words.ts';

/** Interface -> where it was given to a group. */
export type GroupedInterfaces = Map<string, Span>;

/** undefined when keepalived removes the block: no interval is set. */
export function buildGarpGroup(
  block: Block,
  taken: GroupedInterfaces,
  c: BuildContext,
): GarpGroupConfig | undefined {
  const interfaces: string[] = [];
  for (const word of namesOf(block, c)) {
    const first = taken.get(word.text);
    if (first !== undefined)
      c.reporter.report('KA0908', word.at, `garp_group already specified for ${word.text} - ignoring`, {
        related: [{ at: first, message: 'its group is here' }],
        effect: 'the interface stays in its first group',
        fix: 'name each interface in one garp_group only',
      });
    else if (interfaceExists(word.text, word.at, 'garp_group', c)) {
      taken.set(word.text, word.at);
      interfaces.push(word.text);
    }
  }
  const garp = block.number('garp_interval');
  const gna = block.number('gna_interval');
  if (garp === undefined && gna === undefined) {
    const at = (block.statement as Statement).keyword.at;
    c.reporter.report('KA0907', at, 'garp_group does not have any delay set - removing', {
      effect: 'this group does not exist',
      fix: "add 'garp_interval SECONDS' or 'gna_interval SECONDS'",
    });
    return undefined;
  }
  return {
    interfaces,
    ...(garp === undefined ? {} : { garpIntervalUs: garp }),
    ...(gna === undefined ? {} : { gnaIntervalUs: gna }),
  };
}

/** The names of 'interface' lines and 'interfaces' blocks, in the order of the file. */
function namesOf(block: Block, c: BuildContext): readonly Word[] {
  const out: Word[] = [];
  for (const s of block.statement?.body ?? []) {
    if (s.keyword.text === 'interface' && s.args[0] !== undefined) out.push(s.args[0]);
    if (s.keyword.text !== 'interfaces') continue;
    const words = s.entries.flatMap((e) => e.words);
    if (words.length === 0)
      c.reporter.report('KA0909', s.keyword.at, 'Warning - empty garp_group interfaces block', {
        effect: 'keepalived ignores it',
      });
    out.push(...words);
  }
  return out;
}
