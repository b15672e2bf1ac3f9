/* The pacer: a thread that repeats prepared packets at fixed times, so that garbage collection, a reload or a blocked
 * JavaScript thread delays none of them. It knows no protocol: octets, addresses, times, and where in a packet a 16-bit
 * counter stands. JavaScript holds a lease; when that runs out the thread carries out the last will that was left with it
 * (packets, then netlink messages) and repeats nothing any more.
 *
 * One lock guards everything. It inherits priorities, and unlocking it hands it to who waits, so neither side starves. The
 * thread holds it while it sends, for at most CHUNK packets at a time: once `pacerDisarm` has returned nothing more is sent. */
#include "common.h"

#include <errno.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum {
  CHUNK = 128,        /* packets sent with the lock held */
  MOST_PACKETS = 256, /* of one entry */
  MOST_SLOTS = 65536,
  LONGEST_PACKET = 65535,
  LONGEST_FINAL = 1 << 20,
  FINAL_PIECE = 32768, /* octets, a single longer message apart */
  WILL_ROUNDS = 2, /* one lost packet must not cost the peers their whole time-out */
};
static const uint32_t NOWHERE = UINT32_MAX;
static const uint64_t STANDSTILL_NS = 100000000u;

struct packet {
  struct sockaddr_storage to;
  socklen_t to_length;
  uint8_t *data;
  uint32_t length;
};
struct packets {
  struct packet *list;
  uint32_t count;
};
struct entry {
  uint32_t place; /* in the heap, NOWHERE while disarmed */
  int fd;
  int64_t counter_at; /* offset of a 16-bit counter in network order, 1..65535; -1 = none */
  uint64_t interval_ns, next_ns;
  uint64_t order; /* among those of one time: by socket, and the same each time */
  struct packets repeated, will;
  struct bytes final; /* netlink messages of the last will */
  uint64_t sent, failed;
  int last_error;
};
struct keeper;
static struct pacer {
  napi_env env; /* of the one environment that may use it */
  bool running, stopping, lost;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint64_t lease_ns; /* CLOCK_MONOTONIC; 0 = none */
  struct keeper *keeper;
  uint64_t latest_ns; /* longest delay of a packet since the start */
  int netlink_fd;
  struct entry **slots;
  uint32_t slot_count;
  struct entry **heap;
  uint32_t heap_count;
} the;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- the heap: entries by next_ns */

static void put(uint32_t place, struct entry *e) {
  the.heap[place] = e;
  e->place = place;
}

static bool before(const struct entry *a, const struct entry *b) {
  return a->next_ns != b->next_ns ? a->next_ns < b->next_ns : a->order < b->order;
}

