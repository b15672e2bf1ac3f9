/** What the virtual servers of a file need to know of what stands above them, and what waits for the end of the file. */
import type { Command } from '../config.ts';
import type { BuildContext } from '../context.ts';
import type { Block } from '../settings.ts';
import type { Statement } from '../tree.ts';
import type { SslConfig, VirtualServerConfig, VirtualServerGroupConfig } from './lvs-config.ts';
import type { Target } from './target.ts';

/** A service whose group may still come. */
export type Waiting = {
  readonly block: Block;
  readonly body: readonly Statement[];
  readonly target: Target;
  readonly context: BuildContext;
};

export type FileDefinition = { readonly weight: number; readonly reverse: boolean };

export class LvsState {
  /** Without it services are judged and then forgotten: a configuration test needs no model of them. */
  readonly keeps: boolean;
  /** What the services would run. */
  readonly commands: Command[] = [];
  readonly servers: (VirtualServerConfig | Waiting)[] = [];
  readonly groups: Map<string, VirtualServerGroupConfig> = new Map();
  /** Groups that were written and then removed: naming them is no second mistake. */
  readonly removedGroups: Set<string> = new Set();
  readonly files: Map<string, FileDefinition> = new Map();
  /** bfd_instance by name; false: its events go to VRRP alone. */
  readonly bfds: Map<string, boolean> = new Map();
  ssl: SslConfig | undefined;

  constructor(keeps = true) {
    this.keeps = keeps;
  }
}

/** Takes note of a track_file or bfd_instance; their own contents are read elsewhere. */
export function noteTracker(s: Statement, state: LvsState): void {
  const { keyword } = s.row;
  const name = s.args[0]?.text;
  if (name === undefined || s.row.block !== '') return;
  const find = (word: string) => s.body.find((x) => x.row.keyword === word);
  if (keyword === 'bfd_instance')
    state.bfds.set(name, find('vrrp') === undefined || find('checker') !== undefined);
  else if (keyword === 'track_file' || keyword === 'vrrp_track_file') {
    if (state.files.has(name) || find('file')?.args[0] === undefined) return;
    const [weight, option] = find('weight')?.args ?? [];
    const number = weight !== undefined && /^[+-]?\d{1,3}$/.test(weight.text) ? Number(weight.text) : 1;
    state.files.set(name, { weight: number, reverse: option?.text === 'reverse' });
  }
}
