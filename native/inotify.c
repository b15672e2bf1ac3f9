/* Directories under watch (inotify): Node's fs.watch does not tell when a writer has finished. Events are read and taken
   apart in JavaScript. */
#include "fd.h"

#include <errno.h>
#include <sys/inotify.h>

static napi_value inotify_open(napi_env env, napi_callback_info info) {
  (void)info;
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  return fd < 0 ? throw_errno(env, errno, "inotify_init1") : number(env, fd);
}

static napi_value inotify_watch(napi_env env, napi_callback_info info) {
  napi_value argv[3];
  int fd;
  char path[4096];
  uint32_t mask;
  if (!args(env, info, 3, argv) || !arg_fd(env, argv[0], "fd", &fd) ||
      !arg_string(env, argv[1], "path", path, sizeof path) || !arg_uint32(env, argv[2], "mask", &mask))
    return NULL;
  const int watch = inotify_add_watch(fd, path, mask);
  return watch < 0 ? throw_errno(env, errno, "inotify_add_watch") : number(env, watch);
}

static napi_value inotify_unwatch(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int fd;
  int32_t watch;
  if (!args(env, info, 2, argv) || !arg_fd(env, argv[0], "fd", &fd) || !arg_int32(env, argv[1], "watch", &watch))
    return NULL;
  if (inotify_rm_watch(fd, watch) == 0) return boolean(env, true);
  /* The kernel has ended it already: its directory is gone. */
  return errno == EINVAL ? boolean(env, false) : throw_errno(env, errno, "inotify_rm_watch");
}

static const struct method METHODS[] = {{"inotifyOpen", inotify_open},
                                        {"inotifyWatch", inotify_watch},
                                        {"inotifyUnwatch", inotify_unwatch},
                                        {NULL, NULL}};

void register_inotify(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
