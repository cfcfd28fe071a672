#pragma once
// System calls that Swift cannot make: fork and what has to happen in the child before exec (only
// async-signal-safe calls are allowed there), and variadic calls. _GNU_SOURCE stays undefined:
// types of the C library would differ from those that the other C modules see.
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

/// What a child process starts with. All pointers are only read.
struct signalbox_spawn_request {
  const char *path;
  char *const *arguments;
  char *const *environment;
  const char *directory;  // NULL: the parent's
  int output;             // -1: the parent's
  int errors;             // -1: the parent's
  int death_signal;       // sent when the forking thread ends; 0: none
};

/// The child's side of signalbox_spawn; reports the errno of what failed through `report`.
static inline void signalbox_child(
    const struct signalbox_spawn_request *request, pid_t parent, int report) {
  int problem = 0;
  for (int number = 1; number < NSIG; number++) {
    if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  // A group of its own: a terminal's Ctrl-C reaches the parent only.
  setpgid(0, 0);
  if (request->death_signal != 0) {
    if (prctl(PR_SET_PDEATHSIG, request->death_signal) != 0) goto failed;
    // The parent may have died before the line above.
    if (getppid() != parent) _exit(127);
  }
  if (request->directory && chdir(request->directory) != 0) goto failed;
  int input = open("/dev/null", O_RDONLY);
  if (input < 0 || dup2(input, 0) < 0) goto failed;
  if (request->output >= 0 && dup2(request->output, 1) < 0) goto failed;
  if (request->errors >= 0 && dup2(request->errors, 2) < 0) goto failed;
  // CLOSE_RANGE_CLOEXEC (4): everything else closes at exec, `report` stays usable until then.
  if (syscall(SYS_close_range, 3U, ~0U, 4U) != 0) goto failed;
  execve(request->path, request->arguments, request->environment);
failed:
  problem = errno;
  (void)!write(report, &problem, sizeof problem);
  _exit(127);
}

/// Starts a child process and waits until it runs its program or failed to.
/// Returns its id, or -1 with the errno in `problem`.
static inline pid_t signalbox_spawn(const struct signalbox_spawn_request *request, int *problem) {
  int report[2];
  *problem = 0;
  if (syscall(SYS_pipe2, report, O_CLOEXEC) != 0) {
    *problem = errno;
    return -1;
  }
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) signalbox_child(request, parent, report[1]);
  if (child < 0) *problem = errno;
  close(report[1]);
  if (child > 0) {
    ssize_t count;
    do {
      count = read(report[0], problem, sizeof *problem);
    } while (count < 0 && errno == EINTR);
    if (count != (ssize_t)sizeof *problem) *problem = 0;
  }
  close(report[0]);
  if (*problem == 0) return child;
  // It never ran its program; nobody else waits for it.
  if (child > 0) {
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
  }
  return -1;
}

/// The columns of the terminal at `descriptor`; 0 when it is none.
static inline int signalbox_window_width(int descriptor) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

/// 1 and the largest clock error in microseconds when the kernel's clock is synchronised, 0 and the
/// same when it is not, -1 when the kernel does not say.
static inline int signalbox_clock_state(long *error_microseconds) {
  struct timex state = {0};
  int result = adjtimex(&state);
  if (result < 0) return -1;
  *error_microseconds = state.maxerror;
  return result != TIME_ERROR && !(state.status & STA_UNSYNC);
}

/// Names the calling thread (at most 15 bytes are kept), for `ps -L` and debuggers.
static inline void signalbox_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

/// Removes a file or a directory with all it contains; follows no symbolic links.
static inline void signalbox_remove_tree(const char *path) {
  char *const roots[] = {(char *)path, NULL};
  FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
  if (!walk) return;
  FTSENT *entry;
  while ((entry = fts_read(walk))) {
    if (entry->fts_info != FTS_D) remove(entry->fts_accpath);
  }
  fts_close(walk);
}

/// Opens a file; the variadic open(2).
static inline int signalbox_open(const char *path, int flags, unsigned int mode) {
  return open(path, flags, mode);
}

/// Makes a pipe that no child inherits.
static inline int signalbox_pipe(int *reading, int *writing) {
  int ends[2];
  if (syscall(SYS_pipe2, ends, O_CLOEXEC) != 0) return -1;
  *reading = ends[0];
  *writing = ends[1];
  return 0;
}

/// A descriptor that becomes readable with signalbox_event_signal; -1 and errno on failure.
static inline int signalbox_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline void signalbox_event_signal(int event) { (void)!eventfd_write(event, 1); }

/// This process's environment for execve.
static inline char *const *signalbox_environment(void) { return __environ; }
