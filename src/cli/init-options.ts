/** The flags of `vipd init`; what they hold is judged later, together with what is asked on a terminal. */
import type { Command } from 'commander';

/** As given; absent where nothing was. The same shape as the answers of src/init, which this folder does not know. */
export type InitRaw = {
  readonly interface?: string;
  readonly vips?: readonly string[];
  readonly nodes?: readonly string[];
  readonly vrid?: string;
  readonly version?: string;
  readonly priorities?: string;
  readonly unicast?: boolean;
  readonly check?: string;
  readonly instance?: string;
  readonly notify?: string;
  readonly preempt?: boolean;
  readonly advertInt?: string;
  readonly oneFile?: boolean;
};
export type InitTool = {
  readonly command: 'init';
  readonly raw: InitRaw;
  readonly output: string;
  readonly force: boolean;
};

type Flags = {
  interface?: string;
  vip?: string[];
  node?: string[];
  vrid?: string;
  version?: string;
  priority?: string;
  unicast?: boolean;
  check?: string;
  instance?: string;
  notify?: string;
  preempt: boolean;
  advertInt?: string;
  oneFile?: boolean;
  output: string;
  force?: boolean;
};

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export function addInit(program: Command, take: (tool: InitTool) => void): void {
  program
    .command('init')
    .description("write both nodes' configurations; asks for what no flag says when there is a terminal")
    .option('--interface <name>', 'interface that carries the virtual addresses')
    .option('--vip <address/length>', 'virtual address (repeatable)', collect)
    .option(
      '--node <name=address>',
      'host name and address of a node (twice; the first is to be master)',
      collect,
    )
    .option('--priority <first,second>', 'priorities of the two nodes (110,100)')
    .option('--vrid <number>', 'virtual router id, 1..255 (51)')
    .option('--version <2|3>', 'VRRP version (3)')
    .option('--unicast', 'adverts to the other node alone, where multicast does not pass')
    .option('--check <what>', 'service to check: haproxy, nginx, or a command with its path')
    .option('--instance <name>', 'name of the instance (VI_1)')
    .option('--notify <path>', 'script to call at each change of state')
    .option('--nopreempt', 'a node that comes back does not take over')
    .option('--advert-int <seconds>', 'time between adverts (1)')
    .option('--one-file', 'one file for both nodes, with conditional lines')
    .option('--output <dir>', 'where to write', '.')
    .option('--force', 'overwrite files that are there')
    .action((_options: unknown, self: Command) => {
      const flags = self.opts<Flags & { nopreempt?: boolean }>();
      const { vip, node, priority, nopreempt, output, force = false, preempt: _, ...same } = flags;
      const raw: InitRaw = {
        ...same,
        ...(vip === undefined ? {} : { vips: vip }),
        ...(node === undefined ? {} : { nodes: node }),
        ...(priority === undefined ? {} : { priorities: priority }),
        ...(nopreempt === true ? { preempt: false } : {}),
      };
      take({ command: 'init', raw, output, force });
    });
}
