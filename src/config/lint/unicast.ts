/** Unicast addresses: prefix lengths that are cut, peers that are no other router. */
import { equalBytes, toHex } from '../../base/bytes.ts';
import { isMulticast, parseIp } from '../../base/ip.ts';
import type { Statement } from '../tree.ts';
import type { Word } from '../words.ts';
import { type Lint, type LintInstance, lineOf } from './input.ts';

const SOURCES = ['unicast_src_ip', 'mcast_src_ip', 'mcast_dst_ip'] as const;

export const peerWords = (block: Statement): readonly Word[] =>
  block.body
    .filter((s) => s.keyword.text === 'unicast_peer')
    .flatMap((s) => s.entries.flatMap((e) => e.words.slice(0, 1)));

/** The octets of a unicast word as keepalived reads it: cut at '/' and '-'. */
export const unicastBytes = (word: Word): Uint8Array | undefined =>
  parseIp(word.text.replace(/[/-].*$/s, ''));

export const sourceWord = (block: Statement): Word | undefined =>
  lineOf(block, 'unicast_src_ip', 'mcast_src_ip')?.args[0];

export function checkUnicast(l: Lint): void {
  for (const i of l.instances) {
    const peers = peerWords(i.block);
    const source = sourceWord(i.block);
    prefixes(l, i, peers);
    virtualAsPeer(l, i, peers, source);
    for (const word of peers) notAHost(l, i, word);
  }
}

function prefixes(l: Lint, i: LintInstance, peers: readonly Word[]): void {
  const sources = SOURCES.flatMap((k) => {
    const word = lineOf(i.block, k)?.args[0];
    return word === undefined ? [] : [word];
  });
  const cut = [...sources, ...peers].filter((w) => /[/-]/.test(w.text) && unicastBytes(w) !== undefined);
  const [first, ...rest] = cut;
  if (first === undefined) return;
  l.reporter.report(
    'KA2120',
    first.at,
    `(${i.instance.name}) '${first.text}' is one host: what follows the address is cut off`,
    {
      related: rest.slice(0, 5).map((w) => ({ at: w.at, message: `here too: '${w.text}'` })),
      effect: `the address is ${first.text.replace(/[/-].*$/s, '')}`,
      fix: `write '${first.text.replace(/[/-].*$/s, '')}'`,
    },
  );
}

function virtualAsPeer(l: Lint, i: LintInstance, peers: readonly Word[], source: Word | undefined): void {
  const vips = new Set([...i.instance.vips, ...i.instance.excludedVips].map((v) => toHex(v.bytes)));
  for (const word of source === undefined ? peers : [source, ...peers]) {
    const bytes = unicastBytes(word);
    if (bytes === undefined || !vips.has(toHex(bytes))) continue;
    const isSource = word === source;
    l.reporter.report(
      'KA2121',
      word.at,
      `(${i.instance.name}) ${word.text} is a virtual address of this instance and its ${isSource ? 'source address' : 'unicast peer'}`,
      {
        effect: isSource
          ? 'only the master has it: a backup cannot use it'
          : 'the master sends its adverts to itself',
        fix: `write the permanent address of ${isSource ? 'this' : 'the other'} router`,
      },
    );
  }
}

function notAHost(l: Lint, i: LintInstance, word: Word): void {
  const bytes = unicastBytes(word);
  if (bytes === undefined) return;
  const loopback = bytes.length === 4 ? bytes[0] === 127 : equalBytes(bytes, LOOPBACK6);
  const unspecified = bytes.every((b) => b === 0);
  if (!isMulticast(bytes) && !loopback && !unspecified) return;
  const what = loopback ? 'a loopback' : unspecified ? 'the unspecified' : 'a multicast';
  l.reporter.report('KA2122', word.at, `(${i.instance.name}) unicast peer ${word.text} is ${what} address`, {
    effect: 'the adverts reach no other router',
    fix: isMulticast(bytes)
      ? 'remove unicast_peer to use multicast, or write the address of the other router'
      : 'write the address of the other router',
  });
}

const LOOPBACK6 = Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0));
