#!/usr/bin/env python3
"""The rules of the tree that no compiler checks. Each function below is one test; it yields one line for every breach.

    test/layering/check.py          the last line is `N passed, N failed`; exit 1 if a rule is broken
"""
import os
import re
import statistics
import sys
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from layers import ALLOWED, LAYERS, ROOT, SOURCES, files, includes, layer, read

CODE = ("dialect", "lowering", "runtime", "frontend")
TESTS = ("test", "examples")


def folders_include_only_folders_above_them():
    for path in files(*CODE):
        here = layer(path)
        for line, target in includes(path):
            there = layer(target)
            if there is None or here == there or (here, target) in ALLOWED:
                continue
            if LAYERS.index(there) > LAYERS.index(here):
                yield f"{path}:{line}: includes {target}, which is below it"


def runtime_includes_no_compiler():
    for path in files("runtime"):
        for line, target in includes(path):
            if target.split("/")[0] in ("llvm", "mlir", "dialect", "lowering", "frontend", "fmt"):
                yield f"{path}:{line}: includes {target}"


def dialects_include_only_mlir():
    for path in files("dialect"):
        for line, target in includes(path):
            if "/" in target and target.split("/")[0] not in ("llvm", "mlir", "dialect"):
                yield f"{path}:{line}: includes {target}"


def files_are_under_800_lines():
    for path in files(*CODE, "test", "bench", "examples", endings=(".cpp", ".h", ".c", ".td", ".def", ".py", ".cmake")):
        lines = read(path).count("\n")
        if lines > 800:
            yield f"{path}: {lines} lines"


def median_file_is_under_200_lines():
    lines = [read(path).count("\n") for path in files(*CODE)]
    if lines and statistics.median(lines) > 200:
        yield f"the median of {len(lines)} files is {statistics.median(lines):.0f} lines"


def sources_begin_with_what_they_are():
    # a .cpp beside a header of its name may leave it to the header
    for path in files(*CODE, "bench", endings=(".cpp", ".h", ".c", ".td", ".def")):
        has_header = path.endswith(".cpp") and os.path.exists(os.path.join(ROOT, path[:-4] + ".h"))
        if not has_header and not re.match(r"//|/\*", read(path)):
            yield f"{path}: its first line is not a comment"


def compiler_knows_no_mixer():
    sources = files("examples", endings=(".mix",))
    names = sorted({name for path in sources for name in re.findall(r"^mixer\s+(\w+)", read(path), re.M)})
    pattern = re.compile(r"\b(" + "|".join(names) + r")\b")
    for path in files("dialect", "lowering", "runtime") if names else []:
        for number, line in enumerate(read(path).splitlines(), 1):
            if pattern.search(line):
                yield f"{path}:{number}: names {pattern.search(line).group(1)}"


def passes():
    """(class, flag) of every pass in the list."""
    return re.findall(r'^def\s+(\w+)\s*:\s*Pass<"([^"]+)"', read("lowering/Passes.td"), re.M)


def passes_are_named_as_their_flag_and_file():
    names = {os.path.basename(path) for path in files("lowering", endings=(".cpp",))}
    for name, flag in passes():
        if "mix" + re.sub(r"([A-Z])", r"-\1", name).lower() != flag:
            yield f"{name}: its flag is {flag}"
        if name + ".cpp" not in names:
            yield f"{name}: no {name}.cpp in lowering/"


def passes_have_a_lit_test_of_their_name():
    tests = files("test", endings=(".mlir", ".mix", ".test"))
    for name, flag in passes():
        stem = flag.removeprefix("mix-")
        named = [path for path in tests if os.path.basename(path).rsplit(".", 1)[0] == stem]
        if not any("RUN:" in read(path) and flag in read(path) for path in named):
            yield f"{name}: no test {stem}.mlir that runs --{flag}"


def codes():
    return re.findall(r"^MIX_CODE\((\d{4}),", read("frontend/syntax/Codes.def"), re.M)


