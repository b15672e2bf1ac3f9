/**
 * Findings of the loader that only follow from another one: a block that is unknown makes all its lines unknown, a
 * dropped script cannot be tracked. keepalived reports them all; for people one mistake is one finding.
 */
import type { Diagnostic } from '../diagnostic.ts';
import type { Source } from '../source.ts';
import { type Lint, spanKey } from './input.ts';

export function withoutConsequences(l: Lint): readonly Diagnostic[] {
  const { dropped } = l;
  structure(l.diagnostics, dropped);
  groups(l, dropped);
  unicast(l, dropped);
  scripts(l, dropped);
  expansions(l.diagnostics, dropped);
  return l.diagnostics.filter((d) => !dropped.has(d) && !l.replaced.has(spanKey(d.at)));
}

const STRUCTURAL = new Set(['KA0401', 'KA0402', 'KA0403', 'KA0404', 'KA0405']);

/**
 * An unknown block is read as if its braces were not there, so its '}' closes what is around it. Everything up to the
 * end of the block of the top level in which it stands is out of step.
 */
function structure(all: readonly Diagnostic[], dropped: Set<Diagnostic>): void {
  const ends = new Map<Source, (offset: number) => number>();
  const until = new Map<Source, number>();
  for (const d of all) {
    if (!STRUCTURAL.has(d.code)) continue;
    const { source } = d.at;
    if (d.at.start < (until.get(source) ?? 0)) {
      dropped.add(d);
      continue;
    }
    if (d.code !== 'KA0402' && !opensBlock(d)) continue;
    const end = ends.get(source) ?? blockEnds(source.text);
    ends.set(source, end);
    until.set(source, end(d.at.start));
  }
}

/** Whether a '{' follows on the rest of the line or at the beginning of the next. */
function opensBlock(d: Diagnostic): boolean {
  return d.code === 'KA0401' && /^[^\n{}]*\n?\s*\{/.test(d.at.source.text.slice(d.at.end, d.at.end + 400));
}

/** For an offset: behind the brace that brings the depth back to 0 next, the text's end where none does. */
function blockEnds(text: string): (offset: number) => number {
  const ends: number[] = [];
  let depth = 0;
  let quoted = false;
  let comment = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\n') {
      comment = false;
      quoted = false;
    } else if (comment) continue;
    else if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (c === '#' || c === '!') comment = true;
    else if (c === '{') depth++;
    else if (c === '}' && depth > 0 && --depth === 0) ends.push(i + 1);
  }
  return (offset) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return ends[low] ?? text.length;
  };
}

/** A group is left with one member because the name of another is wrong. */
function groups(l: Lint, dropped: Set<Diagnostic>): void {
  const lonely = new Map<string, Diagnostic>();
  for (const d of l.diagnostics) if (d.code === 'KA0904' || d.code === 'KA0903') lonely.set(spanKey(d.at), d);
  if (lonely.size === 0) return;
  const wrong = new Set(
    l.diagnostics.filter((d) => d.code === 'KA0901' || d.code === 'KA0902').map((d) => spanKey(d.at)),
  );
  for (const s of l.statements) {
    const name = s.args[0];
    const d =
      s.keyword.text === 'vrrp_sync_group' && name !== undefined ? lonely.get(spanKey(name.at)) : undefined;
    if (d === undefined) continue;
    const members = s.body.filter((b) => b.keyword.text === 'group').flatMap((b) => b.entries);
    if (members.some((e) => e.words.some((w) => wrong.has(spanKey(w.at))))) dropped.add(d);
  }
}

/** Unicast words without peers, because every peer was refused. */
function unicast(l: Lint, dropped: Set<Diagnostic>): void {
  const none = l.diagnostics.filter((d) => d.code === 'KA0623');
  if (none.length === 0) return;
  const bad = new Set(l.diagnostics.filter((d) => d.code === 'KA0624').map((d) => spanKey(d.at)));
  const at = new Map(none.map((d) => [spanKey(d.at), d] as const));
  for (const s of l.statements) {
    if (s.keyword.text !== 'vrrp_instance') continue;
    const peers = s.body.filter((b) => b.keyword.text === 'unicast_peer').flatMap((b) => b.entries);
    if (!peers.some((e) => e.words[0] !== undefined && bad.has(spanKey(e.words[0].at)))) continue;
    for (const line of [s, ...s.body])
      for (const word of [line.keyword, ...line.args]) {
        const d = at.get(spanKey(word.at));
        if (d !== undefined) dropped.add(d);
      }
  }
}

/** A script that was removed for a reason of its own cannot be found where it is tracked. */
function scripts(l: Lint, dropped: Set<Diagnostic>): void {
  const lost = l.diagnostics.filter((d) => d.code === 'KA0801');
  if (lost.length === 0) return;
  const removed = new Set(
    l.diagnostics.filter((d) => d.code === 'KA1001' || d.code === 'KA1002').map((d) => spanKey(d.at)),
  );
  const names = new Set<string>();
  for (const s of l.statements) {
    if (s.keyword.text !== 'vrrp_script') continue;
    const words = [...s.args, ...s.body.flatMap((b) => [b.keyword, ...b.args])];
    if (words.some((w) => removed.has(spanKey(w.at)))) names.add(s.args[0]?.text ?? '');
  }
  for (const d of lost) if (names.has(d.at.source.text.slice(d.at.start, d.at.end))) dropped.add(d);
}

/** What a definition that refers to itself leaves behind. */
function expansions(all: readonly Diagnostic[], dropped: Set<Diagnostic>): void {
  const endless = new Set(all.filter((d) => d.code === 'KA0203').map((d) => spanKey(d.at)));
  if (endless.size === 0) return;
  for (const d of all) if (d.code !== 'KA0203' && endless.has(spanKey(d.at))) dropped.add(d);
}
