/** `vipd whatif`: which file, which peer, which fault. Whether such a script or node exists is known only when the files are read. */
import type { Command } from 'commander';

/** `where`: a, b, both, a node's name; '' = each of them. */
export type AskedFault =
  | { readonly type: 'fail'; readonly what: string; readonly where: string }
  | { readonly type: 'down'; readonly what: string; readonly where: string }
  | { readonly type: 'stop'; readonly where: string }
  | { readonly type: 'crash'; readonly where: string }
  | { readonly type: 'split' };

export type WhatIfInvocation = {
  readonly command: 'whatif';
  readonly file: string; // '' = the daemon's own
  readonly asNode: string; // '' = this host
  readonly peer: string; // '' = none
  readonly peerNode: string;
  readonly faults: readonly AskedFault[]; // none: the whole table
  readonly json: boolean;
};

type Raw = {
  asNode?: string;
  peer?: string;
  peerNode?: string;
  fail?: readonly string[];
  down?: readonly string[];
  stop?: string | true;
  crash?: string | true;
  split?: boolean;
  json?: boolean;
};

export function addWhatIf(program: Command, take: (value: WhatIfInvocation) => void): void {
  const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    value,
  ];
  program
    .command('whatif [file]')
    .description(
      'tell who is master, and after how long, when something fails; leaves with 1 when nobody or both hold an address',
    )
    .option('--peer <file>', "the other node's file; without it a copy of the first is assumed")
    .option('--as-node <id>', "read the file as this node (the '@' lines, -i of keepalived)")
    .option('--peer-node <id>', 'read the other file as this node')
    .option(
      '--fail <name[@node]>',
      'a tracked script, process or file fails; node: a (the first file), b, both or a name',
      collect,
    )
    .option('--down <interface[@node]>', 'an interface loses its carrier', collect)
    .option('--stop [node]', 'an orderly stop')
    .option('--crash [node]', 'the host loses power')
    .option('--split', 'the nodes no longer hear each other')
    .option('--json', 'JSON instead of text')
    .action((file: string | undefined, _options: Raw, self: Command) => {
      const raw = self.optsWithGlobals<Raw>();
      take({
        command: 'whatif',
        file: file ?? '',
        asNode: raw.asNode ?? '',
        peer: raw.peer ?? '',
        peerNode: raw.peerNode ?? '',
        faults: faultsOf(raw),
        json: raw.json ?? false,
      });
    });
}

function faultsOf(raw: Raw): readonly AskedFault[] {
  const node = (value: string | true): string => (value === true ? '' : value);
  return [
    ...(raw.fail ?? []).map((text) => ({ type: 'fail' as const, ...split(text) })),
    ...(raw.down ?? []).map((text) => ({ type: 'down' as const, ...split(text) })),
    ...(raw.stop === undefined ? [] : [{ type: 'stop' as const, where: node(raw.stop) }]),
    ...(raw.crash === undefined ? [] : [{ type: 'crash' as const, where: node(raw.crash) }]),
    ...(raw.split === true ? [{ type: 'split' as const }] : []),
  ];
}

function split(text: string): { readonly what: string; readonly where: string } {
  const at = text.lastIndexOf('@');
  return at === -1 ? { what: text, where: '' } : { what: text.slice(0, at), where: text.slice(at + 1) };
}
