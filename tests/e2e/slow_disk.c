/* Makes the disk slow for a test: writes and syncs of files below $SLOW_FOLDER take a while. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int is_slow(int file) {
    const char *folder = getenv("SLOW_FOLDER");
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path);
    if (folder == NULL || length < 0) {
        return 0;
    }
    size_t wanted = strlen(folder);
    return (size_t)length >= wanted && strncmp(path, folder, wanted) == 0;
}

static void wait_for(const char *variable) {
    const char *value = getenv(variable);
    long milliseconds = value == NULL ? 0 : atol(value);
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

int fsync(int file) {
    static int (*real)(int);
    if (real == NULL) {
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    }
    if (is_slow(file)) {
        wait_for("SLOW_FSYNC_MS");
    }
    return real(file);
}

ssize_t write(int file, const void *bytes, size_t length) {
    static ssize_t (*real)(int, const void *, size_t);
    if (real == NULL) {
        real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    }
    if (is_slow(file)) {
        wait_for("SLOW_WRITE_MS");
    }
    return real(file, bytes, length);
}
