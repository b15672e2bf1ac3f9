/* Renews the pacer's lease without JavaScript: while the event loop turns, nobody hangs. Runs only while the pacer holds
 * something. Where the lease has run out all the same it tells JavaScript, as soon as the loop turns again. */
#include "pacer.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

static struct keeper {
  uv_timer_t timer;
  uint64_t every_ms;
  napi_env env;
  napi_ref lost;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
} *current;

static void tell(const struct keeper *k) {
  napi_handle_scope scope;
  napi_value lost, receiver, result;
  napi_open_handle_scope(k->env, &scope);
  napi_get_reference_value(k->env, k->lost, &lost);
  napi_get_global(k->env, &receiver);
  if (napi_make_callback(k->env, k->context, receiver, lost, 0, NULL, &result) == napi_pending_exception) {
    napi_value error;
    napi_get_and_clear_last_exception(k->env, &error);
    napi_fatal_exception(k->env, error);
  }
  napi_close_handle_scope(k->env, scope);
}

static void on_keep(uv_timer_t *timer) {
  const struct keeper *k = timer->data;
  if (current != k) return;
  switch (pacer_prolong()) {
  case LEASE_IDLE:
    uv_timer_stop(timer);
    break;
  case LEASE_LOST:
    tell(k);
    break;
  case LEASE_HELD:
    break;
  }
}

static void on_closed(uv_handle_t *handle) {
  struct keeper *k = handle->data;
  napi_handle_scope scope;
  napi_open_handle_scope(k->env, &scope);
  napi_delete_reference(k->env, k->lost);
  napi_async_destroy(k->env, k->context);
  napi_close_handle_scope(k->env, scope);
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
  if (k->context != NULL) napi_async_destroy(k->env, k->context);
  if (k->lost != NULL) napi_delete_reference(k->env, k->lost);
  free(k);
  return ENOMEM;
}

void keeper_wake(void) {
  if (current != NULL && !uv_is_active((uv_handle_t *)&current->timer))
    uv_timer_start(&current->timer, on_keep, current->every_ms, current->every_ms);
}

int keeper_begin(napi_env env, uint64_t lease_ns, napi_value lost) {
  uv_loop_t *loop;
  napi_value name;
  keeper_end();
  struct keeper *k = calloc(1, sizeof *k);
  if (k == NULL) return ENOMEM;
  k->env = env;
  k->every_ms = lease_ns / 3000000u;
  k->timer.data = k;
  napi_create_string_utf8(env, "vipd-lease", NAPI_AUTO_LENGTH, &name);
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || napi_create_reference(env, lost, 1, &k->lost) != napi_ok ||
      napi_async_init(env, NULL, name, &k->context) != napi_ok ||
      napi_add_async_cleanup_hook(env, on_cleanup, k, &k->cleanup) != napi_ok)
    return discard(k);
  uv_timer_init(loop, &k->timer);
  uv_unref((uv_handle_t *)&k->timer);
  current = k;
  pacer_lease(lease_ns);
  keeper_wake();
  return 0;
}
