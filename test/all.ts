/** One process for all tests that need no network of their own: on Node 20 each file would cost a process. `tidy` keeps this list whole. */
import './native/users.test.ts';
import './tidy.test.ts';
import './unit/io/process/hook-queue.test.ts';
import './unit/io/process/hooks.test.ts';
import './unit/io/process/scripts.test.ts';
import './unit/io/process/security.test.ts';
import './unit/track/priority.test.ts';
import './unit/track/script.test.ts';
