#include "dialect/tile/Tile.h"
