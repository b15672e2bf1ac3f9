/**
 * One lane of the scenario runner: a process in a sandbox of its own that plays the scenarios it is given, one at a time.
 * stdin: one JSON `Order` a line; stdout: one JSON `Answer` a line. The end of stdin ends it.
 */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { type Cast, type Played, play } from './player.ts';

export type Order = { readonly id: number; readonly cast: Cast };
export type Answer = { readonly id: number; readonly played: Played };

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, cast } = JSON.parse(line) as Order;
    const answer: Answer = { id, played: await play(cast) };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
