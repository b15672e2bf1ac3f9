/** What `vipd init` asks a person, in order; how an answer is judged and where it goes. Asking itself is done elsewhere. */
import type { Result } from '../base/result.ts';
import { readCheck, readInterface, readNode, readPriorities, readVips, readVrid } from './answers.ts';
import type { RawAnswers } from './settle.ts';

export type Question = {
  /** The flag that gives the same answer; no question is asked for a flag that was given. */
  readonly flag: string;
  readonly prompt: string;
  readonly otherwise: string; // what an empty line means; '' with `needed`: nothing
  readonly needed: boolean;
  /** Without it there is nothing to write. */
  readonly required: boolean;
  /** What is wrong with an answer and how to write it. */
  readonly problem: (answer: string) => string | undefined;
  readonly isGiven: (raw: RawAnswers) => boolean;
  readonly put: (raw: RawAnswers, answer: string) => RawAnswers;
};

const of =
  <T>(read: (text: string) => Result<T, string>) =>
  (answer: string): string | undefined => {
    const result = read(answer);
    return result.ok ? undefined : result.error;
  };
const words = (text: string): readonly string[] => text.split(/[ ,]+/).filter((w) => w !== '');

function node(which: string, index: 0 | 1): Question {
  return {
    flag: '--node',
    prompt: `The node that is ${which} (NAME=ADDRESS, such as lb${index + 1}=192.0.2.${index + 1})`,
    otherwise: '',
    needed: true,
    required: true,
    problem: of(readNode),
    isGiven: (raw) => (raw.nodes?.length ?? 0) > index,
    put: (raw, answer) => ({ ...raw, nodes: [...(raw.nodes ?? []).slice(0, index), answer] }),
  };
}

export const QUESTIONS: readonly Question[] = [
  {
    flag: '--interface',
    prompt: 'Interface that carries the virtual addresses',
    otherwise: 'eth0',
    needed: true,
    required: true,
    problem: of(readInterface),
    isGiven: (raw) => raw.interface !== undefined,
    put: (raw, answer) => ({ ...raw, interface: answer }),
  },
  {
    flag: '--vip',
    prompt: 'Virtual addresses (such as 192.0.2.100/24; several with blanks between)',
    otherwise: '',
    needed: true,
    required: true,
    problem: of((text) => readVips(words(text))),
    isGiven: (raw) => raw.vips !== undefined,
    put: (raw, answer) => ({ ...raw, vips: words(answer) }),
  },
  node('to be master', 0),
  node('its backup', 1),
  {
    flag: '--vrid',
    prompt: 'Virtual router id (1..255), unused by others on this network',
    otherwise: '51',
    needed: true,
    required: false,
    problem: of(readVrid),
    isGiven: (raw) => raw.vrid !== undefined,
    put: (raw, answer) => ({ ...raw, vrid: answer }),
  },
  {
    flag: '--priority',
    prompt: 'Priorities of the two nodes',
    otherwise: '110,100',
    needed: true,
    required: false,
    problem: of(readPriorities),
    isGiven: (raw) => raw.priorities !== undefined,
    put: (raw, answer) => ({ ...raw, priorities: answer }),
  },
  {
    flag: '--unicast',
    prompt: 'Does multicast pass between the nodes (in most clouds it does not)? yes or no',
    otherwise: 'yes',
    needed: true,
    required: false,
    problem: (answer) => (/^(?:y|yes|n|no)$/i.test(answer) ? undefined : `'${answer}': write yes or no`),
    isGiven: (raw) => raw.unicast !== undefined,
    put: (raw, answer) => ({ ...raw, unicast: /^n/i.test(answer) }),
  },
  {
    flag: '--check',
    prompt: 'Service to check: haproxy, nginx, or a command with its path; empty for none',
    otherwise: '',
    needed: false,
    required: false,
    problem: of(readCheck),
    isGiven: (raw) => raw.check !== undefined,
    put: (raw, answer) => ({ ...raw, check: answer }),
  },
];

/** The answers without those to `flag`, which must be asked for anew; undefined when no question stands for it. */
export function forget(raw: RawAnswers, flag: string): RawAnswers | undefined {
  if (flag === '--node') {
    const { nodes: _, ...others } = raw;
    return others;
  }
  if (flag === '--vip') {
    const { vips: _, ...others } = raw;
    return others;
  }
  return undefined;
}
