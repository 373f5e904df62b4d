// What a forward kernel saves for the backward one.
#ifndef MIXC_LOWERING_KEEP_H
#define MIXC_LOWERING_KEEP_H

namespace mixc {

enum class Keep {
  Writes, // the states, and the writes that it had to solve for or to substitute
  States, // the states alone, for less memory
};

} // namespace mixc

#endif
