/** Text broken at blanks. */

/** Lines of at most `width` characters where words allow it; the first begins with `first`, the others with `rest`. */
export function wrap(text: string, width: number, first = '', rest: string = first): readonly string[] {
  const out: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/).filter((w) => w !== '')) {
    if (!empty && line.length + 1 + word.length > width) {
      out.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  out.push(line);
  return out;
}
