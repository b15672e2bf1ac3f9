/** Comments: `#` and `!` outside double quotes end the line wherever they stand; `\#` and `\!` lose the backslash. */
import type { Text } from './text.ts';

export type Stripped = {
  readonly text: Text;
  readonly unterminatedQuote: boolean;
  /** The remark that was taken off ended in one backslash. */
  readonly continuedRemark: boolean;
};

/**
 * One pass over a line: comment off, blanks off both ends. keepalived makes two passes before a value is used (the
 * parent's copy is read again by its children), so `\#` shields a `#` from the first pass only.
 * A backslash that ends the line survives, without the blanks in front of it: it continues a definition.
 */
export function stripComment(line: Text): Stripped {
  let text = line;
  let quoted = false;
  let cut = -1;
  for (let i = 0; i < text.length; i++) {
    const c = text.text[i];
    if (c === '"') quoted = !quoted;
    else if (c === '\\') {
      const next = text.text[i + 1];
      if (!quoted && (next === '#' || next === '!')) text = text.replace(i, i + 1, '');
      else i++;
    } else if (!quoted && (c === '#' || c === '!')) {
      cut = i;
      break;
    }
  }
  const continuedRemark = cut >= 0 && /(?<!\\)\\$/.test(text.text);
  text = (cut < 0 ? text : text.slice(0, cut)).trim();
  const blanks = /[ \t]+\\$/.exec(text.text);
  if (blanks !== null) text = text.replace(blanks.index, text.length - 1, '');
  return { text, unterminatedQuote: quoted, continuedRemark };
}
