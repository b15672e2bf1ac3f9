/**
 * `vipd init`: answers from the flags, the missing ones asked for on a terminal, then the files. Exit statuses: 0 written,
 * 2 an answer is bad or missing, or a file is there already.
 */
import type { Asked, Terminal } from './ask.ts';

export type InitOptions<Raw> = {
  readonly raw: Raw;
  readonly output: string; // folder
  readonly force: boolean;
};
type Problem = { readonly flag: string; readonly text: string };
type Named = { readonly name: string; readonly text: string };
type Question<Raw> = Asked & {
  readonly required: boolean; // nothing can be written without it
  readonly isGiven: (raw: Raw) => boolean;
  readonly put: (raw: Raw, answer: string) => Raw;
};
export type InitHands<Raw> = {
  readonly questions: readonly Question<Raw>[];
  readonly files: (
    raw: Raw,
  ) =>
    | { readonly ok: true; readonly value: readonly Named[] }
    | { readonly ok: false; readonly error: readonly Problem[] };
  readonly forget: (raw: Raw, flag: string) => Raw | undefined;
  /** undefined without a terminal. */
  readonly terminal: (() => Terminal) | undefined;
  /** Puts all files down, or none when one of them is there; what stands in the way. */
  readonly write: (folder: string, files: readonly Named[], force: boolean) => string | undefined;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
};

/** Answers that contradict each other are asked for anew this often. */
const MAX_ROUNDS = 5;

/** The exit status. */
export async function runInit<Raw>(options: InitOptions<Raw>, hands: InitHands<Raw>): Promise<number> {
  const asking =
    hands.terminal !== undefined && hands.questions.some((q) => q.required && !q.isGiven(options.raw));
  const raw =
    asking && hands.terminal !== undefined ? await ask(options.raw, hands.terminal(), hands) : options.raw;
  if (raw === undefined) {
    hands.err('\nvipd init: stopped, nothing written\n');
    return 2;
  }
  const files = hands.files(raw);
  if (!files.ok) {
    for (const p of files.error) hands.err(`vipd init: ${p.flag}: ${p.text}\n`);
    return 2;
  }
  const problem = hands.write(options.output, files.value, options.force);
  if (problem !== undefined) {
    hands.err(`vipd init: ${problem}\n`);
    return 2;
  }
  const names = files.value.map((f) => (options.output === '.' ? f.name : `${options.output}/${f.name}`));
  hands.out(`written: ${names.join(', ')}\n`);
  return 0;
}

async function ask<Raw>(raw: Raw, terminal: Terminal, hands: InitHands<Raw>): Promise<Raw | undefined> {
  try {
    let known = raw;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      for (const question of hands.questions.filter((q) => !q.isGiven(known))) {
        const answer = await terminal.ask(question);
        if (answer === undefined) return undefined;
        if (answer !== '') known = question.put(known, answer);
      }
      const files = hands.files(known);
      if (files.ok) return known;
      let again: Raw | undefined = known;
      for (const p of files.error) {
        terminal.say(`  ${p.text}`);
        again = again === undefined ? undefined : hands.forget(again, p.flag);
      }
      if (again === undefined) return known;
      known = again;
    }
    return known;
  } finally {
    terminal.close();
  }
}
