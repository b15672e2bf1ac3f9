/** The 'SSL' block. */
import type { BuildContext } from '../context.ts';
import type { Block } from '../settings.ts';
import type { LvsState } from './state.ts';

/** A second block replaces the first. */
export function buildSsl(block: Block, state: LvsState, c: BuildContext): void {
  const at = block.statement?.keyword.at;
  if (state.ssl !== undefined && at !== undefined)
    c.reporter.report('KA1109', at, 'SSL context already specified - replacing', {
      effect: 'keepalived uses this second block alone',
      fix: 'put all of it into one block',
    });
  state.ssl = {
    password: block.text('password'),
    caFile: block.text('ca'),
    certificateFile: block.text('certificate'),
    keyFile: block.text('key'),
  };
}
