// Training of one model, and how it went.
#ifndef RECALL_TRAIN_H
#define RECALL_TRAIN_H

#include "figure.h"
#include "mixer.h"

namespace recall {

/// Trains a new model with this mixer for so many steps, prints progress, and at the end the accuracy on sequences that
/// were not trained on.
Curve train(Mixer &mixer, int steps);

} // namespace recall

#endif
