//     NAME_kernel(tensors, strides, length, scratch) { tensors and lengths; zeroes in paddings; the body }
#include "lowering/cpu/EmitKernel.h"
#include "lowering/cpu/Loops.h"
#include "lowering/cpu/TensorAccess.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

static func::FuncOp createFunction(OpBuilder &b, tile::KernelOp kernel, int64_t scratch) {
  auto ptr = LLVM::LLVMPointerType::get(b.getContext());
  const auto sequences = static_cast<int64_t>(kernel.getSequences());
  auto type = b.getFunctionType({ptr, ptr, sequences > 1 ? Type(ptr) : b.getI64Type(), ptr}, {});
  auto function = func::FuncOp::create(b, kernel.getLoc(), (kernel.getSymName() + "_kernel").str(), type);
  auto arguments = llvm::to_vector(kernel.getArguments().getAsRange<tile::ArgumentAttr>());
  auto types =
      llvm::map_to_vector(kernel.getBody().getArgumentTypes(), [](Type type) { return cast<tile::ViewType>(type); });
  function->setAttr(tile::functionAttrName,
                    tile::FunctionAttr::get(b.getContext(), kernel.getMixerAttr(), kernel.getEntry(), arguments, types,
                                            sequences, scratch));
  return function;
}

static Value scratchMemory(const Code &code, Value pointer, int64_t bytes) {
  const int64_t size = std::max<int64_t>(bytes, 1);
  return memref::ReinterpretCastOp::create(code.b, code.loc, MemRefType::get({size}, code.b.getI8Type()),
                                           code.memoryAt(pointer, code.b.getI8Type()), int64_t(0),
                                           ArrayRef<int64_t>{size}, ArrayRef<int64_t>{1});
}

/// The kernel's tensors, of the first sequence of a block, and their strides.
static void readTensors(const Code &code, const Frame &frame, Tiles &tiles, Block &body, Value strides) {
  auto ptr = LLVM::LLVMPointerType::get(code.b.getContext());
  for (BlockArgument argument : body.getArguments()) {
    Tensor tensor = readTensor(code, frame, argument, code.index(0));
    Value at = LLVM::GEPOp::create(code.b, code.loc, ptr, code.b.getI64Type(), strides,
                                   ArrayRef<LLVM::GEPArg>{int32_t(argument.getArgNumber())});
    Value stride = LLVM::LoadOp::create(code.b, code.loc, code.b.getI64Type(), at);
    tensor.rowStride = arith::IndexCastOp::create(code.b, code.loc, code.b.getIndexType(), stride);
    tiles.set(argument, tensor);
  }
}

/// Zeroes in a buffer of the scratch memory that has padding.
static void clearBuffer(const Access &in, TileType type, tile::PlaceAttr attr) {
  if (!attr.isIn(tile::Memory::Scratch))
    return;
  Place to = in.planned(type, attr, nullptr);
  if (!to.layout.padded(in.plan()))
    return;
  SmallVector<int64_t> shape = to.layout.shape(in.plan());
  std::function<void(unsigned, SmallVector<Value>)> clear = [&](unsigned axis, SmallVector<Value> at) {
    int64_t n = axis + 1 == shape.size() ? to.layout.lanes(in.plan()) : 1;
    in.loop(0, shape[axis], n, [&](Value i) {
      SmallVector<Value> next = at;
      next.push_back(i);
      if (axis + 1 == shape.size())
        vector::StoreOp::create(in.b, in.loc, in.number(0, in.vector(n, to.layout.elementType)), to.buffer, next);
      else
        clear(axis + 1, next);
    });
  };
  clear(0, {});
}

// Padding is zero, always: entries never touch it, vectors clear it.
static void clearPaddings(const Access &in, tile::KernelOp kernel) {
  kernel.walk([&](Operation *op) {
    if (tile::PlanAttr plan = planOf(op))
      for (auto [result, place] : llvm::zip(op->getResults(), plan.getPlaces()))
        if (auto type = dyn_cast<TileType>(result.getType()))
          clearBuffer(in, type, place);
  });
}

func::FuncOp mixc::cpu::emitKernel(tile::KernelOp kernel, const Target &target) {
  OpBuilder b(kernel);
  KernelPlan plan = KernelPlan::of(kernel);
  const auto sequences = static_cast<int64_t>(kernel.getSequences());
  func::FuncOp function = createFunction(b, kernel, plan.scratch);
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToStart(entry);
  Code code(b, kernel.getLoc());

  // The number of tokens, or the numbers of a block of sequences.
  Value lengths, length;
  if (sequences == 1) {
    length = arith::IndexCastOp::create(b, code.loc, b.getIndexType(), entry->getArgument(2));
  } else {
    lengths = code.memoryAt(entry->getArgument(2), b.getI64Type());
    length = code.loop(0, sequences, 1, {code.index(0)}, [&](Value s, ValueRange longest) -> Code::Values {
      return {arith::MaxUIOp::create(b, code.loc, longest[0], code.indexIn(lengths, s))};
    })[0];
  }
  Value scratch = scratchMemory(code, entry->getArgument(3), plan.scratch);
  const Frame frame{plan, target, sequences, b, entry->getArgument(0), lengths, scratch};

  Scope scope;
  scope.frame = &frame;
  scope.length = scope.tokens = length;
  Tiles tiles;
  Block &body = kernel.getBody().front();
  readTensors(code, frame, tiles, body, entry->getArgument(1));
  clearPaddings(Access(scope, tiles, code.loc), kernel);
  emitStraight(scope, tiles, body);
  func::ReturnOp::create(b, code.loc);
  return function;
}
