// Calls put jobs, which live on their own stacks, into a list; workers claim indices of the first job that has some
// left. A worker that finds none watches `epoch` for 50 microseconds, since decoding calls come one after the other,
// and then sleeps on it. All lists and counts are changed under one lock, held for a few instructions; what is also
// watched without it is atomic.
//
// When the library is closed its workers are woken and joined, since their code is about to go. That happens with the
// loader's lock held, which a worker never wants: it calls nothing that is bound late, has no thread-local memory, and
// ends by returning.
#include "runtime/cpu/Pool.h"
#include <immintrin.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace {

struct Job {
  void (*body)(void *, int64_t);
  void *argument;
  int64_t count;
  int64_t claimed = 1;  // indices given out; the caller took the first
  uint32_t active = 0;  // workers inside the body (atomic)
  bool waiting = false; // the caller sleeps until active is 0
  Job *next = nullptr;
};

struct Worker {
  pthread_t thread;
  Worker *next;
};

struct Pool {
  pid_t process;
  pthread_mutex_t lock;
  Job *jobs;
  Worker *threads;   // all that were started
  int64_t workers;   // how many they are
  int64_t busy;      // of them inside a body
  bool closing;      // none is started any more, and all return
  uint32_t epoch;    // rises with every job (atomic, futex)
  uint32_t sleepers; // workers asleep on epoch (atomic)
  uint32_t finished; // rises when a job is done whose caller sleeps (atomic, futex)
};

Pool first; // of the library's own memory, which goes with it; those of forked children are allocated
bool firstIsTaken;
Pool *current;

uint32_t load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
uint32_t add(uint32_t *word, uint32_t amount) { return __atomic_add_fetch(word, amount, __ATOMIC_SEQ_CST); }

void sleepWhile(uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}
void wake(uint32_t *word, int count) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0); }

int64_t nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/// Watches a word for 50 microseconds. True if it changed.
bool changesSoon(const uint32_t *word, uint32_t value) {
  const int64_t end = nanoseconds() + 50000;
  do {
    for (int i = 0; i < 32; ++i) {
      if (load(word) != value)
        return true;
      _mm_pause();
    }
  } while (nanoseconds() < end);
  return false;
}

/// Works on one index of some job. False if no job has any left.
bool workOnce(Pool *pool) {
  pthread_mutex_lock(&pool->lock);
  Job *job = pool->jobs;
  while (job && job->claimed == job->count)
    job = job->next;
  if (!job) {
    pthread_mutex_unlock(&pool->lock);
    return false;
  }
  const int64_t index = job->claimed++;
  ++pool->busy;
  add(&job->active, 1);
  pthread_mutex_unlock(&pool->lock);

  job->body(job->argument, index);

  pthread_mutex_lock(&pool->lock);
  --pool->busy;
  const bool waiting = job->waiting;
  const bool last = add(&job->active, -1u) == 0; // the job may be gone from here on
  if (last && waiting)
    add(&pool->finished, 1);
  pthread_mutex_unlock(&pool->lock);
  if (last && waiting)
    wake(&pool->finished, INT_MAX);
  return true;
}

void *work(void *argument) {
  Pool *pool = static_cast<Pool *>(argument);
  for (;;) {
    const uint32_t epoch = load(&pool->epoch);
    if (__atomic_load_n(&pool->closing, __ATOMIC_SEQ_CST))
      return nullptr;
    if (workOnce(pool) || changesSoon(&pool->epoch, epoch))
      continue;
    add(&pool->sleepers, 1);
    sleepWhile(&pool->epoch, epoch);
    add(&pool->sleepers, -1u);
  }
}

/// Threads that cannot be started are done without: the others do their work.
void startWorkers(Pool *pool, int64_t wanted) {
  sigset_t all, before;
  sigfillset(&all); // the program's signals are none of ours
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool->workers < wanted) {
    auto *worker = static_cast<Worker *>(calloc(1, sizeof(Worker)));
    if (!worker || pthread_create(&worker->thread, nullptr, work, pool) != 0) {
      free(worker);
      break;
    }
    worker->next = pool->threads;
    pool->threads = worker;
    ++pool->workers;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// The pool of this process. A forked child has no threads but the one that forked, and a lock that may be held for
/// ever: it leaves the parent's pool alone.
Pool *poolOfThisProcess() {
  Pool *pool = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
  const pid_t process = getpid();
  while (!pool || pool->process != process) {
    const bool isFirst = !__atomic_exchange_n(&firstIsTaken, true, __ATOMIC_ACQ_REL);
    Pool *made = isFirst ? &first : static_cast<Pool *>(calloc(1, sizeof(Pool)));
    if (!made)
      return nullptr;
    made->process = process;
    pthread_mutex_init(&made->lock, nullptr);
    if (__atomic_compare_exchange_n(&current, &pool, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      return made;
    if (!isFirst)
      free(made);
  }
  return pool;
}

void remove(Pool *pool, Job *job) {
  Job **link = &pool->jobs;
  while (*link != job)
    link = &(*link)->next;
  *link = job->next;
}

/// Waits until no worker is inside the job, which is no longer in the list.
void waitFor(Pool *pool, Job *job) {
  for (;;) {
    const uint32_t active = load(&job->active);
    if (active == 0)
      break;
    if (changesSoon(&job->active, active))
      continue;
    pthread_mutex_lock(&pool->lock);
    job->waiting = true;
    const uint32_t finished = load(&pool->finished);
    const bool done = load(&job->active) == 0;
    pthread_mutex_unlock(&pool->lock);
    if (!done)
      sleepWhile(&pool->finished, finished);
  }
  // The worker that was last may still hold the lock, but it no longer looks at the job.
}

/// Runs when the library is closed, and when the process ends. Where a call is still running it can only be the latter:
/// its code stays, and so may its threads. A forked child has none of its parent's. The pool itself stays as it is:
/// another thread of a process that ends may be about to look at it.
__attribute__((destructor)) void endPool() {
  Pool *pool = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
  if (!pool || pool->process != getpid())
    return;
  pthread_mutex_lock(&pool->lock);
  Worker *worker = nullptr;
  if (!pool->jobs && !pool->busy) {
    worker = pool->threads;
    __atomic_store_n(&pool->closing, true, __ATOMIC_SEQ_CST);
    add(&pool->epoch, 1);
  }
  pthread_mutex_unlock(&pool->lock);
  wake(&pool->epoch, INT_MAX);
  while (worker) {
    Worker *ended = worker;
    worker = worker->next;
    pthread_join(ended->thread, nullptr);
    free(ended);
  }
}

} // namespace

void mixrt::runOnPool(int64_t count, void (*body)(void *, int64_t), void *argument) {
  Pool *pool = count > 1 ? poolOfThisProcess() : nullptr;
  if (!pool) {
    body(argument, 0);
    return;
  }
  Job job{body, argument, count};
  pthread_mutex_lock(&pool->lock);
  if (pool->workers < count - 1 && !pool->closing)
    startWorkers(pool, count - 1);
  Job **end = &pool->jobs; // calls are served in the order they came
  while (*end)
    end = &(*end)->next;
  *end = &job;
  add(&pool->epoch, 1);
  const bool sleeping = load(&pool->sleepers) > 0;
  pthread_mutex_unlock(&pool->lock);
  if (sleeping)
    wake(&pool->epoch, static_cast<int>(count - 1 < INT_MAX ? count - 1 : INT_MAX));

  body(argument, 0);

  pthread_mutex_lock(&pool->lock);
  remove(pool, &job);
  pthread_mutex_unlock(&pool->lock);
  waitFor(pool, &job);
}
