/** The same virtual router in two files, and how a rule speaks about it: one place in each file. */
import type { DiagnosticCode } from '../config/codes.ts';
import type { Config, InstanceConfig } from '../config/config.ts';
import type { DiagnosticDetails, Reporter } from '../config/diagnostic.ts';
import type { Span } from '../config/source.ts';
import type { Places } from './places.ts';

export type Side = { readonly name: string; readonly config: Config; readonly places: Places };

export type Facing = {
  readonly reporter: Reporter;
  readonly sides: readonly [Side, Side];
  readonly a: InstanceConfig;
  readonly b: InstanceConfig;
};

type Spans = readonly [Span, Span];

/** The lines of a keyword in both files; the instance's name where a file does not have it. */
export function linesOf(f: Facing, ...keywords: readonly string[]): Spans {
  return [f.sides[0].places.setting(f.a.name, ...keywords), f.sides[1].places.setting(f.b.name, ...keywords)];
}

/** The finding stands in the first file and names the place in the second one. */
export function tellBoth(
  f: Facing,
  code: DiagnosticCode,
  at: Spans,
  text: string,
  details: DiagnosticDetails & { readonly there?: string } = {},
): void {
  const { there, ...rest } = details;
  f.reporter.report(code, at[0], `(${f.a.name}) ${text}`, {
    ...rest,
    related: [{ at: at[1], message: there ?? `on ${f.sides[1].name}` }, ...(rest.related ?? [])],
  });
}
