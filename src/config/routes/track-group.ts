/** 'track_group NAME' on static routes, rules and addresses. */
import type { Word } from '../words.ts';
import type { Line } from './line.ts';

/** What belongs to a group; `trackGroupAt` is where it was written. */
export type Grouped = { trackGroup?: string; trackGroupAt?: Word };

/** False drops the line. KEEPALIVED: an unknown group is reported and the entry kept. */
export function readTrackGroup(d: Grouped, keyword: Word, line: Line): boolean {
  if (d.trackGroup !== undefined)
    return line.drop('KA1321', keyword.at, `track_group ${d.trackGroup} is a duplicate`, 'name one group');
  const word = line.value(keyword);
  if (word === undefined) return false;
  if (!line.routing.trackGroups.has(word.text)) {
    line.tell('KA1320', word.at, `track_group ${word.text} not found`, {
      effect: 'keepalived keeps the entry without a group',
      fix: `define 'track_group ${word.text} { … }' above`,
    });
    return true;
  }
  d.trackGroup = word.text;
  d.trackGroupAt = word;
  return true;
}
