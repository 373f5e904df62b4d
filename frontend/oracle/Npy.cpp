#include "frontend/oracle/Npy.h"
#include "frontend/compile/Failure.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

constexpr StringLiteral magic("\x93NUMPY");

struct File {
  std::string path;
  std::unique_ptr<MemoryBuffer> buffer;
  std::string type; // "<f4"
  bool fortranOrder = false;
  std::vector<int64_t> shape;
  StringRef numbers;

  Error wrong(const std::string &what) const { return inputError(fmt::format("`{}`: {}", path, what)); }

  int64_t count() const {
    int64_t product = 1;
    for (int64_t extent : shape)
      product *= extent;
    return product;
  }
};

/// What follows `'key':` in the header.
std::optional<StringRef> field(StringRef header, StringRef key) {
  for (StringRef quote : {"'", "\""}) {
    size_t at = header.find((quote + key + quote).str());
    if (at == StringRef::npos)
      continue;
    StringRef rest = header.drop_front(at + key.size() + 2).ltrim();
    if (rest.consume_front(":"))
      return rest.ltrim();
  }
  return std::nullopt;
}

Error readShape(File &file, StringRef text) {
  if (!text.consume_front("(") || !text.contains(')'))
    return file.wrong("its header has no shape");
  text = text.take_front(text.find(')'));
  int64_t product = 1;
  for (StringRef part : llvm::split(text, ',')) {
    part = part.trim();
    int64_t extent;
    if (part.empty())
      continue;
    if (part.getAsInteger(10, extent) || extent < 0 || (extent && product > (int64_t(1) << 48) / extent))
      return file.wrong(fmt::format("its header has the shape ({})", text.str()));
    file.shape.push_back(extent);
    product *= std::max<int64_t>(extent, 1);
  }
  return Error::success();
}

Expected<File> open(const std::string &path) {
  File file;
  file.path = path;
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fileError("read", path, buffer.getError());
  file.buffer = std::move(*buffer);
  StringRef bytes = file.buffer->getBuffer();
  if (!bytes.starts_with(magic) || bytes.size() < 10)
    return file.wrong("this is no .npy file");
  unsigned version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3)
    return file.wrong(fmt::format("version {} of the .npy format; 1 to 3 are known", version));
  size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start)
    return file.wrong("it ends within its header");
  size_t length =
      version == 1 ? support::endian::read16le(bytes.data() + 8) : support::endian::read32le(bytes.data() + 8);
  if (bytes.size() - start < length)
    return file.wrong("it ends within its header");
  StringRef header = bytes.substr(start, length);
  file.numbers = bytes.drop_front(start + length);

  std::optional<StringRef> type = field(header, "descr"), order = field(header, "fortran_order"),
                           shape = field(header, "shape");
  if (!type || !order || !shape || type->size() < 2)
    return file.wrong("its header lacks descr, fortran_order or shape");
  // A structured type is a list: it has no quote here.
  file.type = (type->front() == '\'' || type->front() == '"')
                  ? type->drop_front().take_until([](char c) { return c == '\'' || c == '"'; }).str()
                  : "a structure";
  file.fortranOrder = order->starts_with("True");
  if (Error error = readShape(file, *shape))
    return std::move(error);
  return file;
}

template <typename Stored, typename Number> Error readNumbers(const File &file, std::vector<Number> &out) {
  size_t count = file.count();
  if (file.numbers.size() != count * sizeof(Stored))
    return file.wrong(fmt::format("{} bytes of numbers, {} are expected", file.numbers.size(), count * sizeof(Stored)));
  out.resize(count);
  for (size_t i = 0; i < count; ++i)
    out[i] = support::endian::read<Stored, endianness::little>(file.numbers.data() + i * sizeof(Stored));
  return Error::success();
}

/// Column-major numbers, row by row.
std::vector<double> rowMajor(const std::vector<double> &numbers, const std::vector<int64_t> &shape) {
  std::vector<double> out(numbers.size());
  std::vector<int64_t> index(shape.size(), 0), stride(shape.size(), 1);
  for (size_t axis = 1; axis < shape.size(); ++axis)
    stride[axis] = stride[axis - 1] * shape[axis - 1];
  for (double &number : out) {
    int64_t from = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis)
      from += index[axis] * stride[axis];
    number = numbers[from];
    for (size_t axis = shape.size(); axis-- > 0 && ++index[axis] == shape[axis];)
      index[axis] = 0;
  }
  return out;
}

std::string headerOf(StringRef type, const std::vector<int64_t> &shape) {
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': (", type.str());
  for (int64_t extent : shape)
    text += fmt::format("{}, ", extent);
  // `(3,)` but `(3, 4)`.
  if (shape.size() == 1)
    text.pop_back();
  else if (!shape.empty())
    text.resize(text.size() - 2);
  text += "), }";
  // The numbers start at a multiple of 64 bytes.
  text.resize((10 + text.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  return text + "\n";
}

template <typename Stored, typename Number>
Error write(const std::string &path, StringRef type, const std::vector<int64_t> &shape,
            const std::vector<Number> &numbers) {
  std::string header = headerOf(type, shape);
  std::error_code error;
  raw_fd_ostream out(path, error);
  if (error)
    return fileError("write", path, error);
  char length[2];
  support::endian::write16le(length, header.size());
  out << magic << StringRef("\x01\x00", 2) << StringRef(length, 2) << header;
  for (Number number : numbers) {
    char bytes[sizeof(Stored)];
    support::endian::write<Stored, endianness::little>(bytes, static_cast<Stored>(number));
    out.write(bytes, sizeof bytes);
  }
  out.close();
  if (!out.has_error())
    return Error::success();
  error = out.error();
  out.clear_error();
  return fileError("write", path, error);
}

} // namespace

Expected<mix::Array> readNpy(const std::string &path) {
  Expected<File> file = open(path);
  if (!file)
    return file.takeError();
  mix::Array array;
  array.shape = file->shape;
  Error error = file->type == "<f4" ? readNumbers<float>(*file, array.data)
                : file->type == "<f8"
                    ? readNumbers<double>(*file, array.data)
                    : file->wrong(fmt::format("its element type is `{}`; `<f4` (float32) and `<f8` (float64) are read",
                                              file->type));
  if (error)
    return std::move(error);
  if (file->fortranOrder)
    array.data = rowMajor(array.data, array.shape);
  return array;
}

Expected<std::vector<int64_t>> readNpyIntegers(const std::string &path) {
  Expected<File> file = open(path);
  if (!file)
    return file.takeError();
  std::vector<int64_t> numbers;
  if (file->shape.size() != 1)
    return file->wrong(fmt::format("it has {} axes, 1 is expected", file->shape.size()));
  Error error = file->type == "<i8" ? readNumbers<int64_t>(*file, numbers)
                : file->type == "<i4"
                    ? readNumbers<int32_t>(*file, numbers)
                    : file->wrong(fmt::format("its element type is `{}`; `<i8` (int64) is read", file->type));
  if (error)
    return std::move(error);
  return numbers;
}

Error writeNpy(const std::string &path, const mix::Array &array, NpyType type) {
  return type == NpyType::Float32 ? write<float>(path, "<f4", array.shape, array.data)
                                  : write<double>(path, "<f8", array.shape, array.data);
}

Error writeNpyIntegers(const std::string &path, const std::vector<int64_t> &numbers) {
  return write<int64_t>(path, "<i8", {static_cast<int64_t>(numbers.size())}, numbers);
}

} // namespace mixc
