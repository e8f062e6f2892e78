/*
 * A library for LD_PRELOAD that shifts the time of day by the milliseconds in the file SHIFT_CLOCK: a 64-bit number,
 * which the test changes while processes run. Monotonic clocks do not change.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*next_gettime)(clockid_t, struct timespec *);
static _Atomic int64_t *ahead_ms;

__attribute__((constructor)) static void start(void) {
  next_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  if (next_gettime == NULL) abort();
  const char *path = getenv("SHIFT_CLOCK");
  if (path == NULL) return;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) abort();
  void *shared = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (shared == MAP_FAILED) abort();
  ahead_ms = shared;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  int result = next_gettime(id, at);
  int is_time_of_day = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
  if (result != 0 || ahead_ms == NULL || !is_time_of_day) return result;
  int64_t ahead = atomic_load(ahead_ms);
  at->tv_sec += ahead / 1000;
  at->tv_nsec += ahead % 1000 * 1000000;
  if (at->tv_nsec >= 1000000000) {
    at->tv_sec += 1;
    at->tv_nsec -= 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  (void)zone;
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  at->tv_sec = exact.tv_sec;
  at->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  if (at != NULL) *at = exact.tv_sec;
  return exact.tv_sec;
}
