#include "common.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

napi_value throw_errno(napi_env env, int error, const char *syscall) {
  char text[192];
  snprintf(text, sizeof text, "%s: %s, %s", uv_err_name(-error), strerror(error), syscall);
  napi_value message, result, value;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
  napi_create_error(env, NULL, message, &result);
  napi_create_int32(env, -error, &value);
  napi_set_named_property(env, result, "errno", value);
  napi_create_string_utf8(env, uv_err_name(-error), NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, result, "code", value);
  napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, result, "syscall", value);
  napi_throw(env, result);
  return NULL;
}

napi_value throw_type(napi_env env, const char *message) {
  napi_throw_type_error(env, NULL, message);
  return NULL;
}

static bool refuse(napi_env env, const char *name, const char *want) {
  char text[128];
  snprintf(text, sizeof text, "%s must be %s", name, want);
  napi_throw_type_error(env, NULL, text);
  return false;
}

bool arg_int32(napi_env env, napi_value value, const char *name, int32_t *out) {
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_number) return refuse(env, name, "a number");
  return napi_get_value_int32(env, value, out) == napi_ok || refuse(env, name, "a 32-bit integer");
}

bool arg_uint32(napi_env env, napi_value value, const char *name, uint32_t *out) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return refuse(env, name, "a number");
  if (!(number >= 0 && number <= UINT32_MAX)) return refuse(env, name, "in 0..4294967295");
  *out = (uint32_t)number;
  return true;
}

bool arg_bytes(napi_env env, napi_value value, const char *name, struct bytes *out) {
  bool is = false;
  napi_typedarray_type type;
  napi_value buffer;
  size_t offset;
  if (napi_is_typedarray(env, value, &is) != napi_ok || !is) return refuse(env, name, "a Uint8Array");
  napi_get_typedarray_info(env, value, &type, &out->length, (void **)&out->data, &buffer, &offset);
  return type == napi_uint8_array || refuse(env, name, "a Uint8Array");
}

bool arg_string(napi_env env, napi_value value, const char *name, char *out, size_t size) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return refuse(env, name, "a string");
  if (length >= size) return refuse(env, name, "shorter");
  napi_get_value_string_utf8(env, value, out, size, &length);
  return strlen(out) == length || refuse(env, name, "free of NUL");
}

bool args(napi_env env, napi_callback_info info, size_t want, napi_value *argv) {
  size_t got = want;
  napi_get_cb_info(env, info, &got, argv, NULL, NULL);
  if (got >= want) return true;
  throw_type(env, "too few arguments");
  return false;
}

napi_value number(napi_env env, double value) {
  napi_value out;
  napi_create_double(env, value, &out);
  return out;
}

napi_value boolean(napi_env env, bool value) {
  napi_value out;
  napi_get_boolean(env, value, &out);
  return out;
}

napi_value undefined(napi_env env) {
  napi_value out;
  napi_get_undefined(env, &out);
  return out;
}

void add_methods(napi_env env, napi_value exports, const struct method *methods) {
  for (; methods->name != NULL; methods++) {
    napi_value fn;
    napi_create_function(env, methods->name, NAPI_AUTO_LENGTH, methods->callback, NULL, &fn);
    napi_set_named_property(env, exports, methods->name, fn);
  }
}
