// Descriptors are constants of the structs in runtime/abi.h, each field one 8-byte word; an entry point passes its
// descriptor and its caller's arguments on to the runtime, which knows the rest:
//
//     mix_status NAME_forward(const NAME_forward_args *args) { return mixrt_run(&NAME_forward_entry, args); }
//
// Each stands there twice, with the mixer's fingerprint at the end of its name and without: the header means the
// former, whoever has no header finds the latter.
#include "lowering/emit/Descriptor.h"
#include "lowering/emit/Names.h"
#include "runtime/abi.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace mixc {

int64_t runtimeRole(tile::Role role) {
  switch (role) {
  case tile::Role::Input: return MIXRT_INPUT;
  case tile::Role::Param: return MIXRT_PARAM;
  case tile::Role::Initial: return MIXRT_INITIAL;
  case tile::Role::Output: return MIXRT_OUTPUT;
  case tile::Role::Final: return MIXRT_FINAL;
  case tile::Role::State: return MIXRT_STATE;
  case tile::Role::Kept: return MIXRT_KEPT;
  case tile::Role::OutputGrad: return MIXRT_OUTPUT_GRAD;
  case tile::Role::FinalGrad: return MIXRT_FINAL_GRAD;
  case tile::Role::InputGrad: return MIXRT_INPUT_GRAD;
  case tile::Role::ParamGrad: return MIXRT_PARAM_GRAD;
  case tile::Role::InitialGrad: return MIXRT_INITIAL_GRAD;
  case tile::Role::Saved: return MIXRT_SAVED;
  case tile::Role::Buffer: break;
  }
  llvm_unreachable("no tensor of a caller");
}

namespace {

class EntryPoints {
public:
  EntryPoints(Module &module, const Requirements &requirements)
      : module(module), requirements(requirements), pointer(PointerType::get(module.getContext(), 0)),
        word(Type::getInt64Ty(module.getContext())),
        run(module.getOrInsertFunction("mixrt_run", pointer, pointer, pointer)),
        workspaceSize(module.getOrInsertFunction("mixrt_workspace_size", word, pointer, pointer)),
        savedSize(module.getOrInsertFunction("mixrt_saved_size", word, pointer, pointer)) {
    for (FunctionCallee callee : {run, workspaceSize, savedSize})
      cast<Function>(callee.getCallee())->setVisibility(GlobalValue::HiddenVisibility);
  }

  Error add(const MixerInterface &mixer) {
    const std::string prefix = mixer.symbol();
    suffix = "_" + mixer.fingerprintText();
    const bool hasBackward = mixer.entry(tile::Entry::Backward);
    for (const EntryInfo &entry : mixer.entries) {
      const std::string name = prefix + "_" + entry.name().str();
      Expected<Constant *> described = describeEntry(name, mixer, entry);
      if (!described)
        return described.takeError();
      forward(name, run, *described);
      forward(prefix + workspaceSizeSuffix(entry.kind), workspaceSize, *described);
      if (entry.kind != tile::Entry::Forward)
        continue;
      if (hasBackward)
        forward(prefix + "_saved_size", savedSize, *described);
      else // nothing is saved that nobody reads
        answer(prefix + "_saved_size", ConstantInt::get(word, 0), {pointer});
    }
    answer(prefix + "_describe", text(describe(mixer, requirements.cpu)), {});
    return Error::success();
  }

  /// The one name that whoever knows none begins with: a function for who has loaded the library, and the text itself
  /// for who reads its file.
  void describeAll(ArrayRef<MixerInterface> mixers) {
    Constant *value = ConstantDataArray::getString(module.getContext(), describeLibrary(mixers, requirements.cpu));
    auto *global = new GlobalVariable(module, value->getType(), /*isConstant=*/true, GlobalValue::ExternalLinkage,
                                      value, "mix_description");
    global->setVisibility(GlobalValue::ProtectedVisibility); // of two libraries of a process each has its own
    suffix = "";
    answer("mix_describe", global, {});
  }

private:
  Constant *number(int64_t value) { return ConstantInt::get(word, value); }

  Constant *constant(Constant *value, const Twine &name) {
    auto *global =
        new GlobalVariable(module, value->getType(), /*isConstant=*/true, GlobalValue::PrivateLinkage, value, name);
    global->setAlignment(Align(8));
    return global;
  }

  Constant *text(StringRef value) { return constant(ConstantDataArray::getString(module.getContext(), value), "text"); }

  /// mixrt_tensor::start_param.
  static int64_t startParam(const TensorInfo &state, const KernelInfo &program) {
    if (state.role != tile::Role::State || state.startParam.empty())
      return 0;
    auto param = find_if(program.tensors, [&](const TensorInfo &known) {
      return known.role == tile::Role::Param && known.declared == state.startParam;
    });
    return param - program.tensors.begin() + 1;
  }

  Constant *describeTensor(const TensorInfo &tensor, const KernelInfo &program) {
    const int64_t type = tensor.elementType == "f32"    ? MIXRT_F32
                         : tensor.elementType == "bf16" ? MIXRT_BF16
                                                        : MIXRT_F16;
    const int64_t source = !tensor.isGradient() ? MIXRT_WRITTEN
                           : tensor.isUnknown   ? MIXRT_ZERO
                           : tensor.isPartial   ? MIXRT_PARTIAL
                                                : MIXRT_WRITTEN;
    static_assert(sizeof(mixrt_tensor) == 13 * 8);
    return ConstantStruct::getAnon(
        {text(tensor.field), number(runtimeRole(tensor.role)), number(tensor.perGroup), number(tensor.elements()),
         number(tensor.slot), number(type), number(tensor.ownElements()), number(tensor.offset()), number(source),
         number(tensor.segmentTokens), number(llvm::bit_cast<int64_t>(tensor.startNumber)),
         number(tensor.startsAtIdentity ? tensor.dims.back() : 0), number(startParam(tensor, program))});
  }

