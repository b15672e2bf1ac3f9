/* The process itself: file lock, real-time signals, scheduling class, network namespace, name, capabilities. */
#include "callback.h"
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

/* An OFD lock belongs to the open file, so it also holds against another open in this process and survives fork. */
static napi_value lock_file(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int32_t fd;
  if (!args(env, info, 1, argv) || !arg_int32(env, argv[0], "fd", &fd)) return NULL;
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return boolean(env, true);
  return errno == EAGAIN || errno == EACCES ? boolean(env, false) : throw_errno(env, errno, "fcntl");
}

/* One caught signal. Lives until the environment ends: a worker thread's loop must not be left with an open handle. */
struct catcher {
  uv_signal_t handle;
  struct callback caught;
  napi_async_cleanup_hook_handle hook;
};

static void catcher_closed(uv_handle_t *handle) {
  struct catcher *c = handle->data;
  callback_drop(&c->caught);
  napi_remove_async_cleanup_hook(c->hook);
  free(c);
}

static void catcher_end(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  struct catcher *c = data;
  uv_close((uv_handle_t *)&c->handle, catcher_closed);
}

static void catcher_caught(uv_signal_t *handle, int signum) {
  const struct catcher *c = handle->data;
  callback_call(&c->caught, signum);
}

static napi_value signal_start(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  int32_t signum;
  uv_loop_t *loop;
  if (!args(env, info, 2, argv) || !arg_int32(env, argv[0], "signum", &signum)) return NULL;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return throw_errno(env, ENOSYS, "napi_get_uv_event_loop");
  struct catcher *c = calloc(1, sizeof *c);
  if (c == NULL) return throw_errno(env, ENOMEM, "calloc");
  if (!callback_make(env, argv[1], "vipd:signal", &c->caught)) {
    free(c);
    return NULL;
  }
  c->handle.data = c;
  uv_signal_init(loop, &c->handle);
  napi_add_async_cleanup_hook(env, catcher_end, c, &c->hook);
  int status = uv_signal_start(&c->handle, catcher_caught, signum);
  /* On failure the catcher stays, stopped, until the environment ends: it is one struct at start-up. */
  if (status != 0) return throw_errno(env, -status, "uv_signal_start");
  uv_unref((uv_handle_t *)&c->handle);
  return undefined(env);
}

static napi_value set_scheduler(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  char policy[8];
  int32_t priority;
  if (!args(env, info, 2, argv) || !arg_string(env, argv[0], "policy", policy, sizeof policy) ||
      !arg_int32(env, argv[1], "priority", &priority))
    return NULL;
  int number_of = strcmp(policy, "fifo") == 0    ? SCHED_FIFO
                  : strcmp(policy, "rr") == 0    ? SCHED_RR
                  : strcmp(policy, "other") == 0 ? SCHED_OTHER
                                                 : -1;
  if (number_of < 0) return throw_type(env, "policy must be 'other', 'fifo' or 'rr'");
  struct sched_param param = {.sched_priority = priority};
  /* Without RESET_ON_FORK every hook would run above the daemon's own housekeeping threads. */
  if (sched_setscheduler(0, number_of | SCHED_RESET_ON_FORK, &param) != 0)
    return throw_errno(env, errno, "sched_setscheduler");
  return undefined(env);
}

/* CPU numbers of the calling thread's affinity, ascending. */
static napi_value get_affinity(napi_env env, napi_callback_info info) {
  (void)info;
  cpu_set_t set;
  napi_value out;
  uint32_t count = 0;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return throw_errno(env, errno, "sched_getaffinity");
  napi_create_array(env, &out);
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &set)) napi_set_element(env, out, count++, number(env, cpu));
  return out;
}

static napi_value set_affinity(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  bool is_array = false;
  uint32_t count;
  cpu_set_t set;
  if (!args(env, info, 1, argv)) return NULL;
  if (napi_is_array(env, argv[0], &is_array) != napi_ok || !is_array) return throw_type(env, "cpus must be an array");
  napi_get_array_length(env, argv[0], &count);
  CPU_ZERO(&set);
  for (uint32_t i = 0; i < count; i++) {
    napi_value element;
    uint32_t cpu;
    napi_get_element(env, argv[0], i, &element);
    if (!arg_uint32(env, element, "each of cpus", &cpu)) return NULL;
    if (cpu >= CPU_SETSIZE) return throw_type(env, "each of cpus must be below 1024");
    CPU_SET(cpu, &set);
  }
  if (sched_setaffinity(0, sizeof set, &set) != 0) return throw_errno(env, errno, "sched_setaffinity");
  return undefined(env);
}

static napi_value set_network_namespace(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  char path[4096];
  if (!args(env, info, 1, argv) || !arg_string(env, argv[0], "path", path, sizeof path)) return NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return throw_errno(env, errno, "open");
  int error = setns(fd, CLONE_NEWNET) == 0 ? 0 : errno;
  close(fd);
  return error == 0 ? undefined(env) : throw_errno(env, error, "setns");
}

static napi_value set_process_name(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  char name[256];
  if (!args(env, info, 1, argv) || !arg_string(env, argv[0], "name", name, sizeof name)) return NULL;
  /* The kernel keeps the first 15 octets. */
  if (prctl(PR_SET_NAME, name, 0, 0, 0) != 0) return throw_errno(env, errno, "prctl");
  return undefined(env);
}

static napi_value effective_capabilities(napi_env env, napi_callback_info info) {
  (void)info;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
  if (syscall(SYS_capget, &header, data) != 0) return throw_errno(env, errno, "capget");
  napi_value out;
  napi_create_bigint_uint64(env, (uint64_t)data[1].effective << 32 | data[0].effective, &out);
  return out;
}

static const struct method METHODS[] = {
    {"lockFile", lock_file},
    {"signalStart", signal_start},
    {"setScheduler", set_scheduler},
    {"getAffinity", get_affinity},
    {"setAffinity", set_affinity},
    {"setNetworkNamespace", set_network_namespace},
    {"setProcessName", set_process_name},
    {"effectiveCapabilities", effective_capabilities},
    {NULL, NULL},
};

void register_process(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
