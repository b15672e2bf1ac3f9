/** One process for all tests that need no network of their own: on Node 20 each file would cost a process. `tidy` keeps this list whole. */
import './tidy.test.ts';
import './unit/cli/options.test.ts';
import './unit/cli/tool.test.ts';
import './unit/io/config-files.test.ts';
import './unit/io/control.test.ts';
import './unit/io/log.test.ts';
import './unit/io/pidfile.test.ts';
import './unit/io/release.test.ts';
import './unit/io/systemd.test.ts';
import './unit/native/process.test.ts';
import './unit/report/report.test.ts';
