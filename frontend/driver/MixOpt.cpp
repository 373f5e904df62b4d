// mix-opt: mlir-opt with our dialects and passes. Beside pass flags it takes what mixc takes,
//
//     mix-opt --from=tile --emit=plan --target=cpu:znver4 [-D K=16] [--chunk=16] [--backward] [--keep=states]
//
// which is short for --mix-stages='from=tile to=plan cpu=znver4'.
#include "lowering/Pipelines.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

using namespace llvm;

namespace {

/// The arguments with our short forms gathered into one --mix-stages.
SmallVector<std::string> expandStageOptions(ArrayRef<const char *> arguments) {
  SmallVector<std::string> rest, dims;
  std::string stages;
  for (size_t i = 0; i < arguments.size(); ++i) {
    StringRef argument = arguments[i];
    if (argument == "-D" && i + 1 < arguments.size())
      dims.push_back(arguments[++i]);
    else if (argument.consume_front("--from="))
      stages += " from=" + argument.str();
    else if (argument.consume_front("--emit="))
      stages += " to=" + argument.str();
    else if (argument.consume_front("--target=cpu:"))
      stages += " cpu=" + argument.str();
    else if (argument.consume_front("--chunk="))
      stages += " chunk=" + argument.str();
    else if (argument == "--backward")
      stages += " backward=true";
    else if (argument.consume_front("--keep="))
      stages += " keep=" + argument.str();
    else
      rest.push_back(argument.str());
  }
  if (!dims.empty())
    stages += " dims=" + join(dims, ",");
  if (!stages.empty())
    rest.push_back("--mix-stages=" + stages.substr(1));
  return rest;
}

} // namespace

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mixc::registerDialects(registry);
  mixc::registerPasses();
  mlir::registerAllPasses();

  SmallVector<std::string> arguments = expandStageOptions(ArrayRef(argv, argc));
  SmallVector<char *> pointers;
  for (std::string &argument : arguments)
    pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  return mlir::asMainReturnCode(mlir::MlirOptMain(static_cast<int>(arguments.size()), pointers.data(),
                                                  "mix-opt: mixc's passes, one at a time\n", registry));
}
