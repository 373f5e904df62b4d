#include "figure.h"
#include <algorithm>
#include <cstdio>

namespace recall {
namespace {

constexpr const char *colours[] = {"#8c8c8c", "#b8860b", "#2e8b57", "#1f6fb4", "#c0392b"};
constexpr int panelWidth = 340, panelHeight = 220;

/// A panel: where its lower left corner is, and the value at its upper edge.
struct Panel {
  double left, bottom, most;
  int steps;
  double x(int step) const { return left + panelWidth * static_cast<double>(step) / steps; }
  double y(double value) const { return bottom - panelHeight * std::min(value / most, 1.0); }
};

void drawAxes(std::FILE *file, const Panel &panel, const char *title, int ticks) {
  std::fprintf(file, "<text x='%g' y='%g' class='title'>%s</text>\n", panel.left, panel.bottom - panelHeight - 12,
               title);
  for (int i = 0; i <= ticks; ++i) {
    const double value = panel.most * i / ticks, y = panel.y(value);
    std::fprintf(file, "<path d='M%g %gh%d' class='grid'/><text x='%g' y='%g' text-anchor='end'>%g</text>\n",
                 panel.left, y, panelWidth, panel.left - 6, y + 4, value);
  }
  for (int i = 0; i <= 5; ++i) {
    const int step = panel.steps * i / 5;
    std::fprintf(file, "<text x='%g' y='%g' text-anchor='middle'>%d</text>\n", panel.x(step), panel.bottom + 16, step);
  }
  std::fprintf(file, "<text x='%g' y='%g' text-anchor='middle'>step</text>\n", panel.left + panelWidth / 2.0,
               panel.bottom + 32);
}

void drawCurve(std::FILE *file, const Panel &panel, const Curve &curve, double Point::*value, const char *colour) {
  std::fprintf(file, "<polyline stroke='%s' points='", colour);
  for (const Point &point : curve.points)
    std::fprintf(file, "%.1f,%.1f ", panel.x(point.step), panel.y(point.*value));
  std::fprintf(file, "'/>\n");
}

} // namespace

bool writeFigure(const std::string &path, const std::vector<Curve> &curves, int steps) {
  std::FILE *file = std::fopen(path.c_str(), "w");
  if (!file)
    return false;
  const Panel loss{40, 250, 5, steps}, accuracy{440, 250, 1, steps};
  std::fprintf(file,
               "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 960 300' font-family='sans-serif' "
               "font-size='11'>\n<style>.title { font-size: 13px } .grid { stroke: #ddd } "
               "polyline { fill: none; stroke-width: 1.6 }</style>\n<rect width='960' height='300' fill='#fff'/>\n");
  drawAxes(file, loss, "loss at the queries (nats)", 5);
  drawAxes(file, accuracy, "share of queries answered right", 5);
  for (size_t i = 0; i < curves.size(); ++i) {
    const char *colour = colours[i % std::size(colours)];
    const double y = accuracy.bottom - panelHeight + 20.0 * static_cast<double>(i);
    drawCurve(file, loss, curves[i], &Point::loss, colour);
    drawCurve(file, accuracy, curves[i], &Point::accuracy, colour);
    std::fprintf(file, "<path d='M800 %gh20' stroke='%s' stroke-width='3'/><text x='826' y='%g'>%s</text>\n", y, colour,
                 y + 4, curves[i].name.c_str());
  }
  std::fprintf(file, "</svg>\n");
  return std::fclose(file) == 0;
}

} // namespace recall
