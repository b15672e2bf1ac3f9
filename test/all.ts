/** One process for all tests that need no network of their own: on Node 20 each file would cost a process. `tidy` keeps this list whole. */
import './tidy.test.ts';
import './unit/config/diagnostic.test.ts';
import './unit/config/include.test.ts';
import './unit/config/lines.test.ts';
import './unit/config/property.test.ts';
import './unit/config/reload.test.ts';
import './unit/config/rules.test.ts';
import './unit/config/seed.test.ts';
import './unit/config/status.test.ts';
import './unit/config/values.test.ts';
import './unit/config/words.test.ts';