static void sift(uint32_t place) {
  struct entry *e = the.heap[place];
  while (place > 0 && before(e, the.heap[(place - 1) / 2])) {
    put(place, the.heap[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  for (;;) {
    uint32_t child = 2 * place + 1;
    if (child >= the.heap_count) break;
    if (child + 1 < the.heap_count && before(the.heap[child + 1], the.heap[child])) child++;
    if (!before(the.heap[child], e)) break;
    put(place, the.heap[child]);
    place = child;
  }
  put(place, e);
}

static void take_out(struct entry *e) {
  if (e->place == NOWHERE) return;
  uint32_t place = e->place;
  struct entry *last = the.heap[--the.heap_count];
  e->place = NOWHERE;
  if (last == e) return;
  put(place, last);
  sift(place);
}

/* --- sending */

struct batch {
  struct mmsghdr messages[MOST_PACKETS];
  struct iovec parts[MOST_PACKETS];
  struct entry *owners[MOST_PACKETS];
  uint32_t count;
};

static void add(struct batch *b, struct entry *e, struct packet *p) {
  uint32_t i = b->count++;
  b->parts[i] = (struct iovec){.iov_base = p->data, .iov_len = p->length};
  memset(&b->messages[i], 0, sizeof b->messages[i]);
  b->messages[i].msg_hdr = (struct msghdr){
      .msg_name = &p->to, .msg_namelen = p->to_length, .msg_iov = &b->parts[i], .msg_iovlen = 1};
  b->owners[i] = e;
}

/* All of one socket in one call; one that fails is counted and stepped over. */
static void send_run(struct batch *b, uint32_t from, uint32_t to) {
  int fd = b->owners[from]->fd;
  while (from < to) {
    int taken = sendmmsg(fd, b->messages + from, to - from, MSG_DONTWAIT);
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) {
      b->owners[from]->failed++;
      b->owners[from]->last_error = taken < 0 ? errno : EIO;
      from++;
    }
    for (; taken > 0; taken--) b->owners[from++]->sent++;
  }
}

static void send_batch(struct batch *b) {
  for (uint32_t from = 0; from < b->count;) {
    uint32_t to = from + 1;
    /* The rest of this socket's packets move up behind the first. */
    for (uint32_t i = to; i < b->count; i++) {
      if (b->owners[i]->fd != b->owners[from]->fd) continue;
      struct mmsghdr message = b->messages[to];
      struct entry *owner = b->owners[to];
      b->messages[to] = b->messages[i];
      b->owners[to] = b->owners[i];
      b->messages[i] = message;
      b->owners[i] = owner;
      to++;
    }
    send_run(b, from, to);
    from = to;
  }
}

static void count_up(struct entry *e) {
  if (e->counter_at < 0) return;
  for (uint32_t i = 0; i < e->repeated.count; i++) {
    uint8_t *at = e->repeated.list[i].data + e->counter_at;
    uint32_t next = ((uint32_t)at[0] << 8 | at[1]) % 65535 + 1;
    at[0] = (uint8_t)(next >> 8);
    at[1] = (uint8_t)next;
  }
}

/* Sends what is due, at most CHUNK packets and at least one entry. Times stay on their grid; missed ones are left out. */
static void send_due(uint64_t now) {
  static struct batch b; /* of the one thread */
  b.count = 0;
  while (the.heap_count > 0) {
    struct entry *e = the.heap[0];
    if (e->next_ns > now || (b.count > 0 && b.count + e->repeated.count > CHUNK)) break;
    if (now - e->next_ns > the.latest_ns) the.latest_ns = now - e->next_ns;
    count_up(e);
    for (uint32_t i = 0; i < e->repeated.count; i++) add(&b, e, &e->repeated.list[i]);
    e->next_ns += ((now - e->next_ns) / e->interval_ns + 1) * e->interval_ns;
    sift(0);
  }
  send_batch(&b);
}

/* The kernel takes no more in one piece than the send buffer holds. */
static void send_final(const struct bytes *final) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  uint8_t answer[256];
  for (size_t from = 0; from < final->length;) {
    size_t to = from;
    do {
      struct nlmsghdr h;
      if (final->length - to < sizeof h) return;
      memcpy(&h, final->data + to, sizeof h);
      size_t length = NLMSG_ALIGN((size_t)h.nlmsg_len);
      if (length < sizeof h || length > final->length - to) return;
      if (to > from && to + length - from > FINAL_PIECE) break;
      to += length;
    } while (to < final->length);
    sendto(the.netlink_fd, final->data + from, to - from, 0, (struct sockaddr *)&kernel, sizeof kernel);
    while (recv(the.netlink_fd, answer, sizeof answer, MSG_DONTWAIT) > 0) continue;
    from = to;
  }
}

static void last_will(void) {
  static struct batch b;
  for (int round = 0; round < WILL_ROUNDS; round++)
    for (uint32_t k = 0; k < the.heap_count; k++) {
      b.count = 0;
      for (uint32_t i = 0; i < the.heap[k]->will.count; i++) add(&b, the.heap[k], &the.heap[k]->will.list[i]);
      send_batch(&b);
    }
  for (uint32_t k = 0; k < the.heap_count; k++) {
    the.heap[k]->place = NOWHERE;
    send_final(&the.heap[k]->final);
  }
  the.heap_count = 0;
  the.lost = true;
}

static void wait_until(uint64_t at) {
  if (at == UINT64_MAX) {
    pthread_cond_wait(&the.changed, &the.lock);
    return;
  }
  struct timespec t = {.tv_sec = (time_t)(at / 1000000000u), .tv_nsec = (long)(at % 1000000000u)};
  pthread_cond_timedwait(&the.changed, &the.lock, &t);
  /* This thread was late itself: the whole process or host stood still, and JavaScript could not have renewed anything. */
  uint64_t now = now_ns();
  if (the.lease_ns != 0 && now > at + STANDSTILL_NS) the.lease_ns += now - at;
}

static void *run(void *ignored) {
  (void)ignored;
  prctl(PR_SET_NAME, "vipd-pacer", 0, 0, 0);
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  pthread_mutex_lock(&the.lock);
  while (!the.stopping) {
    uint64_t now = now_ns(), next = UINT64_MAX;
    if (the.heap_count > 0) {
      next = the.heap[0]->next_ns;
      if (the.lease_ns != 0 && the.lease_ns <= now) {
        last_will();
        continue;
      }
      if (the.lease_ns != 0 && the.lease_ns < next) next = the.lease_ns;
    }
    if (next > now) {
      wait_until(next);
      continue;
    }
    send_due(now);
    pthread_mutex_unlock(&the.lock);
    pthread_mutex_lock(&the.lock);
  }
  pthread_mutex_unlock(&the.lock);
  return NULL;
}

/* --- from JavaScript */

static void drop_packets(struct packets *p) {
  for (uint32_t i = 0; i < p->count; i++) free(p->list[i].data);
  free(p->list);
  *p = (struct packets){0};
}

static void drop_entry(struct entry *e) {
  if (e == NULL) return;
  drop_packets(&e->repeated);
  drop_packets(&e->will);
  free(e->final.data);
  free(e);
}

/* --- renewing without JavaScript: while the event loop turns, nobody hangs */

struct keeper {
  uv_timer_t timer;
  napi_async_cleanup_hook_handle cleanup;
  uint64_t lease_ns;
};

static void on_keep(uv_timer_t *timer) {
  const struct keeper *k = timer->data;
  if (the.keeper != k) return;
  pthread_mutex_lock(&the.lock);
  uint64_t until = now_ns() + k->lease_ns;
  /* Where it has run out JavaScript must learn of it, by renewing itself. */
  if (!the.lost && the.lease_ns != 0 && the.lease_ns < until) the.lease_ns = until;
  pthread_mutex_unlock(&the.lock);
}

static void on_keeper_closed(uv_handle_t *handle) {
  struct keeper *k = handle->data;
  napi_remove_async_cleanup_hook(k->cleanup);
  free(k);
}

static void end_keeper(void) {
  struct keeper *k = the.keeper;
  the.keeper = NULL;
  if (k != NULL) uv_close((uv_handle_t *)&k->timer, on_keeper_closed);
}

/* Node waits until on_keeper_closed has removed the hook. */
static void on_keeper_cleanup(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  if (the.keeper == data) end_keeper();
}

static void stop(void *ignored) {
  (void)ignored;
  if (!the.running) return;
  end_keeper();
  pthread_mutex_lock(&the.lock);
  the.stopping = true;
  pthread_cond_signal(&the.changed);
  pthread_mutex_unlock(&the.lock);
  pthread_join(the.thread, NULL);
  for (uint32_t i = 0; i < the.slot_count; i++) drop_entry(the.slots[i]);
  free(the.slots);
  free(the.heap);
  close(the.netlink_fd);
  pthread_cond_destroy(&the.changed);
  pthread_mutex_destroy(&the.lock);
  the = (struct pacer){0};
}

static int begin(void) {
  pthread_mutexattr_t lock;
  pthread_condattr_t changed;
  pthread_mutexattr_init(&lock);
  pthread_mutexattr_setprotocol(&lock, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&the.lock, &lock);
  pthread_mutexattr_destroy(&lock);
  pthread_condattr_init(&changed);
  pthread_condattr_setclock(&changed, CLOCK_MONOTONIC);
  pthread_cond_init(&the.changed, &changed);
  pthread_condattr_destroy(&changed);
  the.netlink_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (the.netlink_fd < 0) return errno;
  int error = pthread_create(&the.thread, NULL, run, NULL);
  if (error != 0) close(the.netlink_fd);
  return error;
}

static napi_value pacer_start(napi_env env, napi_callback_info info) {
  (void)info;
  if (the.running) return throw_errno(env, EEXIST, "pthread_create");
  the = (struct pacer){.env = env};
  int error = begin();
  if (error != 0) return throw_errno(env, error, "pthread_create");
  the.running = true;
  napi_add_env_cleanup_hook(env, stop, NULL);
  return undefined(env);
}

static napi_value pacer_stop(napi_env env, napi_callback_info info) {
  (void)info;
  if (the.running && the.env == env) {
    napi_remove_env_cleanup_hook(env, stop, NULL);
    stop(NULL);
  }
  return undefined(env);
}

/* False after throwing ESRCH. */
static bool is_running(napi_env env) {
  if (the.running && the.env == env) return true;
  throw_errno(env, ESRCH, "pacer");
  return false;
}

static napi_value pacer_urgency(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int32_t priority;
  if (!args(env, info, 1, argv) || !arg_int32(env, argv[0], "priority", &priority) || !is_running(env)) return NULL;
  struct sched_param param = {.sched_priority = priority};
  int error = pthread_setschedparam(the.thread, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &param);
  return error == 0 ? undefined(env) : throw_errno(env, error, "pthread_setschedparam");
}

static bool arg_microseconds(napi_env env, napi_value value, const char *name, uint64_t *out_ns) {
  double us;
  if (napi_get_value_double(env, value, &us) == napi_ok && us >= 0 && us < 9e15) {
    *out_ns = (uint64_t)us * 1000u;
    return true;
  }
  throw_type(env, name);
  return false;
}

static bool copy_packet(napi_env env, napi_value pair, struct packet *out) {
  napi_value data, address;
  struct bytes bytes, to;
  if (napi_get_element(env, pair, 0, &data) != napi_ok || napi_get_element(env, pair, 1, &address) != napi_ok)
    return false;
  if (!arg_bytes(env, data, "each packet's octets", &bytes) || !arg_bytes(env, address, "each packet's address", &to))
    return false;
  if (bytes.length == 0 || bytes.length > LONGEST_PACKET || to.length == 0 || to.length > sizeof out->to) {
    throw_type(env, "a packet must have 1 to 65535 octets and an address");
    return false;
  }
  out->data = malloc(bytes.length);
  if (out->data == NULL) {
    throw_errno(env, ENOMEM, "malloc");
    return false;
  }
  memcpy(out->data, bytes.data, bytes.length);
  out->length = (uint32_t)bytes.length;
  memcpy(&out->to, to.data, to.length);
  out->to_length = (socklen_t)to.length;
  return true;
}

/* Reads [[octets, address], …]; false after throwing, `out` may then be filled in part. */
static bool copy_packets(napi_env env, napi_value value, struct packets *out) {
  bool is_array = false;
  uint32_t count = 0;
  if (napi_is_array(env, value, &is_array) != napi_ok || !is_array) {
    throw_type(env, "packets must be an array");
    return false;
  }
  napi_get_array_length(env, value, &count);
  if (count > MOST_PACKETS) {
    throw_type(env, "an entry has at most 256 packets");
    return false;
  }
  out->list = calloc(count > 0 ? count : 1, sizeof *out->list);
  if (out->list == NULL) {
    throw_errno(env, ENOMEM, "calloc");
    return false;
  }
  for (; out->count < count; out->count++) {
    napi_value pair;
    bool is_pair = false;
    if (napi_get_element(env, value, out->count, &pair) != napi_ok) return false;
    if (napi_is_array(env, pair, &is_pair) != napi_ok || !is_pair) {
      throw_type(env, "a packet must be [octets, address]");
      return false;
    }
    if (!copy_packet(env, pair, &out->list[out->count])) return false;
  }
  return true;
}

static bool copy_final(napi_env env, napi_value value, struct bytes *out) {
  struct bytes given;
  if (!arg_bytes(env, value, "final", &given)) return false;
  if (given.length > LONGEST_FINAL) {
    throw_type(env, "final must have at most 1048576 octets");
    return false;
  }
  if (given.length == 0) return true;
  out->data = malloc(given.length);
  if (out->data == NULL) {
    throw_errno(env, ENOMEM, "malloc");
    return false;
  }
  memcpy(out->data, given.data, given.length);
  out->length = given.length;
  return true;
}

static struct entry *read_entry(napi_env env, napi_value *argv) {
  struct entry *e = calloc(1, sizeof *e);
  int32_t counter_at;
  if (e == NULL) {
    throw_errno(env, ENOMEM, "calloc");
    return NULL;
  }
  e->place = NOWHERE;
  bool good = arg_int32(env, argv[1], "fd", &e->fd) && copy_packets(env, argv[2], &e->repeated) &&
              arg_microseconds(env, argv[3], "intervalUs must be microseconds", &e->interval_ns) &&
              arg_microseconds(env, argv[4], "nextAtUs must be microseconds", &e->next_ns) &&
              arg_int32(env, argv[5], "counterAt", &counter_at) && copy_packets(env, argv[6], &e->will) &&
              copy_final(env, argv[7], &e->final);
  if (good) {
    e->counter_at = counter_at;
    for (uint32_t i = 0; i < e->repeated.count && counter_at >= 0; i++)
      if ((uint32_t)counter_at + 2 > e->repeated.list[i].length) good = false;
    if (!good || e->interval_ns < 1000000u) {
      throw_type(env, "an entry needs an interval of at least 1 ms, and a counter within its packets");
      good = false;
    }
  }
  if (good) return e;
  drop_entry(e);
  return NULL;
}

/* Room for `slot`. The heap can always hold all slots, so that arming never fails half-way. */
static bool make_room(uint32_t slot) {
  if (slot < the.slot_count) return true;
  uint32_t count = the.slot_count == 0 ? 64 : the.slot_count;
  while (count <= slot) count *= 2;
  struct entry **slots = realloc(the.slots, count * sizeof *slots);
  if (slots == NULL) return false;
  the.slots = slots;
  struct entry **heap = realloc(the.heap, count * sizeof *heap);
  if (heap == NULL) return false;
  the.heap = heap;
  memset(slots + the.slot_count, 0, (count - the.slot_count) * sizeof *slots);
  the.slot_count = count;
  return true;
}

static napi_value pacer_arm(napi_env env, napi_callback_info info) {
  napi_value argv[8];
  uint32_t slot;
  if (!args(env, info, 8, argv) || !arg_uint32(env, argv[0], "slot", &slot) || !is_running(env)) return NULL;
  if (slot >= MOST_SLOTS) return throw_type(env, "slot must be below 65536");
  struct entry *e = read_entry(env, argv);
  if (e == NULL) return NULL;
  e->order = (uint64_t)(uint32_t)e->fd << 32 | slot;
  pthread_mutex_lock(&the.lock);
  bool room = make_room(slot);
  struct entry *old = room ? the.slots[slot] : NULL;
  if (room) {
    if (old != NULL) {
      take_out(old);
      e->sent = old->sent;
      e->failed = old->failed;
      e->last_error = old->last_error;
    }
    the.slots[slot] = e;
    put(the.heap_count, e);
    the.heap_count++;
    sift(e->place);
    if (e->place == 0) pthread_cond_signal(&the.changed);
  }
  pthread_mutex_unlock(&the.lock);
  drop_entry(room ? old : e);
  return room ? undefined(env) : throw_errno(env, ENOMEM, "realloc");
}

/* The entry of a slot, or NULL. With the lock held. */
static struct entry *at(uint32_t slot) { return slot < the.slot_count ? the.slots[slot] : NULL; }

static napi_value pacer_disarm(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint32_t slot;
  if (!args(env, info, 1, argv) || !arg_uint32(env, argv[0], "slot", &slot) || !is_running(env)) return NULL;
  pthread_mutex_lock(&the.lock);
  struct entry *e = at(slot);
  if (e != NULL) take_out(e);
  pthread_mutex_unlock(&the.lock);
  return undefined(env);
}

static napi_value pacer_forget(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint32_t slot;
  if (!args(env, info, 1, argv) || !arg_uint32(env, argv[0], "slot", &slot) || !is_running(env)) return NULL;
  pthread_mutex_lock(&the.lock);
  struct entry *e = at(slot);
  if (e != NULL) {
    take_out(e);
    the.slots[slot] = NULL;
  }
  pthread_mutex_unlock(&the.lock);
  drop_entry(e);
  return undefined(env);
}

static napi_value pacer_read(napi_env env, napi_callback_info info) {
  napi_value argv[1], out;
  uint32_t slot;
  if (!args(env, info, 1, argv) || !arg_uint32(env, argv[0], "slot", &slot) || !is_running(env)) return NULL;
  pthread_mutex_lock(&the.lock);
  struct entry *e = at(slot);
  double values[5] = {0, 0, 0, 0, -1};
  if (e != NULL) {
    values[0] = (double)e->sent;
    values[1] = (double)e->failed;
    values[2] = e->last_error;
    values[3] = (double)(e->next_ns / 1000);
    values[4] = e->place == NOWHERE ? 0 : 1;
  }
  pthread_mutex_unlock(&the.lock);
  napi_create_array_with_length(env, 5, &out);
  for (uint32_t i = 0; i < 5; i++) napi_set_element(env, out, i, number(env, values[i]));
  return out;
}

static napi_value pacer_renew(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint64_t until;
  if (!args(env, info, 1, argv) || !is_running(env) ||
      !arg_microseconds(env, argv[0], "untilUs must be microseconds", &until))
    return NULL;
  pthread_mutex_lock(&the.lock);
  bool held = !the.lost;
  /* One that only lasts longer need not wake the thread. */
  bool wake = the.lease_ns == 0 || until < the.lease_ns;
  the.lost = false;
  the.lease_ns = until;
  if (wake) pthread_cond_signal(&the.changed);
  pthread_mutex_unlock(&the.lock);
  return boolean(env, held);
}

/* pacerKeep(leaseUs): renews by itself, three times a lease, for as long as the event loop turns. */
static napi_value pacer_keep(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint64_t lease_ns;
  uv_loop_t *loop;
  if (!args(env, info, 1, argv) || !is_running(env) ||
      !arg_microseconds(env, argv[0], "leaseUs must be microseconds", &lease_ns))
    return NULL;
  if (lease_ns < 3000000u) return throw_type(env, "leaseUs must be at least 3000");
  end_keeper();
  struct keeper *k = calloc(1, sizeof *k);
  if (k == NULL) return throw_errno(env, ENOMEM, "calloc");
  k->lease_ns = lease_ns;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok ||
      napi_add_async_cleanup_hook(env, on_keeper_cleanup, k, &k->cleanup) != napi_ok) {
    free(k);
    return throw_errno(env, EINVAL, "uv_timer_start");
  }
  uv_timer_init(loop, &k->timer);
  k->timer.data = k;
  uv_unref((uv_handle_t *)&k->timer);
  uint64_t every_ms = lease_ns / 3000000u;
  uv_timer_start(&k->timer, on_keep, every_ms, every_ms);
  the.keeper = k;
  return undefined(env);
}

static napi_value pacer_lateness(napi_env env, napi_callback_info info) {
  (void)info;
  if (!is_running(env)) return NULL;
  pthread_mutex_lock(&the.lock);
  uint64_t latest = the.latest_ns;
  pthread_mutex_unlock(&the.lock);
  return number(env, (double)(latest / 1000));
}

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

static const struct method METHODS[] = {
    {"pacerStart", pacer_start},       {"pacerStop", pacer_stop},   {"pacerUrgency", pacer_urgency},
    {"pacerArm", pacer_arm},           {"pacerDisarm", pacer_disarm}, {"pacerForget", pacer_forget},
    {"pacerRead", pacer_read},         {"pacerRenew", pacer_renew}, {"pacerLateness", pacer_lateness}, {"pacerKeep", pacer_keep},
    {"socketOpen", socket_open},       {"socketOption", socket_option}, {NULL, NULL}};

void register_pacer(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
