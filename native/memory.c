/* What this process holds of the machine's memory: heaps of libc, code and constants that are mapped from files. */
#include "common.h"

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const double LAST_ADDRESS = 9007199254740991.0; /* the last one that a double tells from its neighbours */

/* glibc's own limit grows with what was freed, to some MB for each thread that ever compiled something. */
static napi_value trim_heap_from(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  uint32_t bytes;
  if (!args(env, info, 1, argv) || !arg_uint32(env, argv[0], "bytes", &bytes)) return NULL;
#ifdef M_TRIM_THRESHOLD
  mallopt(M_TRIM_THRESHOLD, (int)(bytes & INT32_MAX));
#endif
  return undefined(env);
}

static napi_value trim_heap(napi_env env, napi_callback_info info) {
  (void)info;
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return undefined(env);
}

/* Pages to be dropped, and what came of it. */
struct drop {
  uintptr_t from, to, page;
  bool found;
  int error;
};

/* Runs under the loader's lock: what is listed stays mapped, and as it is, until this returns. */
static int drop_in(struct dl_phdr_info *object, size_t size, void *data) {
  (void)size;
  struct drop *d = data;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_W) != 0) continue;
    const uintptr_t begin = object->dlpi_addr + part->p_vaddr;
    const uintptr_t first = begin & ~(d->page - 1);
    const uintptr_t end = (begin + part->p_memsz + d->page - 1) & ~(d->page - 1);
    if (d->from < first || d->to > end) continue;
    d->found = true;
    if (madvise((void *)d->from, d->to - d->from, MADV_DONTNEED) != 0) d->error = errno;
    return 1;
  }
  return 0;
}

/* Only what a program or library has as never to be written. Whoever calls knows that nothing was written there all the
 * same (a debugger, huge pages in the place of code): such a page would come back from the file. */
static napi_value drop_code(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  double from, to;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  if (!args(env, info, 2, argv)) return NULL;
  if (napi_get_value_double(env, argv[0], &from) != napi_ok || napi_get_value_double(env, argv[1], &to) != napi_ok ||
      !(from > 0 && from < to && to <= LAST_ADDRESS))
    return throw_type(env, "from and to must be addresses, from the lower");
  struct drop d = {.from = (uintptr_t)from, .to = (uintptr_t)to, .page = page};
  if (((d.from | d.to) & (d.page - 1)) != 0) return throw_errno(env, EINVAL, "madvise");
  dl_iterate_phdr(drop_in, &d);
  return d.error == 0 ? boolean(env, d.found) : throw_errno(env, d.error, "madvise");
}

/* Locks what is mapped from files (code and constants) as it is touched. The heap stays out: V8 gives pages of it back with
 * MADV_DONTNEED, which fails on locked ones and ends the process. A mapping that vanishes meanwhile is no error. */
static napi_value lock_code(napi_env env, napi_callback_info info) {
  (void)info;
  FILE *maps = fopen("/proc/self/maps", "re");
  if (maps == NULL) return throw_errno(env, errno, "fopen");
  char *line = NULL;
  size_t size = 0;
  double bytes = 0;
  int error = 0;
  while (error == 0 && getline(&line, &size, maps) > 0) {
    unsigned long from, to;
    char mode[5];
    int path = 0;
    if (sscanf(line, "%lx-%lx %4s %*x %*s %*u %n", &from, &to, mode, &path) < 3 || line[path] != '/' || mode[1] == 'w')
      continue;
    if (mlock2((void *)from, to - from, MLOCK_ONFAULT) == 0) bytes += (double)(to - from);
    else if (errno != ENOMEM || bytes == 0) error = errno;
  }
  free(line);
  fclose(maps);
  return error == 0 ? number(env, bytes) : throw_errno(env, error, "mlock2");
}

static const struct method METHODS[] = {
    {"lockCode", lock_code},
    {"dropCode", drop_code},
    {"trimHeap", trim_heap},
    {"trimHeapFrom", trim_heap_from},
    {NULL, NULL},
};

void register_memory(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
