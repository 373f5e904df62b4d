// Pass declarations, generated from Passes.td. A pass file includes this and defines GEN_PASS_DEF_X itself.
#ifndef MIXC_LOWERING_PASSES_H
#define MIXC_LOWERING_PASSES_H

#include "dialect/mix/Mix.h"
#include "dialect/tile/Tile.h"
#include "lowering/Keep.h"
#include "lowering/Target.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace mixc {
#define GEN_PASS_DECL
#include "lowering/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "lowering/Passes.h.inc"
} // namespace mixc

#endif
