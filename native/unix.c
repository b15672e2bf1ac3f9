/* Unix datagrams (sd_notify, journald, syslog) and one write that never waits. Node has neither. */
#include "common.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Fills `address` from a path; '@' first means the abstract name space. false after throwing. */
static bool make_address(napi_env env, napi_value value, struct sockaddr_un *address, socklen_t *length) {
  char path[sizeof address->sun_path];
  if (!arg_string(env, value, "path", path, sizeof path)) return false;
  size_t size = strlen(path);
  if (size == 0) {
    throw_type(env, "path must not be empty");
    return false;
  }
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, size);
  if (path[0] == '@') address->sun_path[0] = '\0';
  /* An abstract name is exactly as long as it is; a path carries its NUL. */
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (path[0] == '@' ? 0 : 1));
  return true;
}

static napi_value open_with(napi_env env, napi_callback_info info,
                            int (*attach)(int, const struct sockaddr *, socklen_t), const char *syscall) {
  napi_value argv[1];
  struct sockaddr_un address;
  socklen_t length;
  if (!args(env, info, 1, argv) || !make_address(env, argv[0], &address, &length)) return NULL;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return throw_errno(env, errno, "socket");
  if (attach(fd, (struct sockaddr *)&address, length) != 0) {
    int error = errno;
    close(fd);
    return throw_errno(env, error, syscall);
  }
  return number(env, fd);
}

static napi_value unix_open(napi_env env, napi_callback_info info) { return open_with(env, info, connect, "connect"); }

static napi_value unix_bind(napi_env env, napi_callback_info info) { return open_with(env, info, bind, "bind"); }

/* The receiver is full or gone: nothing to throw about, the caller queues and opens again. */
static bool not_now(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM || error == ECONNREFUSED ||
         error == ECONNRESET || error == ENOTCONN || error == EPIPE || error == EINTR;
}

static napi_value unix_send(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int32_t fd;
  struct bytes data;
  if (!args(env, info, 2, argv) || !arg_int32(env, argv[0], "fd", &fd) || !arg_bytes(env, argv[1], "data", &data))
    return NULL;
  if (send(fd, data.data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return boolean(env, true);
  return not_now(errno) ? boolean(env, false) : throw_errno(env, errno, "send");
}

static napi_value unix_receive(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int32_t fd;
  struct bytes out;
  if (!args(env, info, 2, argv) || !arg_int32(env, argv[0], "fd", &fd) || !arg_bytes(env, argv[1], "out", &out))
    return NULL;
  ssize_t got = recv(fd, out.data, out.length, MSG_DONTWAIT | MSG_TRUNC);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? number(env, 0) : throw_errno(env, errno, "recv");
  if ((size_t)got > out.length) return throw_errno(env, EMSGSIZE, "recv");
  return number(env, (double)got);
}

/*
 * Sockets take MSG_DONTWAIT. Anything else is asked with poll first and given at most one page: a pipe that polls writable
 * has room for that much, and a descriptor that was opened O_NONBLOCK cannot wait anyway.
 */
static napi_value write_some(napi_env env, napi_callback_info info) {
  enum { PAGE = 4096 };
  napi_value argv[2];
  int32_t fd;
  struct bytes data;
  if (!args(env, info, 2, argv) || !arg_int32(env, argv[0], "fd", &fd) || !arg_bytes(env, argv[1], "data", &data))
    return NULL;
  ssize_t put = send(fd, data.data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put < 0 && errno == ENOTSOCK) {
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) < 1) return number(env, 0);
    put = write(fd, data.data, data.length < PAGE ? data.length : PAGE);
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) return number(env, 0);
    return put < 0 ? throw_errno(env, errno, "write") : number(env, (double)put);
  }
  if (put >= 0) return number(env, (double)put);
  return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? number(env, 0) : throw_errno(env, errno, "send");
}

static const struct method METHODS[] = {
    {"unixOpen", unix_open},       {"unixBind", unix_bind},   {"unixSend", unix_send},
    {"unixReceive", unix_receive}, {"writeSome", write_some}, {NULL, NULL},
};

void register_unix(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
