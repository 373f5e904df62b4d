// One rule for every op of the dialect: whoever walks a program has a rule for each, or does not compile.
//
// The op interface (TileInterfaces.td) says what an op knows of itself. What belongs to a walk of another folder, the
// adjoint of an op say, the dialect must not know. So such rules are overloads of a function of that walk, one an op or
// one for several, and here is the list of all ops that they are held against.
#ifndef MIXC_DIALECT_TILE_VISIT_H
#define MIXC_DIALECT_TILE_VISIT_H

#include "dialect/tile/Tile.h"
#include "llvm/ADT/TypeSwitch.h"
#include <concepts>

namespace mixc::tile {

namespace detail {
template <typename... Ops> struct OpList {
  template <typename Result, typename Rule> static Result visit(mlir::Operation *op, Rule &rule) {
    return llvm::TypeSwitch<mlir::Operation *, Result>(op).template Case<Ops...>(
        [&](auto known) -> Result { return rule(known); });
  }
};
using AllOps = OpList<
#define GET_OP_LIST
#include "dialect/tile/TileOps.cpp.inc"
    >;
} // namespace detail

/// Calls `rule(op)` with a tile op as what it is. `rule` takes every op of the dialect: [&](auto op) { return f(op); },
/// with an overload of f for each.
template <typename Result, typename Rule> Result visitOp(mlir::Operation *op, Rule &&rule) {
  return detail::AllOps::visit<Result>(op, rule);
}

/// Is it one of these ops? For an overload that is a rule of several.
template <typename Op, typename... Ops>
concept OneOf = (std::same_as<Op, Ops> || ...);

} // namespace mixc::tile

#endif
