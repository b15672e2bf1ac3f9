/* Raw sockets as descriptors, for those who send from them outside JavaScript. */
#include "common.h"

#include <errno.h>
#include <sys/socket.h>

/* socketOpen(domain, protocol): a raw socket, non-blocking, close-on-exec. */
static napi_value socket_open(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int32_t domain, protocol;
  if (!args(env, info, 2, argv) || !arg_int32(env, argv[0], "domain", &domain) ||
      !arg_int32(env, argv[1], "protocol", &protocol))
    return NULL;
  int fd = socket(domain, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  return fd < 0 ? throw_errno(env, errno, "socket") : number(env, fd);
}

static napi_value socket_option(napi_env env, napi_callback_info info) {
  napi_value argv[4];
  int32_t fd, level, option;
  struct bytes value;
  if (!args(env, info, 4, argv) || !arg_int32(env, argv[0], "fd", &fd) || !arg_int32(env, argv[1], "level", &level) ||
      !arg_int32(env, argv[2], "option", &option) || !arg_bytes(env, argv[3], "value", &value))
    return NULL;
  return setsockopt(fd, level, option, value.data, (socklen_t)value.length) == 0
             ? undefined(env)
             : throw_errno(env, errno, "setsockopt");
}

/* socketSend(fd, address, data): one packet, never waits. */
static napi_value socket_send(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int32_t fd;
  struct bytes address, data;
  if (!args(env, info, 3, argv) || !arg_int32(env, argv[0], "fd", &fd) || !arg_bytes(env, argv[1], "address", &address) ||
      !arg_bytes(env, argv[2], "data", &data))
    return NULL;
  const ssize_t sent = sendto(fd, data.data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL,
                              (const struct sockaddr *)address.data, (socklen_t)address.length);
  return sent < 0 ? throw_errno(env, errno, "sendto") : undefined(env);
}

static const struct method METHODS[] = {
    {"socketOpen", socket_open}, {"socketOption", socket_option}, {"socketSend", socket_send}, {NULL, NULL}};

void register_socket(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
