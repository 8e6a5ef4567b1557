// Tells the thread sanitizer of the locks inside gRPC, which Debian builds without it: gRPC locks
// by absl::Mutex, whose functions these stand before, and handing it a batch of operations happens
// before whatever one of its threads does after it next took a lock. Without this each callback
// seems to race with the thread that asked for it. Part of every program of a thread-sanitizer
// build, and of no other.
#include <dlfcn.h>
#include <grpc/grpc.h>

#include <string>

#include "absl/base/options.h"
#include "absl/synchronization/mutex.h"

extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);

#define MPD_STRING_INNER(x) #x
#define MPD_STRING(x) MPD_STRING_INNER(x)

namespace {

char batches;

// The library's own function, of which this program's stands in front. `rest` is its mangled name
// after the namespace.
template <typename Function>
Function* RealOfAbseil(const char* rest) {
  const std::string space = MPD_STRING(ABSL_OPTION_INLINE_NAMESPACE_NAME);
  const std::string name = "_ZN4absl" + std::to_string(space.size()) + space + rest;
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name.c_str()));
}

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

void Locked(void* mutex) {
  __tsan_acquire(mutex);
  __tsan_acquire(&batches);
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  static auto* const real = RealOfAbseil<void(Mutex*)>("5Mutex4LockEv");
  real(this);
  Locked(this);
}

void Mutex::Unlock() {
  static auto* const real = RealOfAbseil<void(Mutex*)>("5Mutex6UnlockEv");
  __tsan_release(this);
  real(this);
}

bool Mutex::TryLock() {
  static auto* const real = RealOfAbseil<bool(Mutex*)>("5Mutex7TryLockEv");
  if (!real(this)) return false;
  Locked(this);
  return true;
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const real = RealOfAbseil<void(CondVar*, Mutex*)>("7CondVar4WaitEPNS0_5MutexE");
  __tsan_release(mutex);
  real(this, mutex);
  Locked(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static auto* const real = RealOfAbseil<bool(CondVar*, Mutex*, Duration)>(
      "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  __tsan_release(mutex);
  const bool timed_out = real(this, mutex, timeout);
  Locked(mutex);
  return timed_out;
}

ABSL_NAMESPACE_END
}  // namespace absl

extern "C" {

grpc_call_error grpc_call_start_batch(grpc_call* call, const grpc_op* ops, size_t count, void* tag,
                                      void* reserved) {
  static auto* const real = Real<grpc_call_error(grpc_call*, const grpc_op*, size_t, void*, void*)>(
      "grpc_call_start_batch");
  __tsan_release(&batches);
  return real(call, ops, count, tag, reserved);
}

void grpc_call_ref(grpc_call* call) {
  static auto* const real = Real<void(grpc_call*)>("grpc_call_ref");
  __tsan_release(&batches);
  real(call);
}

void grpc_call_unref(grpc_call* call) {
  static auto* const real = Real<void(grpc_call*)>("grpc_call_unref");
  __tsan_release(&batches);
  real(call);
  __tsan_acquire(&batches);
}

}  // extern "C"
