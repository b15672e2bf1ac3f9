/** What is fixed for a diagnostic code. */
import type { KeepalivedClass, Severity } from '../diagnostic.ts';

export type CodeRow = {
  readonly severity: Severity;
  readonly class: KeepalivedClass;
  readonly title: string;
  /** What it means, what the daemons do, and what to do about it: whole sentences for `vipd explain` and the manual. */
  readonly text?: string;
  /** A configuration with this one mistake; the tests load it. */
  readonly example?: string;
};
