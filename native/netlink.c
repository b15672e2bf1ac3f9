/* Netlink sockets on which an overrun (ENOBUFS) is an ordinary error of one read. Bytes only: messages are built and
   read in JavaScript. Senders other than the kernel are ignored. */
#include "common.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* Datagrams of other senders and interrupted calls that one read steps over before it lets the event loop go on. */
enum { MAX_SKIPPED = 64 };

/* A kernel without the option is no reason to fail: the callers get along without its comfort. */
static void try_netlink_option(int fd, int option) {
  const int on = 1;
  (void)setsockopt(fd, SOL_NETLINK, option, &on, sizeof on);
}

static void set_receive_buffer(int fd, int bytes) {
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return;
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

static napi_value netlink_open(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int32_t protocol;
  uint32_t groups, bytes;
  if (!args(env, info, 3, argv) || !arg_int32(env, argv[0], "protocol", &protocol) ||
      !arg_uint32(env, argv[1], "groups", &groups) || !arg_uint32(env, argv[2], "receiveBufferBytes", &bytes))
    return NULL;
  if (bytes > INT32_MAX / 2) return throw_type(env, "receiveBufferBytes must be in 0..1073741823");

  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) return throw_errno(env, errno, "socket");
  if (bytes != 0) set_receive_buffer(fd, (int)bytes);
  try_netlink_option(fd, NETLINK_EXT_ACK);
  try_netlink_option(fd, NETLINK_GET_STRICT_CHK);
  try_netlink_option(fd, NETLINK_CAP_ACK);

  struct sockaddr_nl address;
  memset(&address, 0, sizeof address);
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
    const int error = errno;
    close(fd);
    return throw_errno(env, error, "bind");
  }
  return number(env, fd);
}

static napi_value netlink_send(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int32_t fd;
  struct bytes message;
  if (!args(env, info, 2, argv) || !arg_int32(env, argv[0], "fd", &fd) || !arg_bytes(env, argv[1], "message", &message))
    return NULL;
  if (message.length == 0) return throw_type(env, "message must not be empty");

  struct sockaddr_nl kernel;
  memset(&kernel, 0, sizeof kernel);
  kernel.nl_family = AF_NETLINK;
  const ssize_t sent = sendto(fd, message.data, message.length, 0, (const struct sockaddr *)&kernel, sizeof kernel);
  if (sent < 0) return throw_errno(env, errno, "sendto");
  if ((size_t)sent != message.length) return throw_errno(env, EIO, "sendto");
  return undefined(env);
}

static napi_value netlink_receive(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int32_t fd;
  struct bytes out;
  if (!args(env, info, 2, argv) || !arg_int32(env, argv[0], "fd", &fd) || !arg_bytes(env, argv[1], "out", &out))
    return NULL;
  if (out.length == 0) return throw_type(env, "out must not be empty");

  for (int skipped = 0; skipped < MAX_SKIPPED; skipped++) {
    struct sockaddr_nl from;
    memset(&from, 0, sizeof from);
    struct iovec part = {out.data, out.length};
    struct msghdr header;
    memset(&header, 0, sizeof header);
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t length = recvmsg(fd, &header, 0);
    if (length < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return number(env, 0);
      return throw_errno(env, errno, "recvmsg");
    }
    if (from.nl_pid != 0 || length == 0) continue;
    if (header.msg_flags & MSG_TRUNC) return throw_errno(env, EMSGSIZE, "recvmsg");
    return number(env, (double)length);
  }
  return number(env, 0);
}

static const struct method METHODS[] = {{"netlinkOpen", netlink_open},
                                        {"netlinkSend", netlink_send},
                                        {"netlinkReceive", netlink_receive},
                                        {NULL, NULL}};

void register_netlink(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
