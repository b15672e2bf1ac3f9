export const PAIR_CODES = {} as const;
