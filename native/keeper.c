/* Renews the pacer's lease without JavaScript: while the event loop turns, nobody hangs. Runs only while the pacer holds
 * something. Where the lease has run out all the same it tells JavaScript, as soon as the loop turns again. */
#include "callback.h"
#include "pacer.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

static struct keeper {
  uv_timer_t timer;
  uint64_t every_ms;
  struct callback lost;
  napi_async_cleanup_hook_handle cleanup;
} *current;

static void on_keep(uv_timer_t *timer) {
  const struct keeper *k = timer->data;
  if (current != k) return;
  switch (pacer_prolong()) {
  case LEASE_IDLE:
    uv_timer_stop(timer);
    break;
  case LEASE_LOST:
    callback_call(&k->lost, 0);
    break;
  case LEASE_HELD:
    break;
  }
}

static void on_closed(uv_handle_t *handle) {
  struct keeper *k = handle->data;
  callback_drop(&k->lost);
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

/* Frees a keeper that never came to life. */
static int discard(struct keeper *k) {
  callback_drop(&k->lost);
  free(k);
  return ENOMEM;
}

void keeper_wake(void) {
  if (current != NULL && !uv_is_active((uv_handle_t *)&current->timer))
    uv_timer_start(&current->timer, on_keep, current->every_ms, current->every_ms);
}

int keeper_begin(napi_env env, uint64_t lease_ns, napi_value lost) {
  uv_loop_t *loop;
  keeper_end();
  struct keeper *k = calloc(1, sizeof *k);
  if (k == NULL) return ENOMEM;
  k->every_ms = lease_ns / 3000000u;
  k->timer.data = k;
  if (!callback_make(env, lost, "vipd:lease", &k->lost)) {
    free(k);
    return 0;
  }
  if (napi_get_uv_event_loop(env, &loop) != napi_ok ||
      napi_add_async_cleanup_hook(env, on_cleanup, k, &k->cleanup) != napi_ok)
    return discard(k);
  uv_timer_init(loop, &k->timer);
  uv_unref((uv_handle_t *)&k->timer);
  current = k;
  pacer_lease(lease_ns);
  keeper_wake();
  return 0;
}
