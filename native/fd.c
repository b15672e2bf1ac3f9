/* Descriptors: close, close-on-exec, readiness, and the pointer that SO_ATTACH_FILTER wants. Knows nothing of what is read. */
#include "callback.h"
#include "fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

static bool refuse(napi_env env, const char *name, const char *want) {
  char text[128];
  snprintf(text, sizeof text, "%s must be %s", name, want);
  napi_throw_type_error(env, NULL, text);
  return false;
}

bool arg_fd(napi_env env, napi_value value, const char *name, int *out) {
  double got;
  if (napi_get_value_double(env, value, &got) != napi_ok) return refuse(env, name, "a number");
  if (!(got >= 0 && got <= INT32_MAX) || got != floor(got)) return refuse(env, name, "a whole number in 0..2147483647");
  *out = (int)got;
  return true;
}

bool arg_filter(napi_env env, napi_value value, const char *name, size_t least, struct sock_fprog *out) {
  struct bytes code;
  if (!arg_bytes(env, value, name, &code)) return false;
  size_t count = code.length / sizeof(struct sock_filter);
  if (code.length % sizeof(struct sock_filter) != 0 || count < least || count > BPF_MAXINSNS)
    return refuse(env, name, "whole BPF instructions of 8 octets, at most 4096");
  out->len = (unsigned short)count;
  out->filter = (struct sock_filter *)(void *)code.data;
  return true;
}

/* ---- watches ---- */

/* One uv_poll. Two owners hold it: libuv until the close callback ran, and the JavaScript handle until it is collected. */
struct watch {
  uv_poll_t poll;
  struct callback ready;
  napi_async_cleanup_hook_handle cleanup;
  int fd;
  bool closing;
  bool closed;
  bool collected;
  struct watch *next;
};

static const napi_type_tag WATCH_TAG = {0x76697064706f6c6cULL, 0x9a1c3f0be25d4478ULL};

/* Open watches of every thread, so that `close` can refuse a descriptor that libuv still polls (that would abort later). */
static struct watch *watches;
static pthread_mutex_t watches_lock = PTHREAD_MUTEX_INITIALIZER;

static void list_add(struct watch *w) {
  pthread_mutex_lock(&watches_lock);
  w->next = watches;
  watches = w;
  pthread_mutex_unlock(&watches_lock);
}

static void list_remove(struct watch *w) {
  pthread_mutex_lock(&watches_lock);
  for (struct watch **at = &watches; *at != NULL; at = &(*at)->next)
    if (*at == w) {
      *at = w->next;
      break;
    }
  pthread_mutex_unlock(&watches_lock);
}

bool fd_is_watched(int fd) {
  pthread_mutex_lock(&watches_lock);
  struct watch *at = watches;
  while (at != NULL && at->fd != fd) at = at->next;
  pthread_mutex_unlock(&watches_lock);
  return at != NULL;
}

static void release_if_unowned(struct watch *w) {
  if (w->closed && w->collected) free(w);
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct watch *w = data;
  w->collected = true;
  release_if_unowned(w);
}

static void on_closed(uv_handle_t *handle) {
  struct watch *w = handle->data;
  callback_drop(&w->ready);
  napi_remove_async_cleanup_hook(w->cleanup);
  w->closed = true;
  release_if_unowned(w);
}

static void stop_watch(struct watch *w) {
  if (w->closing) return;
  w->closing = true;
  list_remove(w);
  uv_poll_stop(&w->poll);
  uv_close((uv_handle_t *)&w->poll, on_closed);
}

/* The environment (a worker, or the process) goes down: Node waits until on_closed has removed the hook. */
static void on_cleanup(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  stop_watch(data);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  (void)events;
  struct watch *w = poll->data;
  callback_call(&w->ready, status);
  /* libuv has stopped a handle that it reports an error for. The socket itself is sound (an overrun, a link that went
   * down), so the watch goes on; unless the callback ended it. */
  if (status < 0 && !w->closing) uv_poll_start(poll, UV_READABLE, on_ready);
}

/* Frees a watch that never came to life. */
static void discard(struct watch *w) {
  callback_drop(&w->ready);
  free(w);
}

