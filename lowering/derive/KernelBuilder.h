// The builder of one kernel: tensors, axes and loop in ChunkProgram.cpp, where values come from in KernelLeaves.cpp.
#ifndef MIXC_LOWERING_DERIVE_KERNEL_BUILDER_H
#define MIXC_LOWERING_DERIVE_KERNEL_BUILDER_H

#include "dialect/mix/ElementType.h"
#include "lowering/derive/ChunkProgram.h"
#include "lowering/derive/ChunkedComponent.h"
#include "lowering/derive/SteppedStates.h"
#include "llvm/ADT/MapVector.h"

namespace mixc::derive {

class KernelBuilder : private Leaves {
public:
  KernelBuilder(mix::MixerOp mixer, const KernelOptions &options)
      : mixer(mixer), options(options), builder(mixer.getContext()), tiles(builder, mixer.getLoc(), options.chunk),
        names(mixer.getContext()), local(tiles, names, homes, *this), context({tiles, local, names}) {}

  tile::KernelOp build();

private:
  struct State {
    mix::StateOp op;
    Axes axes;                          // as declared
    mlir::BlockArgument from, to, kept; // kept: of states in place
    mlir::Value tile;
    mlir::Value end; // stands for H[end] until the loop that finds it is built
  };
  struct History {
    mlir::BlockArgument from, to, kept;
  };

  void addTensors(tile::KernelOp kernel);
  mlir::BlockArgument addTensor(tile::KernelOp kernel, tile::Role role, llvm::StringRef name, mlir::Value declared,
                                mlir::Operation *declaration);
  mlir::BlockArgument addHistory(tile::KernelOp kernel, tile::Role role, mix::InputOp input);
  void placeStates();
  void placeVectors();
  void buildBody();
  llvm::SmallVector<mlir::Value> nextStates();
  State &stateOf(mlir::Value value);
  mlir::Value startOf(State &state);
  mlir::Value endOf(State &state);
  /// The program of a component, made when it is first asked for: what a component writes along may be read late of the
  /// states of one that stands after it. Null while it is being made.
  ComponentProgram *programOf(mix::ComponentOp component);
  tile::ChunksOp knowEnds();

  // Leaves
  mlir::Value leaf(mlir::Value value, llvm::ArrayRef<tile::Axis> axes) override;
  mlir::Value shortcut(mlir::Value value, llvm::ArrayRef<tile::Axis> axes) override;
  bool isStacked(mlir::Value value) override;
  std::optional<Axes> lying(mlir::Value value) override;
  mlir::Value tensorOf(mlir::Value declared) override { return tensors[declared]; }
  /// What is read late of a chunked component's old state, along a vector or across its other axis.
  mlir::Value lateRead(mlir::Value value, llvm::ArrayRef<tile::Axis> axes);
  /// The component that a read or write value belongs to, its number, and which of the two it is.
  struct Result {
    ComponentProgram *program = nullptr;
    unsigned index = 0;
    bool isWrite = false;
  };
  std::optional<Result> resultOf(mlir::Value value);
  /// The write whose value this is, of a component whose program is made.
  std::optional<Result> writeOf(mlir::Value value);
  /// Is it computed from what a component reads, or one of those?
  bool takesReads(mlir::Value value);

  mix::MixerOp mixer;
  KernelOptions options;
  mlir::OpBuilder builder;
  TileBuilder tiles;
  AxisNames names;
  HomeAxes homes;
  TokenLocal local;
  ChunkContext context;
  llvm::SmallVector<State> states;
  llvm::DenseMap<mlir::Value, mlir::BlockArgument> tensors; // of inputs and params
  llvm::MapVector<mlir::Value, History> histories;          // of inputs that are read at earlier tokens
  llvm::SmallVector<std::pair<mix::OutputOp, mlir::BlockArgument>> outputs;
  llvm::DenseMap<mlir::Operation *, StateAxes> placed;
  llvm::DenseMap<mlir::Operation *, std::unique_ptr<ComponentProgram>> programs;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::OpResult, 1>>
      writesByValue; // what phi yields -> results of components
  llvm::DenseSet<mlir::Value> takingReads;
  llvm::SmallVector<std::unique_ptr<SteppedStates>> stepped; // of states that have no normal form
  tile::ChunksOp loop;
};

} // namespace mixc::derive

#endif
