"""Which folder may include which, as a list from the bottom up, and the tree's files."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# A folder includes only folders above it in this list. `lowering/Passes.h` declares what the folders of lowering/
# define, so it stands below them, as do `lowering/Rules`, `lowering/Target` and headers that every pass may read; the
# rest of lowering/ itself (pipelines) stands above them.
LAYERS = [
    "dialect/mix",
    "dialect/tile",
    "lowering/Keep.h",
    "lowering/Target",
    "lowering/Passes.h",
    "lowering/Limits.h",
    "lowering/Refusal.h",
    "lowering/Rules",
    "lowering/normalize",
    "lowering/derive",
    "lowering/adjoint",
    "lowering/plan",
    "lowering/cpu",
    "lowering/cuda",
    "lowering/emit",
    "lowering/object",
    "lowering",
    "runtime",
    "runtime/call",
    "runtime/cpu",
    "frontend/syntax",
    "frontend/sema",
    "frontend/gen",
    "frontend/render",
    "frontend/compile",
    "frontend/explain",
    "frontend/oracle",
    "frontend/driver",
    "frontend/editor",
    "test",
    "bench",
    "examples",
]
# Upward, yet allowed: the contract between the code that is emitted and the runtime that is linked to it.
ALLOWED = {("lowering/emit", "runtime/abi.h"), ("lowering/object", "runtime/abi.h")}

SOURCES = (".cpp", ".h", ".c", ".def", ".td", ".inc")


def layer(path):
    """The entry of LAYERS that a path belongs to: the longest that is a prefix; None for what is not ours."""
    if path in ("lowering/Passes.h", "lowering/Passes.td", "lowering/Passes.h.inc"):
        return "lowering/Passes.h"
    if path in ("lowering/Rules.h", "lowering/Rules.cpp"):
        return "lowering/Rules"
    if path in ("lowering/Target.h", "lowering/Target.cpp"):
        return "lowering/Target"
    if path in LAYERS:
        return path
    best = None
    for name in LAYERS:
        if path.startswith(name + "/") and (best is None or len(name) > len(best)):
            best = name
    return best


def files(*tops, endings=SOURCES):
    """Paths relative to the root of every file under the folders that has one of the endings, sorted."""
    found = []
    for top in tops:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names if name.endswith(endings)]
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def includes(path):
    """(line number, included path) of every #include in quotes or angles."""
    pattern = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')
    for number, line in enumerate(read(path).splitlines(), 1):
        match = pattern.match(line)
        if match:
            yield number, match.group(1)