def diagnostics_have_a_page():
    for code in codes():
        if not os.path.exists(os.path.join(ROOT, f"docs/errors/MIX{code}.md")):
            yield f"MIX{code}: no docs/errors/MIX{code}.md"


def pages_have_a_diagnostic():
    known = set(codes())
    for path in files("docs/errors", endings=(".md",)):
        match = re.fullmatch(r"MIX(\d{4})\.md", os.path.basename(path))
        if match and match.group(1) not in known:
            yield f"{path}: no such code in Codes.def"


def diagnostics_have_a_test():
    text = "\n".join(read(path) for path in files(*TESTS, endings=(".cpp", ".mix", ".mlir", ".test")))
    for code in codes():
        if f"MIX{code}" not in text:
            yield f"MIX{code}: no test under test/"


def constraints_have_a_test_of_their_name():
    # the head of a case is `// row_c1`, or `// row_c1_WHAT` where there are several; or the message itself ends in
    # `(row_c1)`
    text = "\n".join(read(path) for path in files("test/dialect", endings=("-invalid.mlir",)))
    tested = set(re.findall(r"^// ([a-z_]+_c\d+)(?=$|\W|_)|expected-error.*\(([a-z_]+_c\d+)\)", text, re.M))
    tested = {label for pair in tested for label in pair}
    for path in files("dialect", endings=(".cpp",)):
        labels = re.findall(r"\b([a-z]+(?:_[a-z]+)*_c\d+)\b", read(path))
        for label in sorted(set(labels) - tested):
            yield f"{path}: no case of {label} in test/dialect/**/*-invalid.mlir"


def lines_of(path):
    """(number, line) of what can be broken: no other language in a raw string; of a page no code, tables, headings."""
    is_page, closing = path.endswith(".md"), None
    for number, line in enumerate(read(path).splitlines(), 1):
        if closing:
            closing = None if closing in line else closing
        elif is_page and line.lstrip().startswith("```"):
            closing = "```"
        elif opening := re.search(r'R"(\w*)\((?!.*\)\1")', "" if is_page else line):
            closing = f'){opening[1]}"'
        elif not is_page or not line.startswith(("    ", "|", "#")):
            yield number, line


def no_line_is_over_120_columns():
    pages = files("docs", "examples", "bench", endings=(".md",)) + ["README.md", "CONTRIBUTING.md"]
    for path in files(*CODE, "test", "bench", "examples", endings=SOURCES + (".py",)) + pages:
        for number, line in lines_of(path):
            columns = sum(not unicodedata.combining(character) for character in line)
            if columns > 120:
                yield f"{path}:{number}: {columns} columns"


def no_paths_of_one_machine():
    pattern = re.compile(r"(?<![\w.])/(?:home|work|root|Users)/\w")
    for path in files(*CODE, "test", "bench", "examples", "docs", ".ci", endings=("",)):
        if path.endswith((".pyc", ".so")) or path == "test/layering/check.py":
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            if pattern.search(line):
                yield f"{path}:{number}: {line.strip()[:80]}"


RULES = [
    folders_include_only_folders_above_them, runtime_includes_no_compiler, dialects_include_only_mlir,
    files_are_under_800_lines, median_file_is_under_200_lines, sources_begin_with_what_they_are,
    compiler_knows_no_mixer, passes_are_named_as_their_flag_and_file, passes_have_a_lit_test_of_their_name,
    diagnostics_have_a_page, pages_have_a_diagnostic, diagnostics_have_a_test, constraints_have_a_test_of_their_name,
    no_paths_of_one_machine, no_line_is_over_120_columns,
]


def main():
    failed = 0
    for rule in RULES:
        breaches = list(rule())
        failed += bool(breaches)
        print(f"{'FAIL' if breaches else 'pass'}  {rule.__name__.replace('_', ' ')}")
        for breach in breaches:
            print(f"      {breach}")
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
