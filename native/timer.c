/* An alarm to the microsecond (timerfd): the event loop's own timers know milliseconds, rounded up twice. */
#include "fd.h"

#include <errno.h>
#include <sys/timerfd.h>

static const double LONGEST_US = 9e15; /* 285 years, and exact in a double */

static napi_value timer_open(napi_env env, napi_callback_info info) {
  (void)info;
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  return fd < 0 ? throw_errno(env, errno, "timerfd_create") : number(env, fd);
}

static napi_value timer_set(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int fd;
  double at_us;
  if (!args(env, info, 2, argv) || !arg_fd(env, argv[0], "fd", &fd)) return NULL;
  if (napi_get_value_double(env, argv[1], &at_us) != napi_ok || !(at_us >= 0 && at_us <= LONGEST_US))
    return throw_type(env, "atUs must be a number from 0 to 9e15");
  const int64_t us = (int64_t)at_us;
  const struct itimerspec spec = {.it_value = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}};
  if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL) != 0) return throw_errno(env, errno, "timerfd_settime");
  return undefined(env);
}

static const struct method METHODS[] = {{"timerOpen", timer_open}, {"timerSet", timer_set}, {NULL, NULL}};

void register_timer(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
