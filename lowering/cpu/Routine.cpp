#include "lowering/cpu/Routine.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

/// exp, 8 x f64: "mix.exp_8xf64". No mixer has a name with a dot.
static std::string symbolOf(StringRef name, TypeRange arguments) {
  std::string symbol = "mix." + name.str();
  llvm::raw_string_ostream out(symbol);
  for (Type type : arguments) {
    out << '_';
    if (auto vector = dyn_cast<VectorType>(type))
      for (int64_t extent : vector.getShape())
        out << extent << 'x';
    out << getElementTypeOrSelf(type);
  }
  return symbol;
}

ValueRange mixc::cpu::callRoutine(OpBuilder &b, Location loc, StringRef name, ValueRange arguments, TypeRange results,
                                  RoutineBody body) {
  const std::string symbol = symbolOf(name, arguments.getTypes());
  auto module = b.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  auto function = module.lookupSymbol<func::FuncOp>(symbol);
  if (!function) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(module.getBody());
    function = func::FuncOp::create(b, loc, symbol, b.getFunctionType(arguments.getTypes(), results));
    function.setPrivate();
    function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(b.getContext(), LLVM::Linkage::Internal));
    b.setInsertionPointToStart(function.addEntryBlock());
    func::ReturnOp::create(b, loc, body(function.getArguments()));
  }
  return func::CallOp::create(b, loc, function, arguments).getResults();
}
