/*
 * A library for LD_PRELOAD that makes calls fail which write to files below one folder.
 *
 * INJECT_FOLDER is the folder. INJECT_CONTROL is a file with struct control, shared with the test: the test sets which
 * calls fail and reads the number of calls. All processes and threads that use the same file share one count.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The effect of a failing write. KILL ends the process: at a write after half of it, at another call before it. */
enum { NOTHING = 0, HALF_THEN_ERROR = 1, SHORT = 2, KILL = 3 };

/* 64-bit fields in the byte order of the machine. test/faults/injector.ts has the same layout. */
struct control {
  _Atomic int64_t calls;    /* calls so far, failed ones included */
  _Atomic int64_t from;     /* number of the first failing call, from 1; 0: none */
  _Atomic int64_t to;       /* number of the last failing call */
  _Atomic int64_t error;    /* errno */
  _Atomic int64_t kind;     /* effect of a failing write */
  _Atomic int64_t injected; /* failed calls so far */
  char path[208];           /* counts only files whose path contains this; empty: all */
  char last[256];           /* last failed call: name and path */
};

static struct control *control;
static char folder[PATH_MAX];
static size_t folder_length;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("INJECT_CONTROL");
  const char *below = getenv("INJECT_FOLDER");
  if (path == NULL || below == NULL) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) abort();
  void *shared = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (shared == MAP_FAILED || realpath(below, folder) == NULL) abort();
  folder_length = strlen(folder);
  control = shared;
}

static int is_ours(const char *path) {
  if (strncmp(path, folder, folder_length) != 0) return 0;
  if (path[folder_length] != '/' && path[folder_length] != 0) return 0;
  return control->path[0] == 0 || strstr(path, control->path) != NULL;
}

/* Counts a call. Returns whether it must fail. */
static int fails(const char *name, const char *path) {
  if (!is_ours(path)) return 0;
  int64_t call = atomic_fetch_add(&control->calls, 1) + 1;
  int64_t from = atomic_load(&control->from);
  if (from == 0 || call < from || call > atomic_load(&control->to)) return 0;
  atomic_fetch_add(&control->injected, 1);
  snprintf(control->last, sizeof(control->last), "%s %s", name, path + folder_length);
  return 1;
}

static int fails_at(const char *name, int fd) {
  if (control == NULL) return 0;
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof(path) - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return fails(name, path);
}

static int fails_on(const char *name, const char *path) {
  if (control == NULL) return 0;
  char absolute[PATH_MAX];
  if (path[0] == '/') return fails(name, path);
  char here[PATH_MAX];
  if (getcwd(here, sizeof(here)) == NULL) return 0;
  if (snprintf(absolute, sizeof(absolute), "%s/%s", here, path) >= (int)sizeof(absolute)) return 0;
  return fails(name, absolute);
}

static int error_now(void) {
  if (atomic_load(&control->kind) == KILL) kill(getpid(), SIGKILL);
  errno = (int)atomic_load(&control->error);
  return -1;
}

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

/* The number of bytes that a failing write writes, and whether it reports an error. */
static size_t part_of(size_t size) {
  return atomic_load(&control->kind) == NOTHING ? 0 : size / 2;
}

static int is_short(size_t part) { return part > 0 && atomic_load(&control->kind) == SHORT; }

ssize_t write(int fd, const void *bytes, size_t size) {
  if (!fails_at("write", fd)) return REAL(write)(fd, bytes, size);
  size_t part = part_of(size);
  if (part > 0) REAL(write)(fd, bytes, part);
  return is_short(part) ? (ssize_t)part : error_now();
}

#define PWRITE(name, offset_type)                                           \
  ssize_t name(int fd, const void *bytes, size_t size, offset_type offset) { \
    if (!fails_at(#name, fd)) return REAL(name)(fd, bytes, size, offset);    \
    size_t part = part_of(size);                                            \
    if (part > 0) REAL(name)(fd, bytes, part, offset);                       \
    return is_short(part) ? (ssize_t)part : error_now();                    \
  }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int count) {
  return fails_at("writev", fd) ? error_now() : REAL(writev)(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return fails_at("pwritev", fd) ? error_now() : REAL(pwritev)(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return fails_at("pwritev64", fd) ? error_now() : REAL(pwritev64)(fd, parts, count, offset);
}

int fsync(int fd) { return fails_at("fsync", fd) ? error_now() : REAL(fsync)(fd); }

int fdatasync(int fd) { return fails_at("fdatasync", fd) ? error_now() : REAL(fdatasync)(fd); }

int ftruncate(int fd, off_t size) {
  return fails_at("ftruncate", fd) ? error_now() : REAL(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) {
  return fails_at("ftruncate64", fd) ? error_now() : REAL(ftruncate64)(fd, size);
}

int posix_fallocate(int fd, off_t offset, off_t size) {
  if (fails_at("posix_fallocate", fd)) {
    error_now();
    return (int)atomic_load(&control->error);
  }
  return REAL(posix_fallocate)(fd, offset, size);
}

int fallocate(int fd, int mode, off_t offset, off_t size) {
  return fails_at("fallocate", fd) ? error_now() : REAL(fallocate)(fd, mode, offset, size);
}

int rename(const char *from, const char *to) {
  return fails_on("rename", from) ? error_now() : REAL(rename)(from, to);
}

int link(const char *from, const char *to) {
  return fails_on("link", to) ? error_now() : REAL(link)(from, to);
}

int unlink(const char *path) { return fails_on("unlink", path) ? error_now() : REAL(unlink)(path); }

int mkdir(const char *path, mode_t mode) {
  return fails_on("mkdir", path) ? error_now() : REAL(mkdir)(path, mode);
}

/* Whether an open creates a file. Opening an existing file writes nothing. */
static int makes(const char *path, int flags) {
  return control != NULL && (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
}

#define OPEN(name)                                                                        \
  int name(const char *path, int flags, ...) {                                            \
    va_list more;                                                                         \
    va_start(more, flags);                                                                \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;        \
    va_end(more);                                                                         \
    if (makes(path, flags) && fails_on(#name, path)) return error_now();                  \
    return REAL(name)(path, flags, mode);                                                 \
  }

OPEN(open)
OPEN(open64)