  /// The fields of a mixrt_program.
  Expected<SmallVector<Constant *>> describeProgram(const std::string &name, const KernelInfo &info) {
    Constant *null = ConstantPointerNull::get(pointer);
    if (info.function.empty())
      return SmallVector<Constant *>{null, null, number(0), number(0), null, number(1)};
    Function *kernel = module.getFunction(info.function);
    if (!kernel || kernel->isDeclaration() || kernel->arg_size() != 4)
      return createStringError("internal error: the kernel @" + info.function + " is not a function of four arguments");
    SmallVector<Constant *> tensors;
    for (const TensorInfo &tensor : info.tensors)
      tensors.push_back(describeTensor(tensor, info));
    SmallVector<Type *> fields(sizeof(mixrt_tensor) / 8, word);
    fields.front() = pointer;
    Type *rowType = StructType::get(module.getContext(), fields);
    Constant *rows = constant(ConstantArray::get(ArrayType::get(rowType, tensors.size()), tensors), name + "_tensors");
    Constant *blockKernel = null;
    if (!info.blockFunction.empty())
      blockKernel = module.getFunction(info.blockFunction);
    if (!blockKernel)
      return createStringError("internal error: there is no kernel @" + info.blockFunction);
    static_assert(sizeof(mixrt_program) == 6 * 8);
    return SmallVector<Constant *>{
        kernel, rows, number(tensors.size()), number(info.scratchBytes), blockKernel, number(info.block)};
  }

  /// Of the mixer, and of what forward leaves for backward.
  static uint64_t savedFingerprint(const MixerInterface &mixer, const EntryInfo &entry) {
    std::string text = mixer.fingerprintText();
    for (const TensorInfo &saved : entry.saved())
      text += (" " + Twine(saved.elements()) + "/" + Twine(saved.segmentTokens)).str();
    return xxh3_64bits(text);
  }

  Expected<Constant *> describeEntry(const std::string &name, const MixerInterface &mixer, const EntryInfo &entry) {
    const int64_t kind = entry.kind == tile::Entry::Forward    ? MIXRT_FORWARD
                         : entry.kind == tile::Entry::Backward ? MIXRT_BACKWARD
                                                               : MIXRT_DECODE;
    SmallVector<Constant *> fields = {
        text(name),
        number(kind),
        number(entry.slots),
        number(mixer.reserved()),
        number(requirements.features),
        text(requirements.cpu),
        number(static_cast<int64_t>(savedFingerprint(mixer, entry))),
    };
    for (const KernelInfo *kernel : {static_cast<const KernelInfo *>(&entry), &entry.replay}) {
      Expected<SmallVector<Constant *>> program = describeProgram(name, *kernel);
      if (!program)
        return program.takeError();
      append_range(fields, *program);
    }
    static_assert(sizeof(mixrt_entry) == 19 * 8);
    return constant(ConstantStruct::getAnon(fields), name + "_entry");
  }

  Function *declare(const std::string &name, Type *result, ArrayRef<Type *> arguments) {
    return Function::Create(FunctionType::get(result, arguments, false), GlobalValue::ExternalLinkage, name, module);
  }

  std::vector<std::string> namesOf(const std::string &name) const {
    return suffix.empty() ? std::vector{name} : std::vector{name, name + suffix};
  }

  /// name(args) { return callee(descriptor, args); }
  void forward(const std::string &name, FunctionCallee callee, Constant *descriptor) {
    for (const std::string &symbol : namesOf(name)) {
      Function *function = declare(symbol, callee.getFunctionType()->getReturnType(), {pointer});
      IRBuilder<> builder(BasicBlock::Create(module.getContext(), "", function));
      builder.CreateRet(builder.CreateCall(callee, {descriptor, function->getArg(0)}));
    }
  }

  /// name(...) { return value; }
  void answer(const std::string &name, Constant *value, ArrayRef<Type *> arguments) {
    for (const std::string &symbol : namesOf(name)) {
      Function *function = declare(symbol, value->getType(), arguments);
      IRBuilder<>(BasicBlock::Create(module.getContext(), "", function)).CreateRet(value);
    }
  }

  Module &module;
  const Requirements &requirements;
  PointerType *pointer;
  IntegerType *word;
  std::string suffix; // of the mixer's symbols
  FunctionCallee run, workspaceSize, savedSize;
};

} // namespace

Error addEntryPoints(Module &module, ArrayRef<MixerInterface> mixers, const Requirements &requirements) {
  for (Function &function : module)
    if (!function.isDeclaration())
      function.setLinkage(GlobalValue::InternalLinkage);
  for (GlobalVariable &global : module.globals())
    if (!global.isDeclaration() && !global.hasLocalLinkage() && !global.isExternallyInitialized())
      global.setLinkage(GlobalValue::InternalLinkage);
  EntryPoints entryPoints(module, requirements);
  for (const MixerInterface &mixer : mixers)
    if (Error error = entryPoints.add(mixer))
      return error;
  entryPoints.describeAll(mixers);
  return Error::success();
}

} // namespace mixc
