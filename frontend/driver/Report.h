// What mixc prints about what it does, and what it exits with.
#pragma once
#include "frontend/compile/Failure.h"

namespace mixc {

/// docs/language.md says what they mean: the program, its IR or its arrays are wrong, or a kernel is; the command line
/// is; the machine lacks memory, disk or a file; a bug of ours.
enum ExitStatus { Success = 0, WrongProgram = 1, WrongUsage = 2, NoResources = 3, InternalBug = 70 };
ExitStatus statusOf(Fault fault);

/// Whether texts are coloured from here on: from --color and the terminal.
void setColour(bool isOn);

/// `warning: MESSAGE` and perhaps its help.
void warn(const std::string &message, const std::string &help = "");
/// Diagnostics that stop nothing.
void say(const Diagnostics &warnings, const Source &source);

/// Prints an error and gives the exit status. A reproducer of a bug is written to a file of its own.
int report(llvm::Error error);
/// Writes out what is left of the standard output: its error, if that could not be written (a full disk, a pipe that
/// was closed).
llvm::Error finishOutput();

} // namespace mixc