/* pollStart(fd, ready): see native.ts. EEXIST: already watched. EPERM: a regular file. EBADF: not open. TypeError: arguments. */
static napi_value poll_start(napi_env env, napi_callback_info info) {
  napi_value argv[2], handle;
  int fd;
  if (!args(env, info, 2, argv) || !arg_fd(env, argv[0], "fd", &fd)) return NULL;
  if (fd_is_watched(fd)) return throw_errno(env, EEXIST, "uv_poll_start");

  struct watch *w = calloc(1, sizeof *w);
  if (w == NULL) return throw_errno(env, ENOMEM, "calloc");
  w->fd = fd;
  w->poll.data = w;
  if (!callback_make(env, argv[1], "vipd-poll", &w->ready)) {
    free(w);
    return NULL;
  }
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || napi_create_object(env, &handle) != napi_ok) {
    discard(w);
    return throw_errno(env, ENOMEM, "napi_create_object");
  }
  int status = uv_poll_init(loop, &w->poll, fd);
  if (status < 0) {
    discard(w);
    return throw_errno(env, -status, "uv_poll_init");
  }
  /* From here on libuv owns a share: every way out goes through on_closed. */
  napi_type_tag_object(env, handle, &WATCH_TAG);
  napi_wrap(env, handle, w, on_collected, NULL, NULL);
  napi_add_async_cleanup_hook(env, on_cleanup, w, &w->cleanup);
  list_add(w);
  status = uv_poll_start(&w->poll, UV_READABLE, on_ready);
  if (status < 0) {
    stop_watch(w);
    return throw_errno(env, -status, "uv_poll_start");
  }
  return handle;
}

/* pollStop(handle): harmless when repeated and inside the watch's own callback. TypeError: not a handle of pollStart. */
static napi_value poll_stop(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  napi_valuetype type;
  bool ours = false;
  struct watch *w;
  if (!args(env, info, 1, argv)) return NULL;
  if (napi_typeof(env, argv[0], &type) != napi_ok || type != napi_object ||
      napi_check_object_type_tag(env, argv[0], &WATCH_TAG, &ours) != napi_ok || !ours ||
      napi_unwrap(env, argv[0], (void **)&w) != napi_ok)
    return throw_type(env, "handle must come from pollStart");
  stop_watch(w);
  return undefined(env);
}

/* ---- descriptors ---- */

/* close(fd). EBUSY: a watch is on it (libuv would poll a number that may be somebody else's by then). EBADF: not open. */
static napi_value close_fd(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int fd;
  if (!args(env, info, 1, argv) || !arg_fd(env, argv[0], "fd", &fd)) return NULL;
  if (fd_is_watched(fd)) return throw_errno(env, EBUSY, "close");
  /* Linux has released the number even when it says EINTR: a second try could close somebody else's. */
  if (close(fd) != 0 && errno != EINTR) return throw_errno(env, errno, "close");
  return undefined(env);
}

/* For kernels before 5.11. Returns 0 or an errno. */
static int close_on_exec_each(int from) {
  DIR *folder = opendir("/proc/self/fd");
  if (folder == NULL) return errno;
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    char *end;
    long fd = strtol(entry->d_name, &end, 10);
    if (*end != '\0' || end == entry->d_name || fd < from) continue;
    int flags = fcntl((int)fd, F_GETFD);
    if (flags >= 0) fcntl((int)fd, F_SETFD, flags | FD_CLOEXEC);
  }
  closedir(folder);
  return 0;
}

/* closeOnExecFrom(fd). ENOENT: no /proc on a kernel before 5.11. */
static napi_value close_on_exec_from(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int fd;
  if (!args(env, info, 1, argv) || !arg_fd(env, argv[0], "fd", &fd)) return NULL;
  if (syscall(SYS_close_range, (unsigned)fd, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return undefined(env);
  /* A seccomp policy may also answer EPERM for a call it does not know. */
  if (errno != ENOSYS && errno != EINVAL && errno != EPERM) return throw_errno(env, errno, "close_range");
  int error = close_on_exec_each(fd);
  return error == 0 ? undefined(env) : throw_errno(env, error, "opendir");
}

/* sockFprog(instructions): a copy of struct sock_fprog whose pointer is good as long as `instructions` lives. */
static napi_value sock_fprog(napi_env env, napi_callback_info info) {
  napi_value argv[1], out;
  struct sock_fprog program = {0};
  if (!args(env, info, 1, argv) || !arg_filter(env, argv[0], "instructions", 1, &program)) return NULL;
  if (napi_create_buffer_copy(env, sizeof program, &program, NULL, &out) != napi_ok)
    return throw_errno(env, ENOMEM, "napi_create_buffer_copy");
  return out;
}

static const struct method METHODS[] = {
    {"close", close_fd},        {"closeOnExecFrom", close_on_exec_from}, {"pollStart", poll_start},
    {"pollStop", poll_stop},    {"sockFprog", sock_fprog},               {NULL, NULL},
};

void register_fd(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
