// What a plan says of a kernel and of its ops: the machine, the loop that an op is in, and where tiles lie. Attributes
// `tile.plan`, which passes of lowering/plan and of a target leave and the dialect verifies.
#ifndef TILE_PLAN
#define TILE_PLAN

include "TileAttrs.td"

def Tile_Memory : I32EnumAttr<"Memory", "whose memory a tile lies in", [
  I32EnumAttrCase<"Undecided", 0, "memory">,
  I32EnumAttrCase<"Scratch", 1, "at">,                // of the kernel's scratch memory: bytes from its start
  I32EnumAttrCase<"Carried", 2, "in_place">,          // of a tile that the loop around it carries: its number
  I32EnumAttrCase<"Caller", 3, "external">            // the tensor that is loaded
]> { let cppNamespace = "::mixc::tile"; }

def Tile_Place : Tile_Attr<"Place", "place"> {
  let summary = "where one tile lies";
  let description = [{
    `#tile.place<["time", "V"] sliced at 4096 through 8192>`. The layout lists the axes, slowest first; `sliced`: one
    panel of the tile at a time. Then its memory: `at` bytes of scratch memory, `in_place` of a carried tile,
    `external`, the caller's, or `memory` while that is not known. `through`, of a tile that steps only hand on to
    another: bytes of a buffer on the way, since both change.
  }];
  let parameters = (ins "mlir::ArrayAttr":$layout, "bool":$sliced, "Memory":$memory, "int64_t":$number,
                    "int64_t":$through);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Of which nothing is known.
    static PlaceAttr get(mlir::MLIRContext *context);
    PlaceAttr withLayout(mlir::ArrayAttr layout) const;
    PlaceAttr slicedInPanels() const;
    PlaceAttr in(Memory memory, int64_t number = 0) const;
    PlaceAttr passingThrough(int64_t at) const;
    bool isThrough() const { return getThrough() >= 0; }
    bool isIn(Memory memory) const { return getMemory() == memory; }
  }];
}

def Tile_Plan : Tile_Attr<"Plan", "plan"> {
  let summary = "when an op runs, and where its tiles lie";
  let description = [{
    `#tile.plan<stage 1, ["time", "V"] sliced at 4096>`: a place for each result that is a tile in memory, in their
    order. Ops run in order of their stage; an odd one is a loop over panels. `fused`: worked out where the accumulators
    of the one contraction that uses it start. `turned`: a copy whose lanes are another axis than the panels'.
  }];
  let parameters = (ins "int64_t":$stage, "bool":$fused, "bool":$turned, ArrayRefParameter<"PlaceAttr">:$places);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    PlanAttr withStage(int64_t stage, bool fused = false) const;
    PlanAttr withPlaces(llvm::ArrayRef<PlaceAttr> places) const;
    bool isStaged() const { return getStage() >= 0; }
    /// Of the op's only tile; null if it has none in memory.
    PlaceAttr getPlace() const { return getPlaces().empty() ? PlaceAttr() : getPlaces().front(); }
    /// Is that in this memory?
    bool isIn(Memory memory) const { return getPlace() && getPlace().isIn(memory); }
  }];
}

def Tile_KernelPlan : Tile_Attr<"KernelPlan", "kernel_plan"> {
  let summary = "what a kernel is planned for";
  let description = [{
    `#tile.kernel_plan<"znver4" lanes 16 panels "V" 128 by 32 lane "V" scratch 81920>`: the machine and the float32
    numbers of its vectors; the axis that is cut into panels, its extent and that of a panel; the axis that lanes are
    along, where a tile has it; bytes of scratch memory. Without panels the part from `panels` to `lane` is left out.
  }];
  let parameters = (ins "mlir::StringAttr":$target, "int64_t":$lanes, "mlir::StringAttr":$panel, "int64_t":$extent,
                    "int64_t":$width, "mlir::StringAttr":$lane, "int64_t":$scratch);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif
