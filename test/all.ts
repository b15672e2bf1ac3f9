/** One process for all tests that need no network of their own: on Node 20 each file would cost a process. `tidy` keeps this list whole. */
import './tidy.test.ts';
import './unit/cli/capture-damage.test.ts';
import './unit/cli/decode.test.ts';
import './unit/wire/damage.test.ts';
import './unit/wire/frame.test.ts';
import './unit/wire/golden.test.ts';
import './unit/wire/property.test.ts';
import './unit/wire/vrrp.test.ts';
