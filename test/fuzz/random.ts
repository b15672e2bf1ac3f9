/** Choices drawn from one seeded stream, so that input number N of a seed is the same on every machine. */
import { prng } from '../../src/base/prng.ts';

export type Random = {
  /** Integer from 0 to `n` - 1. */
  below(n: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
};

export function random(seed: number): Random {
  const next = prng(seed);
  // The first draws of neighbouring seeds resemble each other.
  for (let i = 0; i < 8; i++) next();
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (from) => from[below(from.length)] as never,
  };
}

/** One number for input `index` of run `seed`; never 0. */
export function inputSeed(seed: number, index: number): number {
  let x = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  return x ^ (x >>> 13) || 1;
}
