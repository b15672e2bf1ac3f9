/** One process for all tests that need no network of their own: on Node 20 each file would cost a process. `tidy` keeps this list whole. */
import './native/fd.test.ts';
import './native/netlink.test.ts';
import './native/packet.test.ts';
import './tidy.test.ts';
import './unit/io/netlink/cleanup.test.ts';
import './unit/io/netlink/messages.test.ts';
import './unit/io/netlink/picture.test.ts';
import './unit/io/netlink/request-socket.test.ts';
import './unit/io/netlink/rt-netlink.test.ts';
