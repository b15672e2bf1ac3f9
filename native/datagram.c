/* What a raw IPv6 socket of another library cannot tell: its descriptor, and where a packet came from and how far.
 * Knows no protocol above IPv6. */
#include "fd.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

/* `about`: source, destination, then two numbers in the host's byte order. */
enum { ABOUT_LENGTH = 40, DESTINATION_AT = 16, HOP_LIMIT_AT = 32, INTERFACE_AT = 36 };

/* Descriptors that are tried where the limit is higher or unknown. */
enum { MAX_DESCRIPTORS = 1 << 20 };

/* socketOfCookie(cookie): the descriptor whose SO_COOKIE is these 8 octets. ENOENT: no open socket has it. */
static napi_value socket_of_cookie(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct bytes cookie;
  if (!args(env, info, 1, argv) || !arg_bytes(env, argv[0], "cookie", &cookie)) return NULL;
  if (cookie.length != sizeof(uint64_t)) return throw_type(env, "cookie must be 8 octets");
  struct rlimit limit;
  int end = MAX_DESCRIPTORS;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < MAX_DESCRIPTORS) end = (int)limit.rlim_max;
  for (int fd = 0; fd < end; fd++) {
    uint64_t have = 0;
    socklen_t length = sizeof have;
    if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &have, &length) == 0 && length == sizeof have &&
        memcmp(&have, cookie.data, sizeof have) == 0)
      return number(env, fd);
  }
  return throw_errno(env, ENOENT, "getsockopt");
}

static void read_control(struct msghdr *header, uint8_t *about) {
  int32_t hop_limit = -1;
  struct in6_pktinfo to;
  memset(&to, 0, sizeof to);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
    if (c->cmsg_level != IPPROTO_IPV6) continue;
    if (c->cmsg_type == IPV6_HOPLIMIT && c->cmsg_len >= CMSG_LEN(sizeof(int)))
      memcpy(&hop_limit, CMSG_DATA(c), sizeof hop_limit);
    else if (c->cmsg_type == IPV6_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof to))
      memcpy(&to, CMSG_DATA(c), sizeof to);
  }
  uint32_t index = to.ipi6_ifindex;
  memcpy(about + DESTINATION_AT, &to.ipi6_addr, sizeof to.ipi6_addr);
  memcpy(about + HOP_LIMIT_AT, &hop_limit, sizeof hop_limit);
  memcpy(about + INTERFACE_AT, &index, sizeof index);
}

/* receiveIpv6(fd, out, about): -1 when there is nothing; 0 is an empty packet. EMSGSIZE: it did not fit and is gone.
 * ENETDOWN and other errors that the socket holds are read off by this call. EAFNOSUPPORT: not an IPv6 socket. */
static napi_value receive_ipv6(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int fd;
  struct bytes out, about;
  if (!args(env, info, 3, argv) || !arg_fd(env, argv[0], "fd", &fd) || !arg_bytes(env, argv[1], "out", &out) ||
      !arg_bytes(env, argv[2], "about", &about))
    return NULL;
  if (out.length == 0) return throw_type(env, "out must not be empty");
  if (about.length != ABOUT_LENGTH) return throw_type(env, "about must be 40 octets");

  union {
    struct cmsghdr align;
    uint8_t bytes[256];
  } control;
  struct sockaddr_in6 from;
  struct iovec part = {out.data, out.length};
  struct msghdr header;
  memset(&from, 0, sizeof from);
  memset(&header, 0, sizeof header);
  header.msg_name = &from;
  header.msg_namelen = sizeof from;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof control.bytes;
  ssize_t length;
  do length = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? number(env, -1) : throw_errno(env, errno, "recvmsg");
  if (header.msg_flags & MSG_TRUNC) return throw_errno(env, EMSGSIZE, "recvmsg");
  if (from.sin6_family != AF_INET6) return throw_errno(env, EAFNOSUPPORT, "recvmsg");
  memcpy(about.data, &from.sin6_addr, sizeof from.sin6_addr);
  read_control(&header, about.data);
  return number(env, (double)length);
}

static const struct method METHODS[] = {
    {"socketOfCookie", socket_of_cookie}, {"receiveIpv6", receive_ipv6}, {NULL, NULL}};

void register_datagram(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
