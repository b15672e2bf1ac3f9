/** Child processes of the labs: one-shot commands, and killing a whole tree at one instant. Knows nothing of networks. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export type Output = { readonly status: number; readonly text: string };

const MAX_OUTPUT_BYTES = 4 << 20;

/** Runs a command to its end; `text` is stdout and stderr as they came. Never rejects on a non-zero status. */
export function run(command: string, args: readonly string[], input = ''): Promise<Output> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const collect = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= MAX_OUTPUT_BYTES) chunks.push(chunk);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    // EPIPE: the command ended without reading its input; its status tells.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (e) => resolve({ status: 127, text: String(e) }));
    child.on('close', (code, signal) =>
      resolve({ status: code ?? (signal === null ? 1 : 128), text: Buffer.concat(chunks).toString() }),
    );
  });
}

/** As `run`, but a non-zero status is an error that shows the command and what it said. */
export async function must(command: string, args: readonly string[], input = ''): Promise<string> {
  const { status, text } = await run(command, args, input);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${input}${text}`);
  return text;
}

/** All processes below `pid`, from one reading of /proc. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent === undefined) continue;
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [Number(name)]);
    else list.push(Number(name));
  }
  const found: number[] = [];
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const below = children.get(next) ?? [];
    found.push(...below);
    open.push(...below);
  }
  return found;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch (e) {
    // Ended between readdir and here.
    if (isErrno(e, 'ENOENT', 'ESRCH')) return undefined;
    throw e;
  }
}

export function isErrno(e: unknown, ...codes: readonly string[]): boolean {
  return e instanceof Error && 'code' in e && codes.includes(String(e.code));
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (e) {
    if (!isErrno(e, 'ESRCH')) throw e;
  }
}

/**
 * A crash: every process of the tree is stopped first, so that no parent or child sees the other die and says goodbye
 * (keepalived's VRRP child sends priority 0 when only its parent is killed).
 */
export function crash(pid: number): void {
  const all = [pid, ...descendants(pid)];
  for (const p of all) signal(p, 'SIGSTOP');
  for (const p of all) signal(p, 'SIGKILL');
}
