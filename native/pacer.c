/* The pacer: a thread that repeats prepared packets at fixed times, so that garbage collection, a reload or a blocked
 * JavaScript thread delays none of them. It knows no protocol: octets, addresses, times, and where in a packet a 16-bit
 * counter stands. JavaScript holds a lease; when that runs out the thread carries out the last will that was left with it
 * (packets, then netlink messages) and repeats nothing any more.
 *
 * One lock guards everything. It inherits priorities, and unlocking it hands it to who waits, so neither side starves. The
 * thread holds it while it sends, for at most CHUNK packets at a time: once `pacer_disarm` has returned nothing more is sent. */
#include "pacer.h"

#include <errno.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
  CHUNK = 128,         /* packets sent with the lock held */
  FINAL_PIECE = 32768, /* octets, a single longer message apart */
  WILL_ROUNDS = 2,     /* one lost packet must not cost the peers their whole time-out */
};
static const uint32_t NOWHERE = UINT32_MAX;
static const uint64_t STANDSTILL_NS = 100000000u;

/* The time stands beside the entry: among a thousand each look into one would be a miss of the cache. */
struct node {
  uint64_t next_ns;
  struct entry *entry;
};

static struct pacer {
  bool stopping, lost;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint64_t lease_ns;  /* its end, 0 = none */
  uint64_t length_ns; /* of one that begins, 0 = none does */
  uint64_t latest_ns; /* longest delay of a packet since the start */
  int netlink_fd;
  struct entry **slots;
  uint32_t slot_count;
  struct node *heap;
  uint32_t heap_count;
} the;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- the heap: entries by next_ns */

static void put(uint32_t place, struct node n) {
  the.heap[place] = n;
  n.entry->place = place;
}

static bool before(struct node a, struct node b) {
  return a.next_ns != b.next_ns ? a.next_ns < b.next_ns : a.entry->order < b.entry->order;
}

/* The entry at `place` is new there, or its time has changed. */
static void sift(uint32_t place) {
  struct node n = {.next_ns = the.heap[place].entry->next_ns, .entry = the.heap[place].entry};
  while (place > 0 && before(n, the.heap[(place - 1) / 2])) {
    put(place, the.heap[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  for (;;) {
    uint32_t child = 2 * place + 1;
    if (child >= the.heap_count) break;
    if (child + 1 < the.heap_count && before(the.heap[child + 1], the.heap[child])) child++;
    if (!before(the.heap[child], n)) break;
    put(place, the.heap[child]);
    place = child;
  }
  put(place, n);
}

static void take_out(struct entry *e) {
  if (e->place == NOWHERE) return;
  uint32_t place = e->place;
  const struct node last = the.heap[--the.heap_count];
  e->place = NOWHERE;
  if (last.entry == e) return;
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
    struct entry *e = the.heap[0].entry;
    if (e->next_ns > now || (b.count > 0 && b.count + e->repeated.count > CHUNK)) break;
    const uint64_t due = e->next_ns > e->since_ns ? e->next_ns : e->since_ns;
    if (now > due && now - due > the.latest_ns) the.latest_ns = now - due;
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
      struct entry *e = the.heap[k].entry;
      b.count = 0;
      for (uint32_t i = 0; i < e->will.count; i++) add(&b, e, &e->will.list[i]);
      send_batch(&b);
    }
  for (uint32_t k = 0; k < the.heap_count; k++) {
    the.heap[k].entry->place = NOWHERE;
    send_final(&the.heap[k].entry->final);
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
      next = the.heap[0].next_ns;
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

/* --- entries */

static void drop_packets(struct packets *p) {
  for (uint32_t i = 0; i < p->count; i++) free(p->list[i].data);
  free(p->list);
  *p = (struct packets){0};
}

struct entry *entry_make(void) {
  struct entry *e = calloc(1, sizeof *e);
  if (e != NULL) e->place = NOWHERE;
  return e;
}

void entry_drop(struct entry *e) {
  if (e == NULL) return;
  drop_packets(&e->repeated);
  drop_packets(&e->will);
  free(e->final.data);
  free(e);
}

/* Room for `slot`. The heap can always hold all slots, so that arming never fails half-way. */
static bool make_room(uint32_t slot) {
  if (slot < the.slot_count) return true;
  uint32_t count = the.slot_count == 0 ? 64 : the.slot_count;
  while (count <= slot) count *= 2;
  struct entry **slots = realloc(the.slots, count * sizeof *slots);
  if (slots == NULL) return false;
  the.slots = slots;
  struct node *heap = realloc(the.heap, count * sizeof *heap);
  if (heap == NULL) return false;
  the.heap = heap;
  memset(slots + the.slot_count, 0, (count - the.slot_count) * sizeof *slots);
  the.slot_count = count;
  return true;
}

/* Where the last one has run out JavaScript must learn of it first. Never back: the thread need not be woken. */
static void begin_lease(void) {
  const uint64_t until_ns = now_ns() + the.length_ns;
  if (!the.lost && the.length_ns != 0 && the.lease_ns < until_ns) the.lease_ns = until_ns;
}

bool pacer_put(uint32_t slot, struct entry *e) {
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
    if (the.heap_count == 0) begin_lease();
    e->since_ns = now_ns();
    put(the.heap_count, (struct node){.next_ns = e->next_ns, .entry = e});
    the.heap_count++;
    sift(e->place);
    if (e->place == 0) pthread_cond_signal(&the.changed);
  }
  pthread_mutex_unlock(&the.lock);
  entry_drop(old);
  return room;
}

/* The entry of a slot, or NULL. With the lock held. */
static struct entry *at(uint32_t slot) { return slot < the.slot_count ? the.slots[slot] : NULL; }

void pacer_disarm(uint32_t slot) {
  pthread_mutex_lock(&the.lock);
  struct entry *e = at(slot);
  if (e != NULL) take_out(e);
  pthread_mutex_unlock(&the.lock);
}

void pacer_forget(uint32_t slot) {
  pthread_mutex_lock(&the.lock);
  struct entry *e = at(slot);
  if (e != NULL) {
    take_out(e);
    the.slots[slot] = NULL;
  }
  pthread_mutex_unlock(&the.lock);
  entry_drop(e);
}

void pacer_advance(uint32_t slot, uint64_t by_ns) {
  pthread_mutex_lock(&the.lock);
  struct entry *e = at(slot);
  if (e != NULL && e->place != NOWHERE && e->next_ns > by_ns) {
    e->next_ns -= by_ns;
    e->since_ns = now_ns();
    sift(e->place);
    if (e->place == 0) pthread_cond_signal(&the.changed);
  }
  pthread_mutex_unlock(&the.lock);
}

struct progress pacer_progress(uint32_t slot) {
  struct progress p = {.armed = -1};
  pthread_mutex_lock(&the.lock);
  const struct entry *e = at(slot);
  if (e != NULL)
    p = (struct progress){.sent = e->sent,
                          .failed = e->failed,
                          .next_ns = e->next_ns,
                          .last_error = e->last_error,
                          .armed = e->place != NOWHERE};
  pthread_mutex_unlock(&the.lock);
  return p;
}

uint64_t pacer_latest_ns(void) {
  pthread_mutex_lock(&the.lock);
  uint64_t latest = the.latest_ns;
  pthread_mutex_unlock(&the.lock);
  return latest;
}

/* --- the lease */

bool pacer_renew(uint64_t until_ns) {
  pthread_mutex_lock(&the.lock);
  bool held = !the.lost;
  /* One that only lasts longer need not wake the thread. */
  bool wake = the.lease_ns == 0 || until_ns < the.lease_ns;
  the.lost = false;
  the.lease_ns = until_ns;
  if (wake) pthread_cond_signal(&the.changed);
  pthread_mutex_unlock(&the.lock);
  return held;
}

void pacer_lease(uint64_t length_ns) {
  pthread_mutex_lock(&the.lock);
  the.length_ns = length_ns;
  begin_lease();
  pthread_mutex_unlock(&the.lock);
}

enum lease pacer_prolong(void) {
  pthread_mutex_lock(&the.lock);
  begin_lease();
  enum lease lease = the.lost ? LEASE_LOST : the.heap_count > 0 ? LEASE_HELD : LEASE_IDLE;
  pthread_mutex_unlock(&the.lock);
  return lease;
}

/* --- begin and end */

int pacer_begin(void) {
  the = (struct pacer){0};
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

void pacer_end(void) {
  pthread_mutex_lock(&the.lock);
  the.stopping = true;
  pthread_cond_signal(&the.changed);
  pthread_mutex_unlock(&the.lock);
  pthread_join(the.thread, NULL);
  for (uint32_t i = 0; i < the.slot_count; i++) entry_drop(the.slots[i]);
  free(the.slots);
  free(the.heap);
  close(the.netlink_fd);
  pthread_cond_destroy(&the.changed);
  pthread_mutex_destroy(&the.lock);
}

int pacer_urgency(int priority) {
  struct sched_param param = {.sched_priority = priority};
  return pthread_setschedparam(the.thread, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &param);
}
