#include "dialect/mix/Mix.h"
