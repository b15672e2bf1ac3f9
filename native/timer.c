/* The timer of core (timerfd): the event loop's own timers know milliseconds, rounded up twice.
 *
 * Besides the time that it is set to it has vigils: times that somebody else pushes on by writing "seen at" (64 bits, ns of
 * CLOCK_MONOTONIC, never falling) into memory that is shared with us. As long as all of them are pushed on in time JavaScript
 * is not woken. */
#include "callback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum {
  MOST_VIGILS = 65536,
  MOST_LEAD_US = 1000000,
  MOST_STAND_BY_US = 10000,
  LEAST_US = 1000, /* between two rings: the deadlines of a thousand instances are served in handfuls */
  STALL_US = 100000 /* who is served this late is to know it, also when nothing is due any more */
};
static const double LONGEST_US = 9e15; /* 285 years, and exact in a double */
static const uint64_t NEVER = UINT64_MAX;

struct vigil {
  uint64_t at_us, longer_us; /* due at the later of `at_us` and "seen at" + `longer_us`; that is 0: not in use */
  const uint64_t *seen_ns;   /* NULL: never seen */
  napi_ref memory;           /* that it stands in */
};

struct timer {
  uv_poll_t poll;
  struct callback ring;
  napi_async_cleanup_hook_handle cleanup;
  int fd;
  bool closing, closed, collected, ringing;
  uint64_t lead_us;   /* vigils ring so much early */
  uint64_t set_us;    /* NEVER: none */
  uint64_t vigils_us; /* none of them is to ring before */
  uint64_t armed_us;  /* what the descriptor is set to, NEVER: to nothing */
  uint64_t rang_us;
  struct vigil *vigils;
  uint32_t vigil_count;
};

static const napi_type_tag TIMER_TAG = {0x7669706474696d65ULL, 0x5d0c86f14b7a92e3ULL};

static uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static uint64_t due_us(const struct vigil *g) {
  const uint64_t seen_ns = g->seen_ns == NULL ? 0 : __atomic_load_n(g->seen_ns, __ATOMIC_ACQUIRE);
  const uint64_t pushed_us = seen_ns == 0 ? 0 : seen_ns / 1000u + g->longer_us;
  return pushed_us > g->at_us ? pushed_us : g->at_us;
}

static uint64_t first_ring_us(const struct timer *t) {
  uint64_t first = NEVER;
  for (uint32_t i = 0; i < t->vigil_count; i++) {
    if (t->vigils[i].longer_us == 0) continue;
    const uint64_t due = due_us(&t->vigils[i]);
    if (due < first) first = due;
  }
  return first == NEVER || first < t->lead_us ? first : first - t->lead_us;
}

/* Set to nothing the descriptor is readable no more. A time that is past rings in this turn of the loop, and how late that is
 * is worth knowing: it is left alone. */
static void arm(struct timer *t) {
  if (t->closing || t->ringing || (t->armed_us != NEVER && t->armed_us <= now_us())) return;
  uint64_t next = t->set_us < t->vigils_us ? t->set_us : t->vigils_us;
  if (next != NEVER && next < t->rang_us + LEAST_US) next = t->rang_us + LEAST_US;
  if (next == t->armed_us && next != NEVER) return;
  const struct itimerspec spec = {
      .it_value = {.tv_sec = next == NEVER ? 0 : (time_t)(next / 1000000u),
                   .tv_nsec = next == NEVER ? 0 : (long)(next % 1000000u) * 1000}};
  timerfd_settime(t->fd, TFD_TIMER_ABSTIME, &spec, NULL);
  t->armed_us = next;
  /* Only what is to ring keeps the process alive. */
  if (next == NEVER)
    uv_unref((uv_handle_t *)&t->poll);
  else
    uv_ref((uv_handle_t *)&t->poll);
}

static void on_time(uv_poll_t *poll, int status, int events) {
  (void)status, (void)events;
  struct timer *t = poll->data;
  const uint64_t now = now_us(), armed = t->armed_us;
  /* Set anew since the loop saw that it had rung. */
  if (armed > now) return;
  t->vigils_us = first_ring_us(t);
  t->armed_us = NEVER;
  if (t->set_us <= now || t->vigils_us <= now || now - armed >= STALL_US) {
    t->set_us = NEVER;
    t->rang_us = now;
    t->ringing = true;
    callback_call(&t->ring, (double)armed);
    t->ringing = false;
    t->vigils_us = first_ring_us(t);
  }
  arm(t);
}

/* --- its life: libuv holds it until on_closed, JavaScript until its handle is collected */

static void release_if_unowned(struct timer *t) {
  if (!t->closed || !t->collected) return;
  free(t->vigils);
  free(t);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct timer *t = data;
  t->collected = true;
  release_if_unowned(t);
}

static void drop_vigil(struct timer *t, struct vigil *g) {
  if (g->memory != NULL) napi_delete_reference(t->ring.env, g->memory);
  *g = (struct vigil){0};
}

static void on_closed(uv_handle_t *handle) {
  struct timer *t = handle->data;
  for (uint32_t i = 0; i < t->vigil_count; i++) drop_vigil(t, &t->vigils[i]);
  callback_drop(&t->ring);
  close(t->fd);
  napi_remove_async_cleanup_hook(t->cleanup);
  t->closed = true;
  release_if_unowned(t);
}

static void stop(struct timer *t) {
  if (t->closing) return;
  t->closing = true;
  uv_poll_stop(&t->poll);
  uv_close((uv_handle_t *)&t->poll, on_closed);
}

static void on_cleanup(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  stop(data);
}

/* --- from JavaScript; see native.ts */

static bool arg_us(napi_env env, napi_value value, const char *what, uint64_t *out) {
  double us;
  if (napi_get_value_double(env, value, &us) != napi_ok || !(us >= 0 && us <= LONGEST_US)) {
    throw_type(env, what);
    return false;
  }
  *out = (uint64_t)us;
  return true;
}

static napi_value timer_start(napi_env env, napi_callback_info info) {
  napi_value argv[2], handle;
  uint64_t lead_us;
  uv_loop_t *loop;
  if (!args(env, info, 2, argv) || !arg_us(env, argv[0], "leadUs must be a number from 0 to 1e6", &lead_us))
    return NULL;
  if (lead_us > MOST_LEAD_US) return throw_type(env, "leadUs must be a number from 0 to 1e6");
  struct timer *t = calloc(1, sizeof *t);
  if (t == NULL) return throw_errno(env, ENOMEM, "calloc");
  t->set_us = t->vigils_us = t->armed_us = NEVER;
  t->lead_us = lead_us;
  t->poll.data = t;
  if (!callback_make(env, argv[1], "vipd:timer", &t->ring)) {
    free(t);
    return NULL;
  }
  int error = 0;
  t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (t->fd < 0) error = errno;
  else if (napi_get_uv_event_loop(env, &loop) != napi_ok || napi_create_object(env, &handle) != napi_ok) error = ENOMEM;
  else error = -uv_poll_init(loop, &t->poll, t->fd);
  if (error != 0) {
    if (t->fd >= 0) close(t->fd);
    callback_drop(&t->ring);
    free(t);
    return throw_errno(env, error, "timerfd_create");
  }
  napi_type_tag_object(env, handle, &TIMER_TAG);
  napi_wrap(env, handle, t, on_collected, NULL, NULL);
  napi_add_async_cleanup_hook(env, on_cleanup, t, &t->cleanup);
  uv_unref((uv_handle_t *)&t->poll);
  error = -uv_poll_start(&t->poll, UV_READABLE, on_time);
  if (error == 0) return handle;
  stop(t);
  return throw_errno(env, error, "uv_poll_start");
}

/* NULL after throwing: no handle of timerStart, or stopped. */
static struct timer *arg_timer(napi_env env, napi_value value) {
  napi_valuetype type;
  bool ours = false;
  struct timer *t = NULL;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_object ||
      napi_check_object_type_tag(env, value, &TIMER_TAG, &ours) != napi_ok || !ours ||
      napi_unwrap(env, value, (void **)&t) != napi_ok) {
    throw_type(env, "handle must come from timerStart");
    return NULL;
  }
  if (!t->closing) return t;
  throw_errno(env, EBADF, "timer");
  return NULL;
}

static napi_value timer_set(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint64_t at_us;
  struct timer *t;
  if (!args(env, info, 2, argv) || (t = arg_timer(env, argv[0])) == NULL ||
      !arg_us(env, argv[1], "atUs must be a number from 0 to 9e15", &at_us))
    return NULL;
  t->set_us = at_us == 0 ? NEVER : at_us;
  arm(t);
  return undefined(env);
}

static bool make_room(struct timer *t, uint32_t slot) {
  if (slot < t->vigil_count) return true;
  uint32_t count = t->vigil_count == 0 ? 16 : t->vigil_count;
  while (count <= slot) count *= 2;
  struct vigil *vigils = realloc(t->vigils, count * sizeof *vigils);
  if (vigils == NULL) return false;
  memset(vigils + t->vigil_count, 0, (count - t->vigil_count) * sizeof *vigils);
  t->vigils = vigils;
  t->vigil_count = count;
  return true;
}

