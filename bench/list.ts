/** The benchmarks of `npm run bench`, in the order of the page. Each is a program of its own; `node build/bench/PROGRAM.js` runs it alone. */

export type Benchmark = {
  /** Of --only, and of its figure's file. */
  readonly name: string;
  /** build/bench/PROGRAM.js */
  readonly program: string;
  readonly options: readonly string[];
  /** What five runs may take before they are given up, s. Most need a third of it. */
  readonly limitS: number;
  /** A few seconds' worth for the tests, so that the program does not rot; none: another entry runs the same program. */
  readonly small?: readonly string[];
};

const cpu = (instances: number, interval: string, seconds: string): Benchmark => ({
  name: `cpu-${instances}x${Number(interval) < 1000 ? `${interval}ms` : `${Number(interval) / 1000}s`}`,
  program: 'cpu',
  options: ['--instances', String(instances), '--interval', interval, '--seconds', seconds],
  limitS: 240,
});

export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'failover',
    program: 'failover',
    options: [],
    limitS: 500,
    small: ['--runs', '1'],
  },
  {
    name: 'storm',
    program: 'storm',
    options: ['--instances', '1000'],
    limitS: 400,
    small: ['--instances', '20', '--interval', '200', '--runs', '1'],
  },
  {
    name: 'together',
    program: 'together',
    options: ['--instances', '1000', '--interval', '100', '--limit', '20'],
    limitS: 600,
    small: ['--instances', '20', '--runs', '1'],
  },
  cpu(1, '1000', '4'),
  cpu(100, '100', '4'),
  cpu(1000, '1000', '4'),
  {
    ...cpu(1000, '100', '4'),
    small: ['--instances', '10', '--interval', '100', '--warm', '0', '--seconds', '1', '--runs', '1'],
  },
  cpu(1000, '10', '3'),
  {
    name: 'jitter',
    program: 'jitter',
    options: ['--instances', '100', '--interval', '100', '--seconds', '3'],
    limitS: 400,
    small: ['--instances', '10', '--interval', '50', '--seconds', '1', '--runs', '1'],
  },
  {
    name: 'reload',
    program: 'reload',
    options: ['--instances', '2000'],
    limitS: 300,
    small: ['--instances', '20', '--interval', '200', '--runs', '1'],
  },
  {
    name: 'startup',
    program: 'startup',
    options: ['--instances', '1000'],
    limitS: 240,
    small: ['--instances', '20', '--runs', '1'],
  },
  {
    name: 'memory',
    program: 'memory',
    options: ['--instances', '1000'],
    limitS: 240,
    small: ['--instances', '20', '--settle', '1', '--runs', '1'],
  },
  {
    name: 'heap',
    program: 'heap',
    options: ['--seconds', '30'],
    limitS: 600,
    small: ['--instances', '20', '--seconds', '3', '--settle', '1', '--points', '3'],
  },
  { name: 'config', program: 'config', options: [], limitS: 240, small: ['--size', '2', '--runs', '1'] },
  {
    name: 'bfd',
    program: 'bfd',
    options: ['--sessions', '200', '--seconds', '3'],
    limitS: 240,
    small: ['--sessions', '20', '--seconds', '1', '--runs', '1'],
  },
];
