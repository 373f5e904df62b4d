// Of the memory that is set aside only what is walked through is ever touched.
#include "frontend/compile/DeepStack.h"
#include <pthread.h>

namespace mixc {

int onDeepStack(llvm::function_ref<int()> body) {
  struct Call {
    llvm::function_ref<int()> body;
    int result;
  } call{body, 0};
  auto run = [](void *argument) -> void * {
    auto *call = static_cast<Call *>(argument);
    call->result = call->body();
    return nullptr;
  };
  for (size_t bytes : {size_t(512) << 20, size_t(64) << 20}) {
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes))
      break;
    const bool isMade =
        !pthread_attr_setstacksize(&attributes, bytes) && !pthread_create(&thread, &attributes, run, &call);
    pthread_attr_destroy(&attributes);
    if (isMade) {
      pthread_join(thread, nullptr);
      return call.result;
    }
  }
  return body();
}

} // namespace mixc
