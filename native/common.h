/* Shared by the parts of the addon: argument checks, errors in Node's own form, registration. */
#ifndef VIPD_COMMON_H
#define VIPD_COMMON_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A byte view of a Buffer or Uint8Array argument; valid until the call returns. */
struct bytes {
  uint8_t *data;
  size_t length;
};

/* Each returns false after throwing a TypeError that names the argument. */
bool arg_int32(napi_env env, napi_value value, const char *name, int32_t *out);
bool arg_uint32(napi_env env, napi_value value, const char *name, uint32_t *out);
bool arg_bytes(napi_env env, napi_value value, const char *name, struct bytes *out);
/* Copies at most size-1 characters and a NUL; a longer string is a TypeError. */
bool arg_string(napi_env env, napi_value value, const char *name, char *out, size_t size);
/* Reads exactly `want` arguments into argv; false after throwing when there are fewer. */
bool args(napi_env env, napi_callback_info info, size_t want, napi_value *argv);

/* Throws an Error with errno, code and syscall; returns NULL so that `return throw_errno(...)` reads well. */
napi_value throw_errno(napi_env env, int error, const char *syscall);
napi_value throw_type(napi_env env, const char *message);
napi_value number(napi_env env, double value);
napi_value boolean(napi_env env, bool value);
napi_value undefined(napi_env env);

struct method {
  const char *name;
  napi_callback callback;
};
/* Sets every method of the list (ended by a NULL name) on `exports`. */
void add_methods(napi_env env, napi_value exports, const struct method *methods);

/* One for each part; addon.c calls them all. */
void register_fd(napi_env env, napi_value exports);
void register_datagram(napi_env env, napi_value exports);
void register_packet(napi_env env, napi_value exports);
void register_pacer(napi_env env, napi_value exports);
void register_socket(napi_env env, napi_value exports);
void register_netlink(napi_env env, napi_value exports);
void register_unix(napi_env env, napi_value exports);
void register_process(napi_env env, napi_value exports);
void register_udp(napi_env env, napi_value exports);
void register_users(napi_env env, napi_value exports);
void register_inotify(napi_env env, napi_value exports);
void register_link(napi_env env, napi_value exports);
void register_bpf(napi_env env, napi_value exports);
void register_timer(napi_env env, napi_value exports);
void register_memory(napi_env env, napi_value exports);

#endif
