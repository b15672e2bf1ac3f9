/** One process for all tests that need no network of their own: on Node 20 each file would cost a process. `tidy` keeps this list whole. */
import './native/fd.test.ts';
import './native/packet.test.ts';
import './tidy.test.ts';
import './unit/cli/capture-damage.test.ts';
import './unit/cli/decode.test.ts';
import './unit/io/announce/announcer.test.ts';
import './unit/io/announce/watch.test.ts';
import './unit/io/bpf.test.ts';
import './unit/io/errno.test.ts';
import './unit/io/sockets/open.test.ts';
import './unit/io/sockets/receive.test.ts';
import './unit/io/sockets/send.test.ts';
import './unit/wire/damage.test.ts';
import './unit/wire/golden.test.ts';
import './unit/wire/property.test.ts';
import './unit/wire/vrrp.test.ts';
