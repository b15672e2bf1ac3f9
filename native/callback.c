#include "callback.h"

#include <errno.h>

bool callback_make(napi_env env, napi_value function, const char *name, struct callback *out) {
  napi_valuetype type;
  napi_value text;
  if (napi_typeof(env, function, &type) != napi_ok || type != napi_function) {
    throw_type(env, "a function is wanted");
    return false;
  }
  *out = (struct callback){.env = env};
  if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &text) == napi_ok &&
      napi_create_reference(env, function, 1, &out->function) == napi_ok &&
      napi_async_init(env, NULL, text, &out->context) == napi_ok)
    return true;
  callback_drop(out);
  throw_errno(env, ENOMEM, "napi_async_init");
  return false;
}

void callback_call(const struct callback *c, double argument) {
  napi_handle_scope scope;
  napi_value function, receiver, value, result;
  napi_open_handle_scope(c->env, &scope);
  napi_get_reference_value(c->env, c->function, &function);
  napi_get_global(c->env, &receiver);
  napi_create_double(c->env, argument, &value);
  if (napi_make_callback(c->env, c->context, receiver, function, 1, &value, &result) == napi_pending_exception) {
    napi_value error;
    napi_get_and_clear_last_exception(c->env, &error);
    napi_fatal_exception(c->env, error);
  }
  napi_close_handle_scope(c->env, scope);
}

void callback_drop(struct callback *c) {
  napi_handle_scope scope;
  napi_open_handle_scope(c->env, &scope);
  if (c->context != NULL) napi_async_destroy(c->env, c->context);
  if (c->function != NULL) napi_delete_reference(c->env, c->function);
  napi_close_handle_scope(c->env, scope);
  *c = (struct callback){.env = c->env};
}
