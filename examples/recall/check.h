// The hand-written gradients against central differences of the loss.
#ifndef RECALL_CHECK_H
#define RECALL_CHECK_H

#include "model.h"

namespace recall {

/// Checks every parameter of a model with this mixer, prints a line for each, and says whether all are right.
bool checkGradients(Mixer &mixer);

} // namespace recall

#endif
