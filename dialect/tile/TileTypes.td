// What values of the tile dialect are: tiles, tensors of the caller, kinds.
#ifndef TILE_TYPES
#define TILE_TYPES

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::mixc::tile";
  let summary = "chunk programs over tiles with named axes";
  let description = [{
    A `tile.kernel` is the program of one work item, (sequence, head): it loads tiles of tokens, carries state tiles
    through `tile.chunks`, and stores tiles. Tiles are static; their axes have names, and every op goes by names:
    operands of fewer axes are broadcast, the order of axes is no layout. Ops have values, not memory: layout and
    buffers are chosen by the plan, as attributes on these same ops.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1; // `tile.plan`
  let extraClassDeclaration = "void registerAttributes(); void registerOps();";
}

//===-- Types ---------------------------------------------------------------------------------------------------===//

def Tile_AxisKind : I32EnumAttr<"AxisKind", "what an axis ranges over", [
  I32EnumAttrCase<"Time", 0, "time">, I32EnumAttrCase<"Source", 1, "source">, I32EnumAttrCase<"Key", 2, "key">,
  I32EnumAttrCase<"Value", 3, "value">, I32EnumAttrCase<"Mix", 4, "mix">, I32EnumAttrCase<"Seq", 5, "seq">,
  I32EnumAttrCase<"Free", 6, "free">
]> { let cppNamespace = "::mixc::tile"; }

class Tile_Type<string n, string mnem> : TypeDef<Tile_Dialect, n> { let mnemonic = mnem; }

def Tile_T : Tile_Type<"Tile", "t"> {
  let summary = "a tile: named axes of static extent, and an element type";
  let description = [{
    `!tile.t<[time:16, key(K):128], f32>`. An axis is its kind, its name in parentheses (left out where it is the kind's
    own name: `time`, `source`) and its extent. Names are unique in a tile and mean the same axis everywhere in a
    kernel. Element types: f32, f64, i1 (masks).
  }];
  let parameters = (ins ArrayRefParameter<"Axis">:$axes, "mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    unsigned rank() const { return getAxes().size(); }
    /// Position of the axis of this name, or -1.
    int find(llvm::StringRef name) const;
    bool has(llvm::StringRef name) const { return find(name) >= 0; }
    int64_t extent(llvm::StringRef name) const { return getAxes()[find(name)].extent; }
    bool hasTime() const { return has("time"); }
    int64_t size() const;
    TileType withElementType(mlir::Type type) const;
    TileType without(llvm::StringRef name) const;
  }];
}

def Tile_TensorKind : I32EnumAttr<"Per", "how a tensor outside is indexed", [
  I32EnumAttrCase<"Token", 0, "token">,   // [length, dims...] of this sequence and head
  I32EnumAttrCase<"Head", 1, "head">,     // [dims...] of this head: params and states
  I32EnumAttrCase<"Segment", 2, "segment"> // [segments, dims...]: one for every so many tokens
]> { let cppNamespace = "::mixc::tile"; }

def Tile_Tensor : Tile_Type<"View", "tensor"> {
  let summary = "what one work item sees of a tensor of the caller";
  let description = [{
    `!tile.tensor<token, [128], f32>`: for every token 128 numbers; `!tile.tensor<head, [128, 128], f32>`: a state or
    param; `!tile.tensor<segment, [128, 128], f32>`: a state at the start of every segment of the sequence, which ops
    that take it say the length of. Element types: f32, bf16, f16.
  }];
  let parameters = (ins "Per":$per, ArrayRefParameter<"int64_t">:$shape, "mlir::Type":$elementType);
  let genVerifyDecl = 1;
  let hasCustomAssemblyFormat = 1;
}

def Tile_Mask : I32EnumAttr<"Mask", "which (time, source) pairs count", [
  I32EnumAttrCase<"None", 0, "none">,
  I32EnumAttrCase<"Lower", 1, "lower">,     // source <= time
  I32EnumAttrCase<"Strict", 2, "strict">    // source < time
]> { let cppNamespace = "::mixc::tile"; }

def Tile_ReduceKind : I32EnumAttr<"ReduceKind", "how entries are combined", [
  I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Max", 1, "max">, I32EnumAttrCase<"Mul", 2, "mul">
]> { let cppNamespace = "::mixc::tile"; }

//===-- Ops -----------------------------------------------------------------------------------------------------===//

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;
class Tile_PureOp<string mnemonic, list<Trait> traits = []> : Tile_Op<mnemonic, !listconcat([Pure], traits)>;

#endif
