#include "dialect/mix/Dim.h"