static bool arg_slot(napi_env env, napi_value value, uint32_t *out) {
  if (!arg_uint32(env, value, "slot", out)) return false;
  if (*out < MOST_VIGILS) return true;
  throw_type(env, "slot must be below 65536");
  return false;
}

/* `memory`: undefined, or an ArrayBuffer with the 64 bits at `offset`. False after throwing. */
static bool read_seen(napi_env env, napi_value memory, napi_value offset, struct vigil *g) {
  napi_valuetype type;
  uint8_t *data;
  size_t length;
  uint32_t at;
  if (napi_typeof(env, memory, &type) != napi_ok || type == napi_undefined) return true;
  bool is = false;
  if (napi_is_arraybuffer(env, memory, &is) != napi_ok || !is) {
    throw_type(env, "memory must be an ArrayBuffer");
    return false;
  }
  if (!arg_uint32(env, offset, "offset", &at)) return false;
  napi_get_arraybuffer_info(env, memory, (void **)&data, &length);
  const size_t size = sizeof *g->seen_ns;
  if (length < size || at > length - size || (uintptr_t)(data + at) % size != 0) {
    throw_type(env, "at offset there must be 8 octets, aligned");
    return false;
  }
  if (napi_create_reference(env, memory, 1, &g->memory) != napi_ok) {
    throw_errno(env, ENOMEM, "napi_create_reference");
    return false;
  }
  g->seen_ns = (const uint64_t *)(const void *)(data + at);
  return true;
}

static napi_value timer_vigil(napi_env env, napi_callback_info info) {
  napi_value argv[6];
  uint32_t slot;
  struct vigil g = {0};
  struct timer *t;
  if (!args(env, info, 6, argv) || (t = arg_timer(env, argv[0])) == NULL || !arg_slot(env, argv[1], &slot) ||
      !arg_us(env, argv[2], "atUs must be a number from 0 to 9e15", &g.at_us) ||
      !arg_us(env, argv[3], "longerUs must be a number from 0 to 9e15", &g.longer_us))
    return NULL;
  if (!make_room(t, slot)) return throw_errno(env, ENOMEM, "realloc");
  if (g.longer_us != 0 && !read_seen(env, argv[4], argv[5], &g)) return NULL;
  drop_vigil(t, &t->vigils[slot]);
  if (g.longer_us == 0) return undefined(env);
  t->vigils[slot] = g;
  const uint64_t due = due_us(&g), ring = due < t->lead_us ? due : due - t->lead_us;
  if (ring < t->vigils_us) {
    t->vigils_us = ring;
    arm(t);
  }
  return undefined(env);
}

static napi_value timer_due(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  uint64_t at_us;
  struct bytes out;
  struct timer *t;
  if (!args(env, info, 3, argv) || (t = arg_timer(env, argv[0])) == NULL ||
      !arg_us(env, argv[1], "atUs must be a number from 0 to 9e15", &at_us) || !arg_bytes(env, argv[2], "out", &out))
    return NULL;
  uint32_t count = 0;
  if (t->vigils_us <= at_us)
    for (uint32_t i = 0; i < t->vigil_count && (count + 1) * sizeof i <= out.length; i++) {
      if (t->vigils[i].longer_us == 0 || due_us(&t->vigils[i]) > at_us) continue;
      memcpy(out.data + count++ * sizeof i, &i, sizeof i);
    }
  return number(env, count);
}

static napi_value timer_stand_by(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint64_t until_us;
  if (!args(env, info, 1, argv) || !arg_us(env, argv[0], "untilUs must be a number from 0 to 9e15", &until_us))
    return NULL;
  const uint64_t most_us = now_us() + MOST_STAND_BY_US;
  if (until_us > most_us) until_us = most_us;
  while (now_us() < until_us) continue;
  return undefined(env);
}

static napi_value timer_stop(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct timer *t;
  if (!args(env, info, 1, argv) || (t = arg_timer(env, argv[0])) == NULL) return NULL;
  stop(t);
  return undefined(env);
}

static const struct method METHODS[] = {
    {"timerStart", timer_start}, {"timerSet", timer_set},           {"timerVigil", timer_vigil},
    {"timerDue", timer_due},     {"timerStandBy", timer_stand_by}, {"timerStop", timer_stop},
    {NULL, NULL}};

void register_timer(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
