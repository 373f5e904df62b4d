// Descriptors are constants of the structs in runtime/abi.h, each field one 8-byte word; an entry point passes its
// descriptor and its caller's arguments on to the runtime, which knows the rest:
//
//     mix_status NAME_forward(const NAME_forward_args *args) { return mixrt_run(&NAME_forward_entry, args); }
#include "lowering/emit/Descriptor.h"
#include "lowering/emit/Names.h"
#include "runtime/abi.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/IRBuilder.h"

using namespace llvm;

namespace mixc {
namespace {

class EntryPoints {
public:
  EntryPoints(Module &module, const Requirements &requirements)
      : module(module), requirements(requirements), pointer(PointerType::get(module.getContext(), 0)),
        word(Type::getInt64Ty(module.getContext())),
        run(module.getOrInsertFunction("mixrt_run", pointer, pointer, pointer)),
        workspaceSize(module.getOrInsertFunction("mixrt_workspace_size", word, pointer, pointer)) {
    hide(run);
    hide(workspaceSize);
  }

  Error add(const MixerInterface &mixer) {
    const std::string prefix = identifier(mixer.name);
    for (const EntryInfo &entry : mixer.entries) {
      Function *kernel = module.getFunction(entry.kernel);
      if (!kernel || kernel->isDeclaration() || kernel->arg_size() != 4)
        return createStringError("internal error: the kernel @" + entry.kernel +
                                 " is not a function of four arguments");
      if (!entry.blockKernel.empty() && !module.getFunction(entry.blockKernel))
        return createStringError("internal error: there is no kernel @" + entry.blockKernel);
      const bool decode = entry.entry == "decode";
      Constant *descriptor = describeEntry(prefix + "_" + entry.entry, entry, kernel);
      forward(prefix + "_" + entry.entry, run, descriptor);
      forward(prefix + (decode ? "_decode_workspace_size" : "_workspace_size"), workspaceSize, descriptor);
      // Nothing is saved until there is a backward that reads it.
      if (!decode)
        answer(prefix + "_saved_size", ConstantInt::get(word, 0), {pointer});
    }
    answer(prefix + "_describe", text(describe(mixer, requirements.cpu)), {});
    return Error::success();
  }

private:
  void hide(FunctionCallee callee) { cast<Function>(callee.getCallee())->setVisibility(GlobalValue::HiddenVisibility); }

  Constant *number(int64_t value) { return ConstantInt::get(word, value); }

  Constant *constant(Constant *value, const Twine &name) {
    auto *global =
        new GlobalVariable(module, value->getType(), /*isConstant=*/true, GlobalValue::PrivateLinkage, value, name);
    global->setAlignment(Align(8));
    return global;
  }

  Constant *text(StringRef value) { return constant(ConstantDataArray::getString(module.getContext(), value), "text"); }

  Constant *describeTensor(const TensorInfo &tensor) {
    const int64_t role = StringSwitch<int64_t>(tensor.role)
                             .Case("input", MIXRT_INPUT)
                             .Case("param", MIXRT_PARAM)
                             .Case("initial", MIXRT_INITIAL)
                             .Case("output", MIXRT_OUTPUT)
                             .Case("final", MIXRT_FINAL)
                             .Case("kept", MIXRT_KEPT)
                             .Default(MIXRT_STATE);
    static_assert(sizeof(mixrt_tensor) == 7 * 8);
    return ConstantStruct::getAnon({text(tensor.field), number(role), number(tensor.perGroup),
                                    number(tensor.elements()), number(tensor.slot), number(tensor.elementBytes()),
                                    number(tensor.offset())});
  }

  Constant *describeEntry(const std::string &name, const EntryInfo &entry, Function *kernel) {
    SmallVector<Constant *> tensors;
    for (const TensorInfo &tensor : entry.tensors)
      tensors.push_back(describeTensor(tensor));
    Type *rowType = StructType::get(module.getContext(), {pointer, word, word, word, word, word, word});
    Constant *rows = constant(ConstantArray::get(ArrayType::get(rowType, tensors.size()), tensors), name + "_tensors");
    Constant *blockKernel = ConstantPointerNull::get(pointer);
    if (!entry.blockKernel.empty())
      blockKernel = module.getFunction(entry.blockKernel);
    static_assert(sizeof(mixrt_entry) == 11 * 8);
    return constant(
        ConstantStruct::getAnon({text(name), number(entry.entry == "decode"), kernel, rows, number(tensors.size()),
                                 number(entry.scratchBytes), number(entry.slots), number(requirements.features),
                                 text(requirements.cpu), blockKernel, number(entry.block)}),
        name + "_entry");
  }

  Function *declare(const std::string &name, Type *result, ArrayRef<Type *> arguments) {
    return Function::Create(FunctionType::get(result, arguments, false), GlobalValue::ExternalLinkage, name, module);
  }

  /// name(args) { return callee(descriptor, args); }
  void forward(const std::string &name, FunctionCallee callee, Constant *descriptor) {
    Function *function = declare(name, callee.getFunctionType()->getReturnType(), {pointer});
    IRBuilder<> builder(BasicBlock::Create(module.getContext(), "", function));
    builder.CreateRet(builder.CreateCall(callee, {descriptor, function->getArg(0)}));
  }

  /// name(...) { return value; }
  void answer(const std::string &name, Constant *value, ArrayRef<Type *> arguments) {
    Function *function = declare(name, value->getType(), arguments);
    IRBuilder<>(BasicBlock::Create(module.getContext(), "", function)).CreateRet(value);
  }

  Module &module;
  const Requirements &requirements;
  PointerType *pointer;
  IntegerType *word;
  FunctionCallee run, workspaceSize;
};

} // namespace

Error addEntryPoints(Module &module, ArrayRef<MixerInterface> mixers, const Requirements &requirements) {
  for (Function &function : module)
    if (!function.isDeclaration())
      function.setLinkage(GlobalValue::InternalLinkage);
  for (GlobalVariable &global : module.globals())
    if (!global.isDeclaration() && !global.hasLocalLinkage())
      global.setLinkage(GlobalValue::InternalLinkage);
  EntryPoints entryPoints(module, requirements);
  for (const MixerInterface &mixer : mixers)
    if (Error error = entryPoints.add(mixer))
      return error;
  return Error::success();
}

} // namespace mixc
