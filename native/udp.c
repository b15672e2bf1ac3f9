/* UDP with what Node's dgram cannot tell: the TTL and the interface of each datagram, in batches. Knows nothing of what is carried. */
#include "fd.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One datagram's account in `info`; native.ts names the same offsets. */
struct account {
  int32_t length; /* as sent: more than a slot when it was cut */
  int32_t ttl;    /* -1: the kernel did not say */
  int32_t interface_index;
  int32_t port;
  uint8_t source[16];
  uint8_t destination[16];
};
_Static_assert(sizeof(struct account) == 48, "native.ts counts on it");

/* false after throwing. An all-zero address is "any". */
static bool make_address(napi_env env, napi_value octets, uint32_t scope, uint32_t port, struct sockaddr_storage *out,
                         socklen_t *length) {
  struct bytes address;
  if (!arg_bytes(env, octets, "address", &address)) return false;
  if ((address.length != 4 && address.length != 16) || port > UINT16_MAX) {
    throw_type(env, address.length == 4 || address.length == 16 ? "port must be in 0..65535"
                                                                : "address must have 4 or 16 octets");
    return false;
  }
  memset(out, 0, sizeof *out);
  if (address.length == 4) {
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    memcpy(&in->sin_addr, address.data, 4);
    *length = sizeof *in;
  } else {
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)out;
    in->sin6_family = AF_INET6;
    in->sin6_port = htons((uint16_t)port);
    in->sin6_scope_id = scope;
    memcpy(&in->sin6_addr, address.data, 16);
    *length = sizeof *in;
  }
  return true;
}

static bool set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static bool prepare(int fd, int family, int ttl, int buffer) {
  if (buffer > 0 && !set(fd, SOL_SOCKET, SO_RCVBUFFORCE, buffer) && !set(fd, SOL_SOCKET, SO_RCVBUF, buffer)) return false;
  if (family == AF_INET)
    return set(fd, IPPROTO_IP, IP_TTL, ttl) && set(fd, IPPROTO_IP, IP_RECVTTL, 1) && set(fd, IPPROTO_IP, IP_PKTINFO, 1);
  return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) && set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl) &&
         set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) && set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

/* udpOpen(address, scopeId, port, ttl, receiveBufferBytes): see native.ts. */
static napi_value udp_open(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  uint32_t scope, port, ttl;
  int32_t buffer;
  struct sockaddr_storage address;
  socklen_t length;
  if (!args(env, info, 5, argv) || !arg_uint32(env, argv[1], "scopeId", &scope) ||
      !arg_uint32(env, argv[2], "port", &port) || !arg_uint32(env, argv[3], "ttl", &ttl) ||
      !arg_int32(env, argv[4], "receiveBufferBytes", &buffer) || !make_address(env, argv[0], scope, port, &address, &length))
    return NULL;
  if (ttl < 1 || ttl > 255) return throw_type(env, "ttl must be in 1..255");
  int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return throw_errno(env, errno, "socket");
  bool ready = prepare(fd, address.ss_family, (int)ttl, buffer);
  if (ready && bind(fd, (struct sockaddr *)&address, length) == 0) return number(env, fd);
  int error = errno;
  close(fd);
  return throw_errno(env, error, ready ? "bind" : "setsockopt");
}

/* udpSend(fd, address, scopeId, port, data): never waits. */
static napi_value udp_send(napi_env env, napi_callback_info info) {
  napi_value argv[5];
  int fd;
  uint32_t scope, port;
  struct bytes data;
  struct sockaddr_storage address;
  socklen_t length;
  if (!args(env, info, 5, argv) || !arg_fd(env, argv[0], "fd", &fd) || !arg_uint32(env, argv[2], "scopeId", &scope) ||
      !arg_uint32(env, argv[3], "port", &port) || !arg_bytes(env, argv[4], "data", &data) ||
      !make_address(env, argv[1], scope, port, &address, &length))
    return NULL;
  if (sendto(fd, data.data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0)
    return throw_errno(env, errno, "sendto");
  return undefined(env);
}

enum { BATCH = 32, CONTROL = 128 };

static void read_control(struct msghdr *message, struct account *out) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
        (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
      int ttl;
      memcpy(&ttl, CMSG_DATA(c), sizeof ttl);
      out->ttl = ttl;
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo in;
      memcpy(&in, CMSG_DATA(c), sizeof in);
      out->interface_index = in.ipi_ifindex;
      memcpy(out->destination, &in.ipi_addr, 4);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo in;
      memcpy(&in, CMSG_DATA(c), sizeof in);
      out->interface_index = (int32_t)in.ipi6_ifindex;
      memcpy(out->destination, &in.ipi6_addr, 16);
    }
  }
}

static void read_source(const struct sockaddr_storage *from, struct account *out) {
  if (from->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)from;
    out->port = ntohs(in->sin_port);
    memcpy(out->source, &in->sin_addr, 4);
  } else if (from->ss_family == AF_INET6) {
    const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)from;
    out->port = ntohs(in->sin6_port);
    memcpy(out->source, &in->sin6_addr, 16);
  }
}

/* udpReceive(fd, slotBytes, out, info): one recvmmsg of at most 32; as many slots as both buffers hold. */
static napi_value udp_receive(napi_env env, napi_callback_info info) {
  napi_value argv[4];
  int fd;
  uint32_t slot;
  struct bytes out, accounts;
  if (!args(env, info, 4, argv) || !arg_fd(env, argv[0], "fd", &fd) || !arg_uint32(env, argv[1], "slotBytes", &slot) ||
      !arg_bytes(env, argv[2], "out", &out) || !arg_bytes(env, argv[3], "info", &accounts))
    return NULL;
  size_t room = accounts.length / sizeof(struct account);
  if (slot == 0 || out.length / slot < room) room = slot == 0 ? 0 : out.length / slot;
  if (room == 0) return throw_type(env, "out and info must hold one datagram");
  unsigned count = room < BATCH ? (unsigned)room : BATCH;
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  struct sockaddr_storage from[BATCH];
  _Alignas(struct cmsghdr) char control[BATCH][CONTROL];
  memset(messages, 0, sizeof messages[0] * count);
  for (unsigned i = 0; i < count; i++) {
    parts[i] = (struct iovec){out.data + (size_t)i * slot, slot};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                          .msg_namelen = sizeof from[i],
                                          .msg_iov = &parts[i],
                                          .msg_iovlen = 1,
                                          .msg_control = control[i],
                                          .msg_controllen = CONTROL};
  }
  int got;
  do got = recvmmsg(fd, messages, count, MSG_DONTWAIT | MSG_TRUNC, NULL);
  while (got < 0 && errno == EINTR);
  if (got < 0) return errno == EAGAIN ? number(env, 0) : throw_errno(env, errno, "recvmmsg");
  for (int i = 0; i < got; i++) {
    struct account a = {.length = (int32_t)messages[i].msg_len, .ttl = -1};
    read_source(&from[i], &a);
    read_control(&messages[i].msg_hdr, &a);
    memcpy(accounts.data + (size_t)i * sizeof a, &a, sizeof a);
  }
  return number(env, got);
}

static const struct method METHODS[] = {
    {"udpOpen", udp_open}, {"udpSend", udp_send}, {"udpReceive", udp_receive}, {NULL, NULL}};

void register_udp(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
