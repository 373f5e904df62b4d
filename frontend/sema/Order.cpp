// Depth-first search over "needs at the same token", with a stack of its own: a chain of lets may be long.
#include "frontend/sema/Instance.h"
#include <fmt/format.h>
#include <set>

namespace mixc {
using llvm::cast;

namespace {

class Order {
public:
  Order(const Equations &equations, const Scope &scope, DiagnosticList &diagnostics)
      : equations(equations), scope(scope), diagnostics(diagnostics) {}

  std::vector<Node> run() {
    for (unsigned i = 0; i < equations.instances.size(); ++i)
      visit({i, 0, {}});
    return std::move(order);
  }

private:
  struct Frame {
    Node node;
    std::vector<Node> needs;
    size_t next = 0;
  };

  void visit(Node root) {
    if (!state.try_emplace(root.key(), Open).second)
      return;
    std::vector<Frame> stack;
    stack.push_back({root, needsOf(root)});
    while (!stack.empty()) {
      Frame &top = stack.back();
      if (top.next == top.needs.size()) {
        state[top.node.key()] = Done;
        order.push_back(top.node);
        stack.pop_back();
        continue;
      }
      Node need = top.needs[top.next++];
      auto [entry, isNew] = state.try_emplace(need.key(), Open);
      if (isNew)
        stack.push_back({need, needsOf(need)});
      else if (entry->second == Open)
        cycle(stack, need);
    }
  }

  // Mistakes met on the way are the checker's to report.
  std::vector<Node> needsOf(const Node &node) {
    std::vector<Node> needs;
    Indices indices = equations.instances[node.instance].indices;
    collect(*equations.instances[node.instance].equation->value, node.lag, indices, needs);
    return needs;
  }

  void collect(const ast::Expr &e, int64_t lag, Indices &indices, std::vector<Node> &needs) {
    if (++steps > maxSteps)
      return;
    switch (e.kind) {
    case ast::Expr::Kind::Reference: return collectReference(cast<ast::Reference>(e), lag, indices, needs);
    case ast::Expr::Kind::Negate: return collect(*cast<ast::Negate>(e).operand, lag, indices, needs);
    case ast::Expr::Kind::Not: return collect(*cast<ast::Not>(e).operand, lag, indices, needs);
    case ast::Expr::Kind::Transpose: return collect(*cast<ast::Transpose>(e).operand, lag, indices, needs);
    case ast::Expr::Kind::Binary:
      collect(*cast<ast::Binary>(e).left, lag, indices, needs);
      return collect(*cast<ast::Binary>(e).right, lag, indices, needs);
    case ast::Expr::Kind::Call:
      for (const ast::ExprPtr &argument : cast<ast::Call>(e).arguments)
        collect(*argument, lag, indices, needs);
      return;
    case ast::Expr::Kind::Sum: {
      auto &sum = cast<ast::Sum>(e);
      DiagnosticList muted;
      auto range = scope.range(sum.span, indices, muted);
      for (int64_t j = range ? range->first : 1; range && j <= range->second && steps <= maxSteps; ++j) {
        indices.emplace_back(sum.index.text, j);
        collect(*sum.body, lag, indices, needs);
        indices.pop_back();
      }
      return;
    }
    default: return;
    }
  }

  void collectReference(const ast::Reference &e, int64_t lag, const Indices &indices, std::vector<Node> &needs) {
    DiagnosticList muted;
    std::optional<Target> target = scope.resolve(e, indices, muted);
    if (!target || !target->symbol || target->end || lag + target->lag > maxLag)
      return;
    if (target->symbol->kind == Symbol::Kind::Let) {
      needs.push_back({target->entity, lag + target->lag, e.range});
    } else if (target->symbol->kind == Symbol::Kind::State && lag + target->lag == 0) {
      auto update = equations.defining.find(target->entity);
      if (update != equations.defining.end())
        needs.push_back({update->second, 0, e.range});
    }
  }

  void cycle(const std::vector<Frame> &stack, const Node &again) {
    auto first = llvm::find_if(stack, [&](const Frame &frame) { return frame.node.key() == again.key(); });
    const Instance &culprit = equations.instances[again.instance];
    if (!reported.insert(culprit.equation).second)
      return;
    auto spell = [&](const Node &node) {
      const Instance &instance = equations.instances[node.instance];
      return instance.kind == Definition::Kind::Let ? instance.name : instance.name + "[t]";
    };
    Diagnostic &diagnostic =
        diagnostics.add(Code::Cycle, again.wanted, fmt::format("`{}` needs itself at the same token", spell(again)));
    if (stack.end() - first > 1) {
      std::string chain = fmt::format("`{}`", spell(again));
      for (auto frame = first + 1; frame != stack.end() && frame - first < 8; ++frame)
        chain += fmt::format(" needs `{}`, which", spell(frame->node));
      diagnostic.note(chain + fmt::format(" needs `{}`", spell(again)));
    }
    for (auto frame = first; frame != stack.end(); ++frame)
      if (const Instance &instance = equations.instances[frame->node.instance];
          instance.kind == Definition::Kind::Update) {
        diagnostic.help(fmt::format("`{}[t-1]` is the state before the token", instance.name));
        return;
      }
  }

  enum State { Open, Done };
  /// Only a program of nested sums comes here, and the checker refuses it.
  static constexpr size_t maxSteps = 4'000'000;

  const Equations &equations;
  const Scope &scope;
  DiagnosticList &diagnostics;
  std::map<std::pair<unsigned, int64_t>, State> state;
  std::set<const ast::Equation *> reported;
  std::vector<Node> order;
  size_t steps = 0;
};

} // namespace

std::vector<Node> evaluationOrder(const Equations &equations, const Scope &scope, DiagnosticList &diagnostics) {
  return Order(equations, scope, diagnostics).run();
}

} // namespace mixc
