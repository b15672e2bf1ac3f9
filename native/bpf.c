/* bpf(2): a memory-mapped array that the kernel and JavaScript share, and socket-filter programs. What the programs do is
 * the caller's business: they come as instructions. */
#include "common.h"
#include "fd.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than some headers that we are built with. */
#ifndef BPF_F_MMAPABLE
#define BPF_F_MMAPABLE (1U << 10)
#endif

enum { MOST_VALUE = 1 << 16, MOST_ENTRIES = 1 << 16, MOST_INSTRUCTIONS = 4096, MOST_PACKET = 1 << 14, LEAST_PACKET = 14 };
enum { LOG_BYTES = 1 << 16, LOG_SHOWN = 2000, LOAD_ATTEMPTS = 10 };

/* bpf_ktime_get_ns was for GPL programs only before Linux 5.7. */
static const char LICENSE[] = "Dual MIT/GPL";

static int bpf(int command, union bpf_attr *attr) { return (int)syscall(SYS_bpf, command, attr, sizeof *attr); }

/* The verifier gives up with EAGAIN when a signal comes meanwhile. */
static int load_program(union bpf_attr *attr) {
  int fd = -1;
  for (int attempt = 0; attempt < LOAD_ATTEMPTS; attempt++) {
    fd = bpf(BPF_PROG_LOAD, attr);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

static uint64_t pointer(const void *p) { return (uint64_t)(uintptr_t)p; }

static void unmap(napi_env env, void *memory, void *length) {
  (void)env;
  munmap(memory, (size_t)(uintptr_t)length);
}

static size_t mapped_length(uint32_t value_bytes, uint32_t entries) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return ((size_t)value_bytes * entries + page - 1) / page * page;
}

/* bpfArray(valueBytes, entries): see native.ts. */
static napi_value bpf_array(napi_env env, napi_callback_info info) {
  napi_value argv[2], out, memory;
  uint32_t value_bytes, entries;
  if (!args(env, info, 2, argv) || !arg_uint32(env, argv[0], "valueBytes", &value_bytes) ||
      !arg_uint32(env, argv[1], "entries", &entries))
    return NULL;
  if (value_bytes == 0 || value_bytes % 8 != 0 || value_bytes > MOST_VALUE)
    return throw_type(env, "valueBytes must be a multiple of 8, at most 65536");
  if (entries == 0 || entries > MOST_ENTRIES) return throw_type(env, "entries must be in 1..65536");
  union bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.map_type = BPF_MAP_TYPE_ARRAY;
  attr.key_size = sizeof(uint32_t);
  attr.value_size = value_bytes;
  attr.max_entries = entries;
  attr.map_flags = BPF_F_MMAPABLE;
  /* Close-on-exec: the kernel sets it on everything that bpf(2) returns. */
  const int fd = bpf(BPF_MAP_CREATE, &attr);
  if (fd < 0) return throw_errno(env, errno, "bpf");
  const size_t length = mapped_length(value_bytes, entries);
  void *mapped = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) {
    const int error = errno;
    close(fd);
    return throw_errno(env, error, "mmap");
  }
  if (napi_create_external_arraybuffer(env, mapped, length, unmap, (void *)(uintptr_t)length, &memory) != napi_ok) {
    munmap(mapped, length);
    close(fd);
    return throw_errno(env, ENOMEM, "napi_create_external_arraybuffer");
  }
  napi_create_object(env, &out);
  napi_set_named_property(env, out, "fd", number(env, fd));
  napi_set_named_property(env, out, "memory", memory);
  return out;
}

/* The pending exception also tells the end of what the verifier said. */
static napi_value throw_refused(napi_env env, int error, const char *log) {
  throw_errno(env, error, "bpf");
  if (log == NULL || log[0] == '\0') return NULL;
  napi_value exception, text;
  const size_t length = strlen(log);
  const char *tail = length > LOG_SHOWN ? log + length - LOG_SHOWN : log;
  napi_get_and_clear_last_exception(env, &exception);
  napi_create_string_latin1(env, tail, NAPI_AUTO_LENGTH, &text);
  napi_set_named_property(env, exception, "log", text);
  napi_throw(env, exception);
  return NULL;
}

/* bpfFilter(instructions): see native.ts. */
static napi_value bpf_filter(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct bytes code;
  if (!args(env, info, 1, argv) || !arg_bytes(env, argv[0], "instructions", &code)) return NULL;
  const size_t count = code.length / sizeof(struct bpf_insn);
  if (code.length % sizeof(struct bpf_insn) != 0 || count == 0 || count > MOST_INSTRUCTIONS)
    return throw_type(env, "instructions must be 1..4096 of 8 octets");
  union bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attr.insns = pointer(code.data);
  attr.insn_cnt = (uint32_t)count;
  attr.license = pointer(LICENSE);
  const int fd = load_program(&attr);
  if (fd >= 0) return number(env, fd);
  const int error = errno;
  if (error == EPERM) return throw_errno(env, error, "bpf");
  /* Again, for the reason: with a log every load is slower. */
  char *log = calloc(1, LOG_BYTES);
  if (log == NULL) return throw_errno(env, error, "bpf");
  attr.log_buf = pointer(log);
  attr.log_size = LOG_BYTES;
  attr.log_level = 1;
  const int again = load_program(&attr);
  if (again < 0) throw_refused(env, error, log);
  free(log);
  return again < 0 ? NULL : number(env, again);
}

/* bpfTestRun(fd, packet): see native.ts. */
static napi_value bpf_test_run(napi_env env, napi_callback_info info) {
  napi_value argv[2];
  struct bytes packet;
  int fd;
  if (!args(env, info, 2, argv) || !arg_fd(env, argv[0], "fd", &fd) || !arg_bytes(env, argv[1], "packet", &packet))
    return NULL;
  if (packet.length < LEAST_PACKET || packet.length > MOST_PACKET)
    return throw_type(env, "packet must be an Ethernet frame of 14..16384 octets");
  union bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.test.prog_fd = (uint32_t)fd;
  attr.test.data_in = pointer(packet.data);
  attr.test.data_size_in = (uint32_t)packet.length;
  attr.test.repeat = 1;
  if (bpf(BPF_PROG_TEST_RUN, &attr) != 0) return throw_errno(env, errno, "bpf");
  return number(env, attr.test.retval);
}

static const struct method METHODS[] = {
    {"bpfArray", bpf_array}, {"bpfFilter", bpf_filter}, {"bpfTestRun", bpf_test_run}, {NULL, NULL}};

void register_bpf(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
