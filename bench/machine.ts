/** What a benchmark ran on, without names of machines or places. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import type { Machine } from './page.ts';

export function thisMachine(): Machine {
  const version = /v[0-9.]+/.exec(spawnSync('keepalived', ['--version'], { encoding: 'utf8' }).stderr ?? '');
  const ours = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    kernel: `Linux ${release().replace(/-.*/, '')}`,
    node: process.version,
    keepalived: version?.[0] ?? 'unknown',
    vipd: `v${ours.version}`,
  };
}

/** Of the last minute: what else kept the processors busy when a benchmark began. */
export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 10) / 10;
