/** What a configured command is, and where something stood in the text. */

/** Where something was written, for messages that come after loading. Line and column are 1-based. */
export type Place = { readonly file: string; readonly line: number; readonly col: number };

/** A command of `notify_*`, `script`, …: argv is already split (grammar: two-stage quoting). */
export type Command = {
  readonly argv: readonly string[]; // at least one word
  readonly text: string; // as written, for messages and dumps
  readonly user?: string; // own user of this command; else `global.scriptUser`
  readonly group?: string;
  readonly place: Place;
};
