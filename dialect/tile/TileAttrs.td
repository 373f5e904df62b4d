// What a kernel of the tile dialect says of itself and of its arguments.
#ifndef TILE_ATTRS
#define TILE_ATTRS

include "TileTypes.td"

def Tile_Role : I32EnumAttr<"Role", "what a tensor is to a kernel", [
  I32EnumAttrCase<"Input", 0, "input">, I32EnumAttrCase<"Param", 1, "param">,
  I32EnumAttrCase<"Initial", 2, "initial">,           // a state's start, may be absent: zero, or as declared
  I32EnumAttrCase<"Output", 3, "output">,
  I32EnumAttrCase<"Final", 4, "final">,               // a state's end, may be absent
  I32EnumAttrCase<"State", 5, "state">,               // read and written in place
  I32EnumAttrCase<"Kept", 6, "kept">,                 // a state after each token, may be absent
  I32EnumAttrCase<"Saved", 7, "saved">,               // what forward leaves for backward; there it may be absent
  I32EnumAttrCase<"OutputGrad", 8, "output_grad">,    // cotangents,
  I32EnumAttrCase<"FinalGrad", 9, "final_grad">,      // which may be absent: zero
  I32EnumAttrCase<"InputGrad", 10, "input_grad">,     // gradients, may be absent: not wanted
  I32EnumAttrCase<"ParamGrad", 11, "param_grad">, I32EnumAttrCase<"InitialGrad", 12, "initial_grad">,
  I32EnumAttrCase<"Buffer", 13, "buffer">             // no argument: what `tile.buffer` gives
]> { let cppNamespace = "::mixc::tile"; }

def Tile_Entry : I32EnumAttr<"Entry", "which kernel of its mixer it is", [
  I32EnumAttrCase<"Forward", 0, "forward">, I32EnumAttrCase<"Backward", 1, "backward">,
  I32EnumAttrCase<"Decode", 2, "decode">,
  I32EnumAttrCase<"Replay", 3, "replay">,             // writes what forward saves, and nothing else
  I32EnumAttrCase<"Again", 4, "again">                // forward in chunks of backward's, until that is made of it
]> { let cppNamespace = "::mixc::tile"; }

def Tile_Form : I32EnumAttr<"Form", "how a kernel goes through the tokens", [
  I32EnumAttrCase<"Chunked", 0, "chunked">,
  I32EnumAttrCase<"Stepped", 1, "stepped">,           // in chunks, and token by token inside them
  I32EnumAttrCase<"Recurrent", 2, "recurrent">        // token by token
]> { let cppNamespace = "::mixc::tile"; }

def Tile_Keeps : I32EnumAttr<"Keeps", "which tile of a loop is kept", [
  I32EnumAttrCase<"State", 0, "state">,               // carried, before every segment
  I32EnumAttrCase<"Write", 1, "write">,               // for every token: what took more than matmuls
  I32EnumAttrCase<"End", 2, "end">                    // a result of the loop
]> { let cppNamespace = "::mixc::tile"; }

class Tile_Attr<string n, string mnem> : AttrDef<Tile_Dialect, n> { let mnemonic = mnem; }

def Tile_Argument : Tile_Attr<"Argument", "argument"> {
  let summary = "what an argument of a kernel is to its caller";
  let description = [{
    `#tile.argument<input "q" per_group>`. The name is that of the declaration, or of what is saved. `per_group`: heads
    of a group have one. `history`: the last tokens of the input of that name, oldest first; its role is a state's.
    `partial`, of a gradient: the kernel writes its own work item's part, in float32, and the caller sums the parts;
    into a partial `input_grad`, and into the `initial_grad` of a history, it adds. `every 128`, of a tensor of
    segments: the tokens of one.
  }];
  let parameters = (ins "Role":$role, "mlir::StringAttr":$name, "bool":$perGroup, "bool":$history, "bool":$partial,
                    "int64_t":$every);
  let builders = [
    AttrBuilder<(ins "Role":$role, "llvm::StringRef":$name, CArg<"bool", "false">:$perGroup,
                     CArg<"bool", "false">:$history, CArg<"bool", "false">:$partial, CArg<"int64_t", "0">:$every), [{
      return $_get($_ctxt, role, mlir::StringAttr::get($_ctxt, name), perGroup, history, partial, every);
    }]>
  ];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The same in another role: of an input its gradient, of a state's end the cotangent.
    ArgumentAttr as(Role role, bool partial = false) const {
      return get(getContext(), role, getName(), getPerGroup(), getHistory(), partial, getEvery());
    }
    /// Is it of the same declaration?
    bool isOf(ArgumentAttr other) const { return getName() == other.getName() && getHistory() == other.getHistory(); }
  }];
}
def Tile_Arguments : TypedArrayAttrBase<Tile_Argument, "what the arguments of a kernel are">;

def Tile_Kept : Tile_Attr<"Kept", "kept"> {
  let summary = "a tile that forward keeps for backward";
  let description = [{
    `#tile.kept<state 1 of 0>`: of the first loop over chunks the second tile that it carries; `write 0 of 0`: the first
    of its writes that took more than matmuls; `end 1 of 0`: its second result.
  }];
  let parameters = (ins "Keeps":$keeps, "unsigned":$number, "unsigned":$loop);
  let assemblyFormat = "`<` $keeps $number `of` $loop `>`";
}

def Tile_Saves : Tile_Attr<"Saves", "saves"> {
  let summary = "what of a forward program is to be saved for the backward one";
  let description = [{
    `#tile.saves<every 128: <state 0 of 0>, <write 0 of 0>>`: states every so many tokens. The saved tensors of both
    kernels are these, in this order.
  }];
  let parameters = (ins "int64_t":$every, OptionalArrayRefParameter<"KeptAttr">:$tiles);
  let assemblyFormat = "`<` `every` $every (`:` $tiles^)? `>`";
  let extraClassDeclaration = [{
    /// Without those that are not wanted.
    SavesAttr keeping(llvm::function_ref<bool(unsigned number)> isWanted) const;
  }];
}

def Tile_Function : Tile_Attr<"Function", "function"> {
  let summary = "of a function that was a kernel: what its tensors are, and the memory that it needs";
  let description = [{
    `#tile.function<forward of "m" (input "q" : !tile.tensor<token, [128], f32>, ...) scratch 4096>`: the signature of
    `tile.kernel`, which the emitter leaves on the function as `tile.function`, and bytes of scratch memory.
  }];
  let parameters = (ins "mlir::StringAttr":$mixer, "Entry":$entry, ArrayRefParameter<"ArgumentAttr">:$arguments,
                    ArrayRefParameter<"ViewType">:$types, "int64_t":$sequences, "int64_t":$scratch);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif
