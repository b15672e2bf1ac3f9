/* Renews the pacer's lease without JavaScript: while the event loop turns, nobody hangs. */
#include "pacer.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

static struct keeper {
  uv_timer_t timer;
  napi_async_cleanup_hook_handle cleanup;
  uint64_t lease_ns;
} *current;

static void on_keep(uv_timer_t *timer) {
  const struct keeper *k = timer->data;
  if (current == k) pacer_prolong(now_ns() + k->lease_ns);
}

static void on_closed(uv_handle_t *handle) {
  struct keeper *k = handle->data;
  napi_remove_async_cleanup_hook(k->cleanup);
  free(k);
}

void keeper_end(void) {
  struct keeper *k = current;
  current = NULL;
  if (k != NULL) uv_close((uv_handle_t *)&k->timer, on_closed);
}

/* Node waits until on_closed has removed the hook. */
static void on_cleanup(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  if (current == data) keeper_end();
}

int keeper_begin(napi_env env, uint64_t lease_ns) {
  uv_loop_t *loop;
  keeper_end();
  struct keeper *k = calloc(1, sizeof *k);
  if (k == NULL) return ENOMEM;
  k->lease_ns = lease_ns;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok ||
      napi_add_async_cleanup_hook(env, on_cleanup, k, &k->cleanup) != napi_ok) {
    free(k);
    return EINVAL;
  }
  uv_timer_init(loop, &k->timer);
  k->timer.data = k;
  uv_unref((uv_handle_t *)&k->timer);
  uint64_t every_ms = lease_ns / 3000000u;
  uv_timer_start(&k->timer, on_keep, every_ms, every_ms);
  current = k;
  return 0;
}
