/* Descriptor arguments, for every part that takes one. */
#ifndef VIPD_FD_H
#define VIPD_FD_H

#include "common.h"

#include <linux/filter.h>

/* A whole number in 0..INT32_MAX. napi_get_value_int32 turns NaN into 0 and wraps 2^32+3 to 3: both would hit somebody
 * else's descriptor. False after throwing a TypeError that names the argument. */
bool arg_fd(napi_env env, napi_value value, const char *name, int *out);

/* Classic BPF instructions, 8 octets each, at most BPF_MAXINSNS; `least` is 0 or 1. Points into `code`'s memory.
 * False after throwing a TypeError that names the argument. */
bool arg_filter(napi_env env, napi_value value, const char *name, size_t least, struct sock_fprog *out);

/* A uv_poll of some thread is on it. */
bool fd_is_watched(int fd);

#endif
