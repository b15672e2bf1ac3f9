/* The JavaScript face of the pacer: arguments in, figures out. One environment at a time may use it. */
#include "pacer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_SLOTS = 65536,
  LONGEST_PACKET = 65535,
  LONGEST_FINAL = 1 << 20,
};

static napi_env user; /* NULL = not running */

static void stop(void *ignored) {
  (void)ignored;
  keeper_end();
  pacer_end();
  user = NULL;
}

static napi_value js_start(napi_env env, napi_callback_info info) {
  (void)info;
  if (user != NULL) return throw_errno(env, EEXIST, "pthread_create");
  int error = pacer_begin();
  if (error != 0) return throw_errno(env, error, "pthread_create");
  user = env;
  napi_add_env_cleanup_hook(env, stop, NULL);
  return undefined(env);
}

static napi_value js_stop(napi_env env, napi_callback_info info) {
  (void)info;
  if (user == env) {
    napi_remove_env_cleanup_hook(env, stop, NULL);
    stop(NULL);
  }
  return undefined(env);
}

/* False after throwing ESRCH. */
static bool is_running(napi_env env) {
  if (user == env) return true;
  throw_errno(env, ESRCH, "pacer");
  return false;
}

static napi_value js_urgency(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int32_t priority;
  if (!args(env, info, 1, argv) || !arg_int32(env, argv[0], "priority", &priority) || !is_running(env)) return NULL;
  int error = pacer_urgency(priority);
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
  struct entry *e = entry_make();
  int32_t counter_at;
  if (e == NULL) {
    throw_errno(env, ENOMEM, "calloc");
    return NULL;
  }
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
  entry_drop(e);
  return NULL;
}

static napi_value js_arm(napi_env env, napi_callback_info info) {
  napi_value argv[8];
  uint32_t slot;
  if (!args(env, info, 8, argv) || !arg_uint32(env, argv[0], "slot", &slot) || !is_running(env)) return NULL;
  if (slot >= MOST_SLOTS) return throw_type(env, "slot must be below 65536");
  struct entry *e = read_entry(env, argv);
  if (e == NULL) return NULL;
  if (!pacer_put(slot, e)) {
    entry_drop(e);
    return throw_errno(env, ENOMEM, "realloc");
  }
  keeper_wake();
  return undefined(env);
}

/* Reads the one argument of the calls below; false after throwing. */
static bool arg_slot(napi_env env, napi_callback_info info, uint32_t *slot) {
  napi_value argv[1];
  return args(env, info, 1, argv) && arg_uint32(env, argv[0], "slot", slot) && is_running(env);
}

static napi_value js_disarm(napi_env env, napi_callback_info info) {
  uint32_t slot;
  if (!arg_slot(env, info, &slot)) return NULL;
  pacer_disarm(slot);
  return undefined(env);
}

static napi_value js_forget(napi_env env, napi_callback_info info) {
  uint32_t slot;
  if (!arg_slot(env, info, &slot)) return NULL;
  pacer_forget(slot);
  return undefined(env);
}

static napi_value js_advance(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  uint32_t slot;
  uint64_t by_ns;
  if (!args(env, info, 2, argv) || !arg_uint32(env, argv[0], "slot", &slot) || !is_running(env) ||
      !arg_microseconds(env, argv[1], "byUs must be microseconds", &by_ns))
    return NULL;
  pacer_advance(slot, by_ns);
  return undefined(env);
}

static napi_value js_read(napi_env env, napi_callback_info info) {
  napi_value out;
  uint32_t slot;
  if (!arg_slot(env, info, &slot)) return NULL;
  const struct progress p = pacer_progress(slot);
  const double values[5] = {(double)p.sent, (double)p.failed, p.last_error, (double)(p.next_ns / 1000), p.armed};
  napi_create_array_with_length(env, 5, &out);
  for (uint32_t i = 0; i < 5; i++) napi_set_element(env, out, i, number(env, values[i]));
  return out;
}

static napi_value js_renew(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint64_t until;
  if (!args(env, info, 1, argv) || !is_running(env) ||
      !arg_microseconds(env, argv[0], "untilUs must be microseconds", &until))
    return NULL;
  return boolean(env, pacer_renew(until));
}

static napi_value js_keep(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  napi_valuetype type;
  uint64_t lease_ns;
  if (!args(env, info, 2, argv) || !is_running(env) ||
      !arg_microseconds(env, argv[0], "leaseUs must be microseconds", &lease_ns))
    return NULL;
  if (lease_ns < 3000000u) return throw_type(env, "leaseUs must be at least 3000");
  if (napi_typeof(env, argv[1], &type) != napi_ok || type != napi_function)
    return throw_type(env, "lost must be a function");
  int error = keeper_begin(env, lease_ns, argv[1]);
  return error == 0 ? undefined(env) : throw_errno(env, error, "uv_timer_start");
}

static napi_value js_lateness(napi_env env, napi_callback_info info) {
  (void)info;
  return is_running(env) ? number(env, (double)(pacer_latest_ns() / 1000)) : NULL;
}

static const struct method METHODS[] = {
    {"pacerStart", js_start},   {"pacerStop", js_stop}, {"pacerUrgency", js_urgency}, {"pacerArm", js_arm},
    {"pacerDisarm", js_disarm}, {"pacerForget", js_forget}, {"pacerRead", js_read}, {"pacerRenew", js_renew},
    {"pacerLateness", js_lateness}, {"pacerKeep", js_keep}, {"pacerAdvance", js_advance}, {NULL, NULL}};

void register_pacer(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
