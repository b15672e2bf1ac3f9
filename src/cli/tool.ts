/**
 * Runs the subcommands. What needs the daemon's hands (raw sockets, the packet decoder) is handed in as loaders, so that
 * `vipd status` loads none of it. Exit statuses: 0 ok, 1 negative answer, 2 usage, 3 daemon not running.
 */
import type { Snapshot } from '../core/snapshot.ts';
import type { TextTool } from './check-options.ts';
import { ask } from './client.ts';
import type { FmtOptions } from './fmt.ts';
import type { InitTool } from './init-options.ts';
import type { ToolInvocation } from './tool-options.ts';
import type { WhatIfInvocation } from './whatif-options.ts';

export type Write = (text: string) => void;
export type ToolParts = {
  readonly out: Write;
  readonly err: Write;
  readonly decode: (
    files: readonly string[],
    options: {
      readonly json: boolean;
      readonly keys: readonly string[];
      readonly authPass: readonly string[];
    },
    out: Write,
    err: Write,
  ) => Promise<number>;
  /** Commands on configurations and tables. */
  readonly text: (tool: TextTool, out: Write, err: Write) => Promise<number>;
  readonly whatIf: (tool: WhatIfInvocation, out: Write, err: Write) => Promise<number>;
  readonly cleanUp: (runDir: string, out: Write, err: Write) => Promise<number>;
  readonly format: (options: FmtOptions) => Promise<number>;
  readonly init: (tool: InitTool) => Promise<number>;
};

const STATUS_TIMEOUT_MS = 5_000;

/** The exit status. */
export function runTool(tool: ToolInvocation, parts: ToolParts): Promise<number> {
  switch (tool.command) {
    case 'status':
      return status(tool, parts);
    case 'reload':
      return reload(tool, parts);
    case 'decode':
      return parts.decode(tool.files, tool, parts.out, parts.err);
    case 'check':
    case 'explain':
    case 'config':
    case 'completions':
      return parts.text(tool, parts.out, parts.err);
    case 'whatif':
      return parts.whatIf(tool, parts.out, parts.err);
    case 'cleanup':
      return parts.cleanUp(tool.runDir, parts.out, parts.err);
    case 'fmt':
      return parts.format(tool);
    case 'init':
      return parts.init(tool);
  }
}

async function status(tool: ToolInvocation & { command: 'status' }, parts: ToolParts): Promise<number> {
  const answer = await ask(tool.socket, { cmd: 'status' }, STATUS_TIMEOUT_MS);
  if (!answer.ok) return refused(answer, parts.err);
  if (!isSnapshot(answer.value)) {
    parts.err(`vipd: ${tool.socket} does not answer like a vipd of this version\n`);
    return 1;
  }
  const { statusJson, statusText, unknownInstances } = await import('../report/status.ts');
  const unknown = unknownInstances(answer.value, tool.instances);
  if (unknown.length > 0) {
    const names = answer.value.instances.map((i) => i.name).join(', ');
    parts.err(`vipd: no instance ${unknown.join(', ')}; there are: ${names === '' ? 'none' : names}\n`);
    return 1;
  }
  parts.out(tool.json ? statusJson(answer.value, tool.instances) : statusText(answer.value, tool));
  return 0;
}

/** Enough to tell a snapshot from any other JSON; its inside is trusted, for only root can listen there. */
function isSnapshot(value: unknown): value is Snapshot {
  return (
    typeof value === 'object' &&
    value !== null &&
    'instances' in value &&
    Array.isArray(value.instances) &&
    'loop' in value
  );
}

/** The daemon's handler answers {"ok": true, "text": …} when the new configuration runs, else {"error": reason}. */
async function reload(tool: ToolInvocation & { command: 'reload' }, parts: ToolParts): Promise<number> {
  const answer = await ask(tool.socket, { cmd: 'reload' }, tool.timeoutMs);
  if (!answer.ok) return refused(answer, parts.err);
  const text =
    typeof answer.value === 'object' && answer.value !== null && 'text' in answer.value
      ? String(answer.value.text)
      : 'reloaded';
  parts.out(`${text}\n`);
  return 0;
}

function refused(
  answer: { readonly reason: 'not-running' | 'failed'; readonly text: string },
  err: Write,
): number {
  err(`vipd: ${answer.text}\n`);
  return answer.reason === 'not-running' ? 3 : 1;
}
