#include "lowering/adjoint/BackwardTensors.h"
#include "lowering/adjoint/Saved.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

/// Params are summed over sequences, and what heads share over heads. What the kernel comes to more than once is summed
/// as well: inputs of earlier tokens, or read in several loops, or token by token; and so is what it never comes to.
bool BackwardTensors::isPartial(BlockArgument tensor) const {
  KernelOp program = forward;
  ArgumentAttr argument = program.argument(tensor.getArgNumber());
  if (argument.getRole() == Role::Param || argument.getPerGroup() || argument.getHistory())
    return true;
  if (argument.getRole() != Role::Input)
    return false;
  DenseSet<Operation *> loops;
  for (OpOperand &use : tensor.getUses()) {
    auto load = dyn_cast<LoadOp>(use.getOwner());
    if (!load || load.getLag()) // or its history, whose cotangent is added
      return true;
    loops.insert(load->getParentOp());
  }
  return loops.size() != 1;
}

void BackwardTensors::add(ArgumentAttr argument, ViewType type) {
  if (argument.getPartial())
    type = ViewType::get(type.getContext(), type.getPer(), type.getShape(), Float32Type::get(type.getContext()));
  kernel.addArgument(argument, type, forward.getLoc());
}

BackwardTensors::BackwardTensors(KernelOp program, KernelOp made, SavesAttr saves, IRMapping &around)
    : forward(program), kernel(made), saves(saves) {
  Block &body = kernel.getBody().front();
  auto all = llvm::zip(forward.getBody().front().getArguments(), forward.getArguments().getAsRange<ArgumentAttr>());
  for (auto [tensor, argument] : all) {
    const Role role = argument.getRole();
    auto type = cast<ViewType>(tensor.getType());
    if (role == Role::Output || role == Role::Final) {
      add(argument.as(role == Role::Output ? Role::OutputGrad : Role::FinalGrad), type);
      continue;
    }
    add(argument, type);
    around.map(tensor, body.getArguments().back());
  }
  for (auto [number, kept] : llvm::enumerate(saves.getTiles())) {
    Value tile = keptTile(forward, kept);
    add(savedArgument(saves, kept, number), savedType(kept, tile));
    saved[tile] = body.getArguments().back();
  }
  for (auto [tensor, argument] : all) {
    const Role role = argument.getRole();
    if (role == Role::Input || role == Role::Param || role == Role::Initial)
      add(argument.as(role == Role::Input   ? Role::InputGrad
                      : role == Role::Param ? Role::ParamGrad
                                            : Role::InitialGrad,
                      isPartial(tensor)),
          cast<ViewType>(tensor.getType()));
  }
}

Value BackwardTensors::counterpart(Value tensor, Role role) const {
  KernelOp made = kernel;
  const ArgumentAttr of = argumentOf(tensor);
  for (auto [other, argument] :
       llvm::zip(made.getBody().getArguments(), made.getArguments().getAsRange<ArgumentAttr>()))
    if (argument.getRole() == role && argument.isOf(of))
      return other;
  return Value();
}

SmallVector<std::pair<Value, Value>> BackwardTensors::writesOf(Block &body) const {
  SmallVector<std::pair<Value, Value>> writes;
  for (auto [tile, tensor] : saved)
    if (Operation *op = tile.getDefiningOp(); op && op->getBlock() == &body)
      writes.emplace_back(tile, tensor);
  return writes;
}

SavesAttr BackwardTensors::dropUnread() {
  BitVector unread(kernel.getBody().getNumArguments());
  SmallVector<Attribute> arguments(kernel.getArguments().getValue());
  unsigned number = 0;
  for (auto [kept, tensor] : llvm::zip(saves.getTiles(), llvm::make_second_range(saved))) {
    const unsigned at = cast<BlockArgument>(tensor).getArgNumber();
    unread[at] = tensor.use_empty();
    arguments[at] = savedArgument(saves, kept, unread[at] ? number : number++);
  }
  SavesAttr rest = saves.keeping(
      [&](unsigned i) { return !unread[cast<BlockArgument>(std::next(saved.begin(), i)->second).getArgNumber()]; });
  kernel.setArgumentsAttr(ArrayAttr::get(kernel.getContext(), arguments));
  kernel.eraseArguments(unread);
  return rest;
}
