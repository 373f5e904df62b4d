// C += A B in tiles of 8 x 32 numbers that stay in registers while the inner index runs; compilers make vector code of
// the loops over a tile's columns, whose lengths they know.
#include "matmul.h"
#include <algorithm>
#include <vector>

namespace recall {
namespace {

constexpr int tileRows = 8, tileColumns = 32;

/// One tile of C += A B; B's rows are `stride` apart and contiguous.
template <int rows, int columns>
void addTile(const View &a, int firstRow, const float *b, int stride, float *c, int cStride) {
  float sums[rows][columns] = {};
  for (int k = 0; k < a.columns; ++k) {
    const float *left = a.data + firstRow * a.rowStride + k * a.columnStride, *right = b + k * stride;
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        sums[i][j] += left[i * a.rowStride] * right[j];
  }
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j)
      c[i * cStride + j] += sums[i][j];
}

/// All rows of so many columns of C.
template <int columns> void addColumns(const View &a, const float *b, int stride, float *c, int cStride) {
  int i = 0;
  for (; i + tileRows <= a.rows; i += tileRows)
    addTile<tileRows, columns>(a, i, b, stride, c + i * cStride, cStride);
  for (; i < a.rows; ++i)
    addTile<1, columns>(a, i, b, stride, c + i * cStride, cStride);
}

} // namespace

void addProduct(View a, View b, float *c) {
  std::vector<float> turned; // B is read along its rows: where it is transposed, and so small, a copy is
  if (b.columnStride != 1) {
    for (int k = 0; k < b.rows; ++k)
      for (int j = 0; j < b.columns; ++j)
        turned.push_back(b.data[k * b.rowStride + j * b.columnStride]);
    b = View(turned.data(), b.rows, b.columns);
  }
  int j = 0;
  for (; j + tileColumns <= b.columns; j += tileColumns)
    addColumns<tileColumns>(a, b.data + j, b.rowStride, c + j, b.columns);
  for (; j < b.columns; ++j)
    addColumns<1>(a, b.data + j, b.rowStride, c + j, b.columns);
}

} // namespace recall
