/** Asks questions on a terminal, each until the answer will do. Knows nothing of what they are about. */
import { createInterface } from 'node:readline';

export type Asked = {
  readonly prompt: string;
  readonly otherwise: string; // what an empty line means
  readonly needed: boolean; // an empty line without `otherwise` is asked again
  readonly problem: (answer: string) => string | undefined;
};
export type Terminal = {
  /** undefined: the input ended. */
  readonly ask: (question: Asked) => Promise<string | undefined>;
  readonly say: (text: string) => void;
  readonly close: () => void;
};

export function terminal(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Terminal {
  const lines = createInterface({ input, output, terminal: false });
  const waiting: ((line: string | undefined) => void)[] = [];
  const ready: string[] = [];
  let ended = false;
  lines.on('line', (line) => {
    const next = waiting.shift();
    if (next === undefined) ready.push(line);
    else next(line);
  });
  lines.on('close', () => {
    ended = true;
    for (const next of waiting.splice(0)) next(undefined);
  });
  const read = (): Promise<string | undefined> => {
    const line = ready.shift();
    if (line !== undefined || ended) return Promise.resolve(line);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const say = (text: string): void => void output.write(`${text}\n`);
  return {
    say,
    close: () => lines.close(),
    ask: async (question) => {
      for (;;) {
        output.write(`${question.prompt}${question.otherwise === '' ? '' : ` [${question.otherwise}]`}: `);
        const line = await read();
        if (line === undefined) return undefined;
        const answer = line.trim() === '' ? question.otherwise : line.trim();
        if (answer === '' && !question.needed) return '';
        const problem = answer === '' ? 'this needs an answer' : question.problem(answer);
        if (problem === undefined) return answer;
        say(`  ${problem}`);
      }
    },
  };
}
