/* AF_PACKET sockets: bursts of whole Ethernet frames out, filtered frames in. Knows no protocol above Ethernet. */
#include "fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/* Frames of one sendmmsg: 26 KB of stack. The kernel would take 1,024. */
enum { CHUNK = 256, LONGEST_FRAME = 65535 };

/* A thousand small frames weigh about 1 MB in the kernel's count; its default takes a few hundred. */
enum { SEND_BUFFER = 4 << 20 };

static napi_value fail_closing(napi_env env, int fd, int error, const char *syscall) {
  close(fd);
  return throw_errno(env, error, syscall);
}

/* packetOpen(interfaceIndex, etherType, filter): non-blocking, close-on-exec.
 * interfaceIndex 0 with etherType 0: sends on any interface; with another etherType: hears all interfaces. Frames that
 * this host sends are not heard. A link that is down is no error here; packetReceive tells ENETDOWN, once.
 * EPERM: CAP_NET_RAW is missing. ENODEV: no such interface. EINVAL: the kernel refused the filter. TypeError: arguments. */
static napi_value packet_open(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int index, ether_type;
  struct sock_fprog filter = {0};
  if (!args(env, info, 3, argv) || !arg_fd(env, argv[0], "interfaceIndex", &index) ||
      !arg_fd(env, argv[1], "etherType", &ether_type) || !arg_filter(env, argv[2], "filter", 0, &filter))
    return NULL;
  if (ether_type > 0xffff) return throw_type(env, "etherType must be in 0..65535");

  /* Protocol 0 until the filter is on: nothing foreign gets in before. */
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return throw_errno(env, errno, "socket");
  if (filter.len > 0 && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0)
    return fail_closing(env, fd, errno, "setsockopt");
  int on = 1;
  /* Linux 4.20; before it the reader drops its own frames itself, as it must anyhow for relayed ones. */
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 && errno != ENOPROTOOPT)
    return fail_closing(env, fd, errno, "setsockopt");
  /* As much as we may: a burst that does not fit is EAGAIN later, no error here. */
  int size = SEND_BUFFER;
  if (ether_type == 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (index != 0 || ether_type != 0) {
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)ether_type), .sll_ifindex = index};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return fail_closing(env, fd, errno, "bind");
  }
  return number(env, fd);
}

/* The bytes of frames[i]; false after throwing. */
static bool frame_at(napi_env env, napi_value frames, uint32_t i, struct bytes *out) {
  napi_value frame;
  if (napi_get_element(env, frames, i, &frame) != napi_ok) return false;
  if (!arg_bytes(env, frame, "each frame", out)) return false;
  if (out->length >= ETH_HLEN && out->length <= LONGEST_FRAME) return true;
  throw_type(env, "each frame must have 14 to 65535 octets");
  return false;
}

/* Sends `count` frames of `frames` from `first`. Returns how many the kernel took; errno says why it were fewer.
 * -1 after throwing. */
