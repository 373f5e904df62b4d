// The curves of all mixers as an SVG of two panels: loss and accuracy over training steps.
#ifndef RECALL_FIGURE_H
#define RECALL_FIGURE_H

#include <string>
#include <vector>

namespace recall {

struct Point {
  int step;
  double loss, accuracy;
};

struct Curve {
  std::string name;
  std::vector<Point> points;
};

/// False if the file cannot be written.
bool writeFigure(const std::string &path, const std::vector<Curve> &curves, int steps);

} // namespace recall

#endif
