// Every option and command, once: this table feeds the parser, `--help` and "did you mean".
#include "frontend/compile/Failure.h"
#include "frontend/driver/Options.h"
#include "frontend/sema/Suggest.h"
#include "lowering/Pipelines.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace llvm;

namespace mixc {
namespace {

/// Sets a number that must be at least `least`.
Error number(StringRef option, const std::string &text, int64_t least, auto &out) {
  int64_t value;
  if (StringRef(text).getAsInteger(10, value) || value < least)
    return usageError(
        ("`" + option + "` takes a whole number of at least " + Twine(least) + ", not `" + text + "`").str());
  out = value;
  return Error::success();
}

Error oneOf(StringRef option, const std::string &text, const std::vector<std::string> &known) {
  if (is_contained(known, text))
    return Error::success();
  std::string near = nearest(text, known);
  return usageError(("`" + option + "=" + text + "`: expected " + join(known, ", ")).str(),
                    near.empty() ? "" : "did you mean `" + near + "`?");
}

Error bindDim(Options &options, const std::string &text) {
  auto [name, value] = StringRef(text).split('=');
  if (name.empty() || value.empty())
    return usageError("`-D " + text + "`: expected NAME=number, as in `-D K=128`");
  int64_t dim;
  if (value.getAsInteger(10, dim))
    return usageError("`-D " + text + "`: `" + value.str() + "` is not a whole number");
  if (auto [entry, isNew] = options.dims.try_emplace(name.str(), dim); !isNew && entry->second != dim)
    return usageError("`-D " + text + "`: `" + name.str() + "` is " + std::to_string(entry->second) + " already");
  return Error::success();
}

Error setTarget(Options &options, const std::string &text) {
  auto [kind, name] = StringRef(text).split(':');
  if (text == "help" || text == "list" || text == "cpu:help" || text == "cpu:list")
    return options.listCpus = true, Error::success();
  if (kind == "cuda")
    return unsupportedOption("`--target=" + text + "`", "`--target=cpu` works");
  if (kind != "cpu" || (name.empty() && StringRef(text).contains(':')))
    return usageError("`--target=" + text + "`: expected cpu, cpu:native or cpu:NAME",
                      "`--target=cpu` is this machine; `--target=help` lists what there is");
  options.cpu = name.empty() ? "native" : name.str();
  return checkCpu(options.cpu);
}

Error setStage(StringRef option, const std::string &text, bool isFrom) {
  std::vector<std::string> known;
  for (const Stage &stage : stages())
    if (!isFrom || stage.name != "asm")
      known.push_back(stage.name.str());
  if (!isFrom)
    known.push_back("list");
  return oneOf(option, text, known);
}

Error setPrecision(Options &, const std::string &text) {
  if (text == "f32")
    return Error::success();
  if (text == "bf16x3")
    return unsupportedOption("`--precision=" + text + "`", "`--precision=f32` works");
  return usageError("`--precision=" + text + "`: expected f32 or bf16x3");
}

constexpr unsigned Writes = CompileCommand | DescribeCommand;
constexpr unsigned Builds = Writes | RunCommand;
constexpr unsigned Checks = Builds | CheckCommand | ExplainCommand;

using Text = const std::string &;
const OptionRow optionRows[] = {
    {"-o", "LIB.so", CompileCommand, "the library to write (libFILE.so); the C header is written beside it",
     [](Options &o, Text v) -> Error { return o.output = v, Error::success(); }},
    {"--prefix", "NAME_", Writes,
     "what all names of the header begin with: two sizes of a mixer in one program",
     [](Options &o, Text v) -> Error { return o.prefix = v, checkPrefix(v); }},
    {"-D", "K=128", Checks, "bind a dim to a number", bindDim},
    {"--mixer", "NAME", Checks, "this mixer of the file alone",
     [](Options &o, Text v) -> Error { return o.mixer = v, Error::success(); }},
    {"--target", "cpu[:NAME]", Builds | ExplainCommand,
     "the machine to compile for: cpu:native, cpu:znver4, ...; `help` lists them", setTarget},
    {"--chunk", "N", Builds | ExplainCommand, "tokens per chunk, instead of the compiler's choice",
     [](Options &o, Text v) -> Error { return number("--chunk", v, 1, o.chunk); }},
    {"--dtype", "TYPE", Builds,
     "f32, bf16 or f16 for outputs and inputs without an interval; NAME=TYPE for one declaration",
     [](Options &o, Text v) -> Error { return addElementType(o.elementTypes, v); }},
    {"--precision", "NAME", Builds, "how matrix products are computed: f32", setPrecision},
    {"--emit", "STAGE", CompileCommand, "print one stage instead of writing a library; `list` names them",
     [](Options &o, Text v) -> Error { return o.emit = v, setStage("--emit", v, false); }},
    {"--from", "STAGE", Writes, "the stage that FILE is at (ast)",
     [](Options &o, Text v) -> Error { return o.from = v, setStage("--from", v, true); }},
    {"--json", "", ExplainCommand, "print for programs",
     [](Options &o, Text) -> Error { return o.json = true, Error::success(); }},
    {"--kernel", "NAME", RunCommand, "chunked, recurrent or interpreter",
     [](Options &o, Text v) -> Error {
       return o.kernel = v, oneOf("--kernel", v, {"chunked", "recurrent", "interpreter"});
     }},
    {"--in", "DIR", RunCommand,
     "read NAME.npy for inputs and params, NAME.initial.npy for states, cu_seqlens.npy; with --backward NAME.grad.npy "
     "for "
     "outputs, NAME.final.grad.npy for states",
     [](Options &o, Text v) -> Error { return o.in = v, Error::success(); }},
    {"--out", "DIR", RunCommand,
     "write NAME.npy for outputs, NAME.final.npy for states; with --backward NAME.grad.npy for inputs and params, "
     "NAME.initial.grad.npy for states",
     [](Options &o, Text v) -> Error { return o.out = v, Error::success(); }},
    {"--forward-only", "", Writes, "no gradients: a smaller library, compiled sooner",
     [](Options &o, Text) -> Error { return o.forwardOnly = true, Error::success(); }},
    {"--backward", "", RunCommand, "gradients too",
     [](Options &o, Text) -> Error { return o.backward = true, Error::success(); }},
    {"--keep", "WHAT", Builds,
     "what forward saves for gradients: writes (and states), or states alone, for less memory",
     [](Options &o, Text v) -> Error {
       if (std::optional<Keep> keep = keepSpelt(v))
         return o.keep = *keep, Error::success();
       return oneOf("--keep", v, {spelling(Keep::Writes).str(), spelling(Keep::States).str()});
     }},
    {"--check", "", RunCommand | FormatCommand,
     "run: compare with the interpreter (without --in always); fmt: only list what is not formatted",
     [](Options &o, Text) -> Error { return o.check = true, Error::success(); }},
    {"--threads", "N", RunCommand, "threads (all of the machine's)",
     [](Options &o, Text v) -> Error { return number("--threads", v, 1, o.threads); }},
    {"--batch", "N", RunCommand, "random input: sequences (2)",
     [](Options &o, Text v) -> Error { return number("--batch", v, 1, o.batch); }},
    {"--length", "N", RunCommand, "random input: tokens (300)",
     [](Options &o, Text v) -> Error { return number("--length", v, 0, o.length); }},
    {"--heads", "N", RunCommand, "random input: heads (4)",
     [](Options &o, Text v) -> Error { return number("--heads", v, 1, o.heads); }},
    {"--groups", "N", RunCommand, "random input: groups of heads (2)",
     [](Options &o, Text v) -> Error { return number("--groups", v, 1, o.groups); }},
    {"--seed", "N", RunCommand, "random input: the seed (0)",
     [](Options &o, Text v) -> Error { return number("--seed", v, 0, o.seed); }},
    {"--scale", "X", RunCommand, "random input: what inputs without an interval are multiplied by (1)",
     [](Options &o, Text v) -> Error {
       if (StringRef(v).getAsDouble(o.scale) || !std::isfinite(o.scale))
         return usageError("`--scale` takes a number, not `" + v + "`");
       return Error::success();
     }},
    {"--color", "[WHEN]", AnyCommand, "always, never or auto",
     [](Options &o, Text v) -> Error {
       if (v != "auto")
         o.colour = v != "never";
       return v.empty() ? Error::success() : oneOf("--color", v, {"always", "never", "auto"});
     }},
    {"--help", "", AnyCommand, "this text (-h)",
     [](Options &o, Text) -> Error { return o.help = true, Error::success(); }},
    {"--version", "", AnyCommand, "the version",
     [](Options &o, Text) -> Error { return o.version = true, Error::success(); }},
};

constexpr CommandRow commandRows[] = {
    {"", CompileCommand, "mixc FILE.mix -D K=128 ... [-o LIB.so]",
     "compile to a shared library and a C header, or print a stage"},
    {"check", CheckCommand, "mixc check FILE.mix", "say what is wrong with it"},
    {"explain", ExplainCommand, "mixc explain FILE.mix | MIX0203",
     "say what was found and why, or what a diagnostic means"},
    {"describe", DescribeCommand, "mixc describe LIB.so | FILE.mix -D K=64 ...",
     "say where the fields of a library's structs lie, and sizes, as JSON; its code is not run"},
    {"run", RunCommand, "mixc run FILE.mix -D K=64 ...", "compile, load, run, and compare with the interpreter"},
    {"fmt", FormatCommand, "mixc fmt FILE.mix ... | -", "format in place, or from standard input to output"},
};

} // namespace

ArrayRef<OptionRow> optionTable() { return optionRows; }
ArrayRef<CommandRow> commandTable() { return commandRows; }

} // namespace mixc
