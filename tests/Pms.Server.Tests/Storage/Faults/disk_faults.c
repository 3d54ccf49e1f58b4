/* Preloaded into a process, it fails chosen calls on the files of one folder (DiskFaults.cs says which). Linux, glibc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { NONE, ONCE, ONWARDS, TORN, SHORT, READ };

static char folder[1024];
static int kind = NONE;
static long at;
static long calls;
static long failed;

/* Those of the C library below this one. */
#define REAL(name) ({ static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); real; })

static int watches_path(const char *path) { return kind != NONE && path && strncmp(path, folder, strlen(folder)) == 0; }

static int watches(int fd) {
  char link[64], path[sizeof folder];
  if (kind == NONE) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return watches_path(path);
}

/* Counts a call; whether this one fails. */
static int fails(void) {
  long n = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  int it_does = kind == ONWARDS ? n >= at : n == at;
  if (it_does) __atomic_add_fetch(&failed, 1, __ATOMIC_SEQ_CST);
  return it_does;
}

static int eio(void) { errno = EIO; return -1; }

/* Calls that write a part are counted with the others; those that cannot are let through. */
#define FAIL_WHOLE(watched) if (kind != READ && (watched) && fails() && kind != SHORT) return eio()

#define FAIL_PART(fd, size, part) \
  if (kind != READ && watches(fd) && fails()) { \
    ssize_t written = kind == TORN || kind == SHORT ? (part) : -1; \
    return kind == SHORT && written > 0 ? written : eio(); \
  }

#define FAIL_READ(fd) if (kind == READ && watches(fd) && fails()) return eio()

ssize_t write(int fd, const void *data, size_t size) {
  FAIL_PART(fd, size, REAL(write)(fd, data, size / 2))
  return REAL(write)(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
  FAIL_PART(fd, size, REAL(pwrite64)(fd, data, size / 2, offset))
  return REAL(pwrite64)(fd, data, size, offset);
}

ssize_t read(int fd, void *data, size_t size) { FAIL_READ(fd); return REAL(read)(fd, data, size); }
ssize_t pread64(int fd, void *data, size_t size, off64_t offset) { FAIL_READ(fd); return REAL(pread64)(fd, data, size, offset); }
int fsync(int fd) { FAIL_WHOLE(watches(fd)); return REAL(fsync)(fd); }
int fdatasync(int fd) { FAIL_WHOLE(watches(fd)); return REAL(fdatasync)(fd); }
int ftruncate64(int fd, off64_t size) { FAIL_WHOLE(watches(fd)); return REAL(ftruncate64)(fd, size); }
int unlink(const char *path) { FAIL_WHOLE(watches_path(path)); return REAL(unlink)(path); }

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  FAIL_WHOLE(flags & O_CREAT && watches_path(path));
  return REAL(open64)(path, flags, mode);
}

/* From now on: the call of this number, from 1, of those that are counted. */
void disk_faults_arm(const char *in, int of_kind, long number) {
  strncpy(folder, in, sizeof folder - 1);
  at = number;
  calls = failed = 0;
  __atomic_store_n(&kind, of_kind, __ATOMIC_SEQ_CST);
}

/* How many calls have failed since it was armed. */
long disk_faults_disarm(void) {
  __atomic_store_n(&kind, NONE, __ATOMIC_SEQ_CST);
  return failed;
}
