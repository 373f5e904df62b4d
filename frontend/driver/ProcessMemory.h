// How this process deals with memory: set up once, by main.
#pragma once

namespace mixc {

/// From here on memory that is refused ends the process with a message and a status of its own.
void sayWhenOutOfMemory();

/// What is freed is kept for what comes next: a compile is short, and the way to the system and back took a tenth of
/// it.
void keepMemoryUntilTheEnd();

} // namespace mixc
