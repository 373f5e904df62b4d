// What every walk over tile programs wants to know of an op. Nothing has a default: an op that does not say is no op.
#ifndef TILE_INTERFACES
#define TILE_INTERFACES

include "mlir/IR/OpBase.td"

def Tile_OpInterface : OpInterface<"TileOpInterface"> {
  let cppNamespace = "::mixc::tile";
  let description = [{
    Every op of the dialect has it. What it says stands in the op's own entry, as a C++ expression (`Tile_Op`). What
    needs more than the op (its adjoint, its form for a block of sequences, its memory) is a rule of whoever walks, and
    `visitOp` (Visit.h) does not compile where one is missing.
  }];
  let methods = [
    InterfaceMethod<"What its numbers are computed in, where that may be float64.", "::mixc::tile::Precision",
                    "precision">,
    InterfaceMethod<"Floating-point operations of one run; those of ops in its body are theirs.", "double", "flops">,
    InterfaceMethod<"Are its entries worked out where they are used, without memory?", "bool", "isImmediate">
  ];
}

def Tile_ValueOpInterface : OpInterface<"TileValueOpInterface"> {
  let cppNamespace = "::mixc::tile";
  let description = [{
    A tile that follows from the operands' tiles alone: neither memory nor the chunk takes part.
  }];
  let methods = [
    InterfaceMethod<"The result, by definition, in float64.", "::llvm::Expected<::mixc::tile::Array>", "evaluate",
                    (ins "::llvm::ArrayRef<const ::mixc::tile::Array *>":$operands)>
  ];
}

#endif
