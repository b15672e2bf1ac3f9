/* What starting a script needs from libc: accounts and groups through NSS, a real pipe for its output, a FIFO to hear from us.
   NSS may ask the network (LDAP, SSSD) and so block: callers look names up when a configuration is loaded. */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SIZE = 256, FIRST_BUFFER = 1024, LAST_BUFFER = 4 * 1024 * 1024, MOST_INTERRUPTIONS = 16 };

/* POSIX lets "no such entry" come back as any of these instead of success with a null result. */
static bool means_absent(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

static void set_string(napi_env env, napi_value object, const char *key, const char *text) {
  napi_value value;
  if (text == NULL) text = "";
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, object, key, value);
}

static napi_value null(napi_env env) {
  napi_value out;
  napi_get_null(env, &out);
  return out;
}

static napi_value user_object(napi_env env, const struct passwd *entry) {
  napi_value out;
  napi_create_object(env, &out);
  napi_set_named_property(env, out, "uid", number(env, entry->pw_uid));
  napi_set_named_property(env, out, "gid", number(env, entry->pw_gid));
  set_string(env, out, "name", entry->pw_name);
  set_string(env, out, "home", entry->pw_dir);
  return out;
}

static napi_value group_object(napi_env env, const struct group *entry) {
  napi_value out;
  napi_create_object(env, &out);
  napi_set_named_property(env, out, "gid", number(env, entry->gr_gid));
  set_string(env, out, "name", entry->gr_name);
  return out;
}

/* What to ask for: by name when it is not NULL, else by id. */
struct question {
  bool group;
  const char *name;
  uid_t id;
};

/* One attempt with a buffer of `size`; 0 with *out NULL: no such entry. */
static int ask(napi_env env, const struct question *q, char *buffer, size_t size, napi_value *out) {
  *out = NULL;
  if (q->group) {
    struct group entry, *found = NULL;
    int error = getgrnam_r(q->name, &entry, buffer, size, &found);
    if (found != NULL) *out = group_object(env, found);
    return error;
  }
  struct passwd entry, *found = NULL;
  int error = q->name != NULL ? getpwnam_r(q->name, &entry, buffer, size, &found)
                              : getpwuid_r(q->id, &entry, buffer, size, &found);
  if (found != NULL) *out = user_object(env, found);
  return error;
}

/* Doubles the buffer while libc says ERANGE (groups may have thousands of members), up to LAST_BUFFER. */
static napi_value look_up(napi_env env, const struct question *q, const char *syscall) {
  int interrupted = 0;
  for (size_t size = FIRST_BUFFER; size <= LAST_BUFFER; size *= 2) {
    char *buffer = malloc(size);
    if (buffer == NULL) return throw_errno(env, ENOMEM, syscall);
    napi_value out;
    int error = ask(env, q, buffer, size, &out);
    free(buffer);
    if (error == ERANGE) continue;
    if (out != NULL) return out;
    if (error == EINTR && interrupted++ < MOST_INTERRUPTIONS) {
      size /= 2; /* the same size again */
      continue;
    }
    return means_absent(error) ? null(env) : throw_errno(env, error, syscall);
  }
  return throw_errno(env, ERANGE, syscall);
}

static napi_value lookup_user(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  char name[NAME_SIZE];
  if (!args(env, info, 1, argv) || !arg_string(env, argv[0], "name", name, sizeof name)) return NULL;
  const struct question q = {.group = false, .name = name, .id = 0};
  return look_up(env, &q, "getpwnam_r");
}

static napi_value lookup_user_id(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint32_t uid;
  if (!args(env, info, 1, argv) || !arg_uint32(env, argv[0], "uid", &uid)) return NULL;
  const struct question q = {.group = false, .name = NULL, .id = uid};
  return look_up(env, &q, "getpwuid_r");
}

static napi_value lookup_group(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  char name[NAME_SIZE];
  if (!args(env, info, 1, argv) || !arg_string(env, argv[0], "name", name, sizeof name)) return NULL;
  const struct question q = {.group = true, .name = name, .id = 0};
  return look_up(env, &q, "getgrnam_r");
}

/* Node's own 'pipe' stdio is a socket pair, on which a script's `> /dev/stderr` fails with ENXIO. */
static napi_value open_pipe(napi_env env, napi_callback_info info) {
  (void)info;
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return throw_errno(env, errno, "pipe2");
  napi_value out;
  napi_create_array_with_length(env, 2, &out);
  napi_set_element(env, out, 0, number(env, fds[0]));
  napi_set_element(env, out, 1, number(env, fds[1]));
  return out;
}

static napi_value make_fifo(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  char path[PATH_MAX];
  if (!args(env, info, 1, argv) || !arg_string(env, argv[0], "path", path, sizeof path)) return NULL;
  if (mkfifo(path, S_IRUSR | S_IWUSR) != 0) return throw_errno(env, errno, "mkfifo");
  return undefined(env);
}

static const struct method METHODS[] = {{"lookupUser", lookup_user},
                                        {"lookupUserId", lookup_user_id},
                                        {"lookupGroup", lookup_group},
                                        {"openPipe", open_pipe},
                                        {"makeFifo", make_fifo},
                                        {NULL, NULL}};

void register_users(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
