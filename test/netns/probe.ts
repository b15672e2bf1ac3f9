/** Starts a prober (see prober.ts) in a node of a lab and asks it questions. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nowS, sleepMs } from './clock.ts';
import { CHECKOUT } from './daemon.ts';
import type { Lab } from './lab.ts';
import type { ProbeQuestion, ProbeReport } from './probe-report.ts';

export const program = (name: string): string => join(CHECKOUT, 'build/test/netns', `${name}.js`);

/** An answer may still come this long after the probe was sent. */
const SETTLE_MS = 350;
const READY_TIMEOUT_MS = 10_000;

export class ProbeClient {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child;
    this.#lines = lines;
  }

  /** Resolves after the first answered probe. */
  static async start(
    lab: Lab,
    node: string,
    mode: 'udp' | 'tcp',
    address: string,
    port: number,
    everyMs: number,
  ): Promise<ProbeClient> {
    const child = lab.spawn(node, [
      process.execPath,
      '--enable-source-maps',
      program('prober'),
      mode,
      address,
      String(port),
      String(everyMs),
    ]);
    if (child.stdout === null) throw new Error('the prober has no stdout');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const timer = setTimeout(() => child.kill('SIGKILL'), READY_TIMEOUT_MS);
    const first = await lines.next();
    clearTimeout(timer);
    if (first.done === true)
      throw new Error(`the prober got no answer from ${address}:${port} within ${READY_TIMEOUT_MS / 1000} s`);
    return new ProbeClient(child, lines);
  }

  /** Judges the probes since `fromS` up to now. */
  async since(fromS: number): Promise<ProbeReport> {
    const question: ProbeQuestion = { fromS, toS: nowS() };
    await sleepMs(SETTLE_MS);
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    const answer = await this.#lines.next();
    if (answer.done === true) throw new Error('the prober died');
    return JSON.parse(answer.value) as ProbeReport;
  }

  stop(): void {
    this.#child.stdin?.end();
  }
}
