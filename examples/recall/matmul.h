// Matrix products of the sizes of this model: a matrix of a few thousand rows by one of 64 x 64, all of it in cache.
#ifndef RECALL_MATMUL_H
#define RECALL_MATMUL_H

namespace recall {

/// A row-major matrix; `transposed` is the same numbers, read with rows and columns exchanged.
struct View {
  const float *data;
  int rows, columns;
  int rowStride, columnStride;

  View(const float *data, int rows, int columns)
      : data(data), rows(rows), columns(columns), rowStride(columns), columnStride(1) {}
  View transposed() const {
    View turned = *this;
    turned.rows = columns, turned.columns = rows;
    turned.rowStride = columnStride, turned.columnStride = rowStride;
    return turned;
  }
};

/// C += A B, with C row-major and without padding.
void addProduct(View a, View b, float *c);

} // namespace recall

#endif