static int send_chunk(napi_env env, int fd, int index, napi_value frames, uint32_t first, uint32_t count) {
  struct mmsghdr messages[CHUNK];
  struct iovec parts[CHUNK];
  struct sockaddr_ll addresses[CHUNK];
  memset(messages, 0, sizeof messages);
  memset(addresses, 0, sizeof addresses);
  for (uint32_t i = 0; i < count; i++) {
    struct bytes frame;
    if (!frame_at(env, frames, first + i, &frame)) return -1;
    parts[i] = (struct iovec){.iov_base = frame.data, .iov_len = frame.length};
    addresses[i].sll_family = AF_PACKET;
    addresses[i].sll_ifindex = index;
    addresses[i].sll_halen = ETH_ALEN;
    memcpy(addresses[i].sll_addr, frame.data, ETH_ALEN);
    memcpy(&addresses[i].sll_protocol, frame.data + 2 * ETH_ALEN, sizeof addresses[i].sll_protocol);
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &addresses[i], .msg_namelen = sizeof addresses[i], .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  uint32_t done = 0;
  while (done < count) {
    int taken = sendmmsg(fd, messages + done, count - done, MSG_DONTWAIT);
    if (taken > 0) done += (uint32_t)taken;
    else if (taken == 0 || errno != EINTR) break;
  }
  return (int)done;
}

/* packetSend(fd, interfaceIndex, frames): every frame is checked before the first is sent. Throws only when the kernel
 * took none: ENETDOWN (link administratively down), ENODEV / ENXIO (interface gone), ENOBUFS / EAGAIN (queue full),
 * EMSGSIZE (longer than the MTU), EBADF, ENOTSOCK. A smaller count than frames.length: call again with the rest to learn why. */
static napi_value packet_send(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int fd, index;
  bool is_array = false;
  uint32_t count = 0;
  if (!args(env, info, 3, argv) || !arg_fd(env, argv[0], "fd", &fd) ||
      !arg_fd(env, argv[1], "interfaceIndex", &index))
    return NULL;
  if (napi_is_array(env, argv[2], &is_array) != napi_ok || !is_array)
    return throw_type(env, "frames must be an array");
  napi_get_array_length(env, argv[2], &count);

  uint32_t sent = 0;
  for (int pass = 0; pass < 2; pass++) {
    for (uint32_t first = 0; first < count; first += CHUNK) {
      uint32_t some = count - first < CHUNK ? count - first : CHUNK;
      napi_handle_scope scope;
      napi_open_handle_scope(env, &scope);
      struct bytes ignored;
      int taken = (int)some;
      if (pass == 0) {
        for (uint32_t i = 0; i < some && taken >= 0; i++)
          if (!frame_at(env, argv[2], first + i, &ignored)) taken = -1;
      } else {
        taken = send_chunk(env, fd, index, argv[2], first, some);
      }
      int error = errno;
      napi_close_handle_scope(env, scope);
      if (taken < 0) return NULL;
      if (pass == 0) continue;
      sent += (uint32_t)taken;
      if ((uint32_t)taken == some) continue;
      return sent > 0 ? number(env, sent) : throw_errno(env, error, "sendmmsg");
    }
  }
  return number(env, sent);
}

/* packetReceive(fd, out): EMSGSIZE: the frame was longer than `out` and is lost. ENETDOWN: the link went down (told once;
 * the socket works again when it is up). EBADF, ENOTSOCK. */
static napi_value packet_receive(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int fd;
  struct bytes out;
  if (!args(env, info, 2, argv) || !arg_fd(env, argv[0], "fd", &fd) || !arg_bytes(env, argv[1], "out", &out)) return NULL;
  if (out.length == 0) return throw_type(env, "out must not be empty");
  ssize_t length;
  do length = recv(fd, out.data, out.length, MSG_DONTWAIT | MSG_TRUNC);
  while (length < 0 && errno == EINTR);
  if (length < 0) return errno == EAGAIN ? number(env, 0) : throw_errno(env, errno, "recv");
  if ((size_t)length > out.length) return throw_errno(env, EMSGSIZE, "recv");
  return number(env, (double)length);
}

/* One close that is under way. */
struct closing {
  napi_async_work work;
  int fd;
};

static void close_execute(napi_env env, void *data) {
  (void)env;
  close(((struct closing *)data)->fd);
}

static void close_complete(napi_env env, napi_status status, void *data) {
  struct closing *job = data;
  /* The environment goes down before a thread was free: then it is closed here. */
  if (status == napi_cancelled) close(job->fd);
  napi_delete_async_work(env, job->work);
  free(job);
}

/* packetClose(fd): closes on a thread of libuv's pool, because the kernel waits for an RCU grace period when a packet
 * socket ends: 5 to 30 ms that JavaScript must not stand still for. EBADF: not open. ENOTSOCK: no socket. EBUSY: watched. */
static napi_value packet_close(napi_env env, napi_callback_info info) {
  napi_value argv[1], name;
  int fd, type;
  socklen_t size = sizeof type;
  if (!args(env, info, 1, argv) || !arg_fd(env, argv[0], "fd", &fd)) return NULL;
  /* Known before: the thread could not throw. */
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return throw_errno(env, errno, "getsockopt");
  if (fd_is_watched(fd)) return throw_errno(env, EBUSY, "close");
  struct closing *job = calloc(1, sizeof *job);
  if (job == NULL) return throw_errno(env, ENOMEM, "calloc");
  job->fd = fd;
  napi_create_string_utf8(env, "vipd-close", NAPI_AUTO_LENGTH, &name);
  if (napi_create_async_work(env, NULL, name, close_execute, close_complete, job, &job->work) != napi_ok) {
    free(job);
    return throw_errno(env, ENOMEM, "napi_create_async_work");
  }
  napi_queue_async_work(env, job->work);
  return undefined(env);
}

static const struct method METHODS[] = {
    {"packetOpen", packet_open}, {"packetSend", packet_send}, {"packetReceive", packet_receive},
    {"packetClose", packet_close}, {NULL, NULL}};

void register_packet(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
