/** Every file that is made from the tables and kept in the repository. */
import { configurationPage } from './configuration-page.ts';
import { diagnosticsPage } from './diagnostics-page.ts';
import { manConf } from './man-conf.ts';
import { manVipd } from './man-vipd.ts';

/** Path from the root of the repository -> contents. */
export function pages(): Readonly<Record<string, string>> {
  return {
    'docs/configuration.md': configurationPage(),
    'docs/diagnostics.md': diagnosticsPage(),
    'man/vipd.8': manVipd(),
    'man/vipd.conf.5': manConf(),
  };
}
