// .npy files: what is written is read, and what NumPy writes otherwise is read or refused by name.
#include "frontend/oracle/Npy.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace mixc;

namespace {

class Npy : public ::testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("mixc", "npy", path)); }
  void TearDown() override { (void)llvm::sys::fs::remove(path); }

  std::string file() const { return path.str().str(); }

  /// A file with this header, of this version, and these bytes after it.
  void write(const std::string &header, const std::string &numbers, char version = 1) {
    std::error_code error;
    llvm::raw_fd_ostream out(path, error);
    out << "\x93NUMPY" << version << '\0';
    out << char(header.size() & 255) << char(header.size() >> 8);
    if (version > 1)
      out << '\0' << '\0';
    out << header << numbers;
  }

  template <typename T> static std::string bytes(std::vector<T> numbers) {
    return std::string(reinterpret_cast<const char *>(numbers.data()), numbers.size() * sizeof(T));
  }

  /// The array, or the error without the path.
  std::string error() {
    llvm::Expected<mix::Array> array = readNpy(file());
    std::string text = array ? "" : llvm::toString(array.takeError());
    size_t at = text.find(file());
    return at == std::string::npos ? text : text.substr(at + file().size() + 3);
  }

  llvm::SmallString<128> path;
};

TEST_F(Npy, RoundTrip) {
  mix::Array array({2, 3});
  array.data = {0, -1.5, 2.25, 3, 1e-30, 7};
  for (NpyType type : {NpyType::Float32, NpyType::Float64}) {
    ASSERT_FALSE(writeNpy(file(), array, type));
    llvm::Expected<mix::Array> read = readNpy(file());
    ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
    EXPECT_EQ(read->shape, array.shape);
    for (size_t i = 0; i < array.data.size(); ++i)
      EXPECT_FLOAT_EQ(read->data[i], array.data[i]);
  }
}

TEST_F(Npy, ShapesOfAnyRank) {
  for (const std::vector<int64_t> &shape : {std::vector<int64_t>{}, {5}, {0}, {2, 0, 3}, {1, 2, 3, 4}}) {
    mix::Array array(shape, 2.0);
    ASSERT_FALSE(writeNpy(file(), array, NpyType::Float32));
    llvm::Expected<mix::Array> read = readNpy(file());
    ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
    EXPECT_EQ(read->shape, shape);
    EXPECT_EQ(read->data, array.data);
  }
}

TEST_F(Npy, NumbersStartAtAMultipleOf64) {
  ASSERT_FALSE(writeNpy(file(), mix::Array({3, 4}), NpyType::Float32));
  uint64_t size;
  ASSERT_FALSE(llvm::sys::fs::file_size(path, size));
  EXPECT_EQ((size - 12 * 4) % 64, 0u);
}

TEST_F(Npy, Integers) {
  ASSERT_FALSE(writeNpyIntegers(file(), {0, 5, 5, 300}));
  llvm::Expected<std::vector<int64_t>> read = readNpyIntegers(file());
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(*read, (std::vector<int64_t>{0, 5, 5, 300}));
}

TEST_F(Npy, FortranOrderIsTurned) {
  write("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", bytes<float>({0, 3, 1, 4, 2, 5}));
  llvm::Expected<mix::Array> read = readNpy(file());
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(read->data, (std::vector<double>{0, 1, 2, 3, 4, 5}));
}

TEST_F(Npy, Version2) {
  write("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", bytes<double>({0.5, 0.25}), 2);
  llvm::Expected<mix::Array> read = readNpy(file());
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(read->data, (std::vector<double>{0.5, 0.25}));
}

TEST_F(Npy, OtherElementTypesAreRefused) {
  write("{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }\n", "1234");
  EXPECT_EQ(error(), "its element type is `<f2`; `<f4` (float32) and `<f8` (float64) are read\n");
  write("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }\n", "1234");
  EXPECT_EQ(error(), "its element type is `>f4`; `<f4` (float32) and `<f8` (float64) are read\n");
  write("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }\n", "1234");
  EXPECT_EQ(error(), "its element type is `a structure`; `<f4` (float32) and `<f8` (float64) are read\n");
}

TEST_F(Npy, TruncatedAndOverlongFilesAreRefused) {
  write("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", bytes<float>({1, 2}));
  EXPECT_EQ(error(), "8 bytes of numbers, 12 are expected\n");
  write("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000, 4000000000), }\n", "");
  EXPECT_EQ(error(), "its header has the shape (4000000000, 4000000000, 4000000000)\n");
  write("{'descr': '<f4', 'fortran_order': False}\n", "");
  EXPECT_EQ(error(), "its header lacks descr, fortran_order or shape\n");
  write("{}", "", 9);
  EXPECT_EQ(error(), "version 9 of the .npy format; 1 to 3 are known\n");
}

TEST_F(Npy, NoNpyFile) {
  std::error_code failed;
  llvm::raw_fd_ostream(path, failed) << "hello, this is text";
  EXPECT_EQ(error(), "this is no .npy file\n");
}

} // namespace
