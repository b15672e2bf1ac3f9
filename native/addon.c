/* vipd's native addon: what Node and raw-socket cannot do. No protocol knowledge. */
#include "common.h"

NAPI_MODULE_INIT() {
  register_fd(env, exports);
  register_datagram(env, exports);
  register_packet(env, exports);
  register_pacer(env, exports);
  register_socket(env, exports);
  register_netlink(env, exports);
  register_unix(env, exports);
  register_process(env, exports);
  register_udp(env, exports);
  register_users(env, exports);
  register_inotify(env, exports);
  register_link(env, exports);
  register_bpf(env, exports);
  register_timer(env, exports);
  register_memory(env, exports);
  return exports;
}
