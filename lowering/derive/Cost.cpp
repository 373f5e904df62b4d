// FLOPs of the ops in a kernel's loops, over the tokens of a chunk. What an op has, it says itself; and
//
//     steps      its body once for each token of the chunk
//     chunks     inside another loop: its body once for each of its chunks in a chunk of that loop, or, where the last
//                is left out, for all but one
//
// What stands before or after the loop is done once a call and not counted.
#include "lowering/derive/Cost.h"

using namespace mlir;
using namespace mixc;
using tile::TileType;

static TileType typeOf(Value value) { return cast<TileType>(value.getType()); }

static double bytesOf(Type element) { return element.getIntOrFloatBitWidth() / 8.0; }

namespace {

/// Of a block that works on so many tokens.
struct BlockCost {
  double flops = 0, stateBytes = 0;
};

} // namespace

static BlockCost costOf(Block &block, double tokens);

/// A loop's runs over so many tokens.
static BlockCost costOf(tile::ChunksOp loop, double tokens) {
  const auto size = static_cast<double>(loop.getSize());
  const double runs = tokens / size - (loop.getLeaveLast() ? 1 : 0);
  BlockCost body = costOf(loop.getBody().front(), size);
  for (Value carried : loop.getInits())
    body.stateBytes += 2 * bytesOf(typeOf(carried).getElementType()) * static_cast<double>(typeOf(carried).size());
  return {runs * body.flops, runs * body.stateBytes};
}

static BlockCost costOf(Block &block, double tokens) {
  BlockCost total;
  auto add = [&](double times, BlockCost part) {
    total.flops += times * part.flops;
    total.stateBytes += times * part.stateBytes;
  };
  for (Operation &op : block) {
    total.flops += cast<tile::TileOpInterface>(op).flops();
    if (auto loop = dyn_cast<tile::ChunksOp>(op))
      add(1, costOf(loop, tokens));
    else if (auto steps = dyn_cast<tile::StepsOp>(op))
      add(tokens, costOf(steps.getBody().front(), tokens));
  }
  return total;
}

Cost mixc::cost(tile::KernelOp kernel) {
  Cost total;
  for (auto loop : kernel.getBody().getOps<tile::ChunksOp>()) {
    const auto tokens = static_cast<double>(loop.getSize());
    const BlockCost chunk = costOf(loop, tokens);
    total.flopsPerToken += chunk.flops / tokens;
    total.stateBytesPerToken += chunk.stateBytes / tokens;
  }
  return total;
}

/// Bytes of a row of each tensor that is saved, counted so many times.
static double savedBytes(tile::KernelOp kernel, llvm::function_ref<double(tile::Per, int64_t every)> times) {
  double total = 0;
  for (auto [tensor, argument] :
       llvm::zip(kernel.getBody().getArguments(), kernel.getArguments().getAsRange<tile::ArgumentAttr>())) {
    if (argument.getRole() != tile::Role::Saved)
      continue;
    auto view = cast<tile::ViewType>(tensor.getType());
    auto numbers = static_cast<double>(ShapedType::getNumElements(view.getShape()));
    total += numbers * bytesOf(view.getElementType()) * times(view.getPer(), argument.getEvery());
  }
  return total;
}

double mixc::savedBytesPerToken(tile::KernelOp kernel) {
  return savedBytes(kernel, [&](tile::Per per, int64_t every) {
    return per == tile::Per::Token ? 1 : per == tile::Per::Segment ? 1 / static_cast<double>(every) : 0;
  });
}

double mixc::savedBytesPerSequence(tile::KernelOp kernel) {
  return savedBytes(kernel, [](tile::Per per, int64_t) { return per == tile::Per::Head ? 1 : 0; });
}
