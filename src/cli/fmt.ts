/**
 * `vipd fmt`: lays files out anew, to stdout, in place, or only says which would change. Exit statuses: 0 done or nothing
 * to do, 1 with --check when a file would change, 2 when one cannot be read or written.
 */

export type FmtOptions = {
  readonly files: readonly string[]; // '-' or none: standard input
  readonly write: boolean;
  readonly check: boolean;
  readonly indent: string; // one level, blanks or a tab
};
type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly text: string };
export type FmtHands = {
  /** Text of one byte a character to the same. */
  readonly format: (text: string, indent: string) => string;
  readonly read: (path: string) => Outcome<Buffer>;
  readonly readInput: () => Outcome<Buffer>;
  readonly replace: (path: string, before: Buffer, after: Buffer) => Outcome<undefined>;
  readonly out: (data: Buffer | string) => void;
  readonly err: (text: string) => void;
};

/** The exit status. */
export function runFmt(options: FmtOptions, hands: FmtHands): number {
  let status = 0;
  for (const file of options.files.length === 0 ? ['-'] : options.files)
    status = Math.max(status, one(file, options, hands));
  return status;
}

function one(file: string, options: FmtOptions, hands: FmtHands): number {
  const input = file === '-';
  const read = input ? hands.readInput() : hands.read(file);
  if (!read.ok) {
    hands.err(`vipd fmt: ${read.text}\n`);
    return 2;
  }
  // latin1 keeps every byte, whatever the file's encoding is.
  const before = read.value;
  const after = Buffer.from(hands.format(before.toString('latin1'), options.indent), 'latin1');
  const changed = !after.equals(before);
  if (changed && options.check) hands.out(`${input ? '(standard input)' : file}\n`);
  if (changed && options.write && !input) {
    const done = hands.replace(file, before, after);
    if (!done.ok) {
      hands.err(`vipd fmt: ${done.text}\n`);
      return 2;
    }
  } else if (!options.check && (input || !options.write)) hands.out(after);
  return changed && options.check ? 1 : 0;
}
