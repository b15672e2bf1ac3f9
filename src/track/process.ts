/**
 * 'vrrp_track_process': which processes are meant, and the machine that turns their number into up and down. Matching and
 * delays measured on 2.2.7 (docs/compatibility.md says where this differs).
 */

/** What /proc tells of one process. */
export type ProcessFacts = {
  readonly comm: string; // at most 15 octets
  readonly argv: readonly string[]; // empty for kernel threads
};

export type ProcessPattern = {
  readonly process: string;
  readonly parameters: readonly string[];
  readonly match: 'none' | 'exact' | 'initial' | 'partial';
  readonly fullCommand: boolean; // argv is compared, else comm
};

const COMM_MAX = 15;

export function matchesProcess(pattern: ProcessPattern, { comm, argv }: ProcessFacts): boolean {
  const { process: name } = pattern;
  // The kernel keeps 15 octets; a longer name can be meant only so.
  if (!pattern.fullCommand) return comm === name.slice(0, COMM_MAX);
  if (argv[0] !== name) return false;
  const has = argv.slice(1);
  const want = pattern.parameters;
  switch (pattern.match) {
    case 'none':
      return true;
    case 'exact':
      return has.length === want.length && want.every((w, i) => w === has[i]);
    case 'partial':
      return has.length >= want.length && want.every((w, i) => w === has[i]);
    case 'initial': // KEEPALIVED: the last one may be longer: '10' means 100 too
      return has.join('\0').startsWith(want.join('\0'));
  }
}

export type ProcessParams = {
  readonly quorum: number; // at least so many
  readonly quorumMax?: number; // at most so many; 0 = none at all
  readonly forkDelayUs: number; // before more processes count
  readonly terminateDelayUs: number; // before fewer count
};

export type ProcessState = {
  readonly count: number;
  readonly status: 'up' | 'down';
  readonly changeAtUs: number; // when the other status comes into force; Infinity = none is waiting
};

export type ProcessEvent = { readonly type: 'count'; readonly count: number } | { readonly type: 'timer' };

function statusOf({ quorum, quorumMax }: ProcessParams, count: number): 'up' | 'down' {
  if (quorumMax === 0) return count === 0 ? 'up' : 'down';
  return count >= quorum && (quorumMax === undefined || count <= quorumMax) ? 'up' : 'down';
}

/** What is found at the start counts at once. */
export const initialProcess = (params: ProcessParams, count: number): ProcessState => ({
  count,
  status: statusOf(params, count),
  changeAtUs: Number.POSITIVE_INFINITY,
});

/** Total. A change that is taken back within its delay never happened. */
export function stepProcess(
  params: ProcessParams,
  state: ProcessState,
  event: ProcessEvent,
  nowUs: number,
): ProcessState {
  if (event.type === 'timer') return nowUs < state.changeAtUs ? state : initialProcess(params, state.count);
  const { count } = event;
  if (statusOf(params, count) === state.status)
    return { count, status: state.status, changeAtUs: Number.POSITIVE_INFINITY };
  const moved = Math.sign(count - state.count); // 0: a reload brought another quorum
  const delayUs = moved > 0 ? params.forkDelayUs : moved < 0 ? params.terminateDelayUs : 0;
  const waits = state.changeAtUs !== Number.POSITIVE_INFINITY;
  const changeAtUs = waits ? state.changeAtUs : nowUs + delayUs;
  return changeAtUs <= nowUs ? initialProcess(params, count) : { count, status: state.status, changeAtUs };
}
