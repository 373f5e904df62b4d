#!/usr/bin/env python3
"""docs/ops.md is made from the .td files of the dialects, and what they say of each op is so.

    test/docs/ops.py MIX_OPT ROOT            every op has an equation and an example that verifies; the page is so
    test/docs/ops.py MIX_OPT ROOT --write    writes docs/ops.md

An example is a whole module: it stands in the description and says what a reader wants to see, and no tool has to guess
what is around it. mix-opt reads, verifies and prints each, and reads again what it printed. An op that makes sense only
among others may name those whose examples have it instead: "Example: `tile.kernel`." One line a dialect; exit 1 if one
is wrong.
"""
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import tablegen

DIALECTS = (("mix", "dialect/mix/MixOps.td"), ("tile", "dialect/tile/TileOps.td"))
ELSEWHERE = re.compile(r"\bExamples?:\s")
BETWEEN = "// -----\n"
HEAD = """# The ops
Made by `test/docs/ops.py` from [dialect/](../dialect): what each op means, what it takes, and an example that a test
runs. How they fit together is in [architecture.md](architecture.md), which passes make them in [passes.md](passes.md).
"""


def printed(mix_opt, modules, *options):
    """Modules as mix-opt prints them, in one go, or why it does not."""
    with tempfile.NamedTemporaryFile("w", suffix=".mlir", encoding="utf-8") as file:
        file.write(BETWEEN.join(modules))
        file.flush()
        command = [mix_opt, file.name, "--split-input-file", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        return [], done.stderr.replace(file.name, "examples")
    return done.stdout.split(BETWEEN), None


class Op:
    def __init__(self, records, record):
        self.name = f"{records.get(record['opDialect'])['name']}.{record['opName']}"
        self.summary, self.description = record["summary"], tablegen.dedented(record["description"])
        self.examples = tablegen.examples(self.description)
        self.format = record.get("assemblyFormat") or ""
        self.where = records.place(record)[0]

    def elsewhere(self):
        """The ops whose examples have this one: those that follow the word."""
        said = ELSEWHERE.split(self.description, maxsplit=1)
        return re.findall(r"`(\w+\.\w+)`", said[1]) if len(said) > 1 else []

    def mistakes(self, used):
        if not self.summary or self.summary[0].isspace() or self.summary.endswith("."):
            yield "its summary is no sentence without a full stop"
        if not tablegen.has_equation(self.description):
            yield "its description has no equation"
        if not self.examples and not self.elsewhere():
            yield "it has no example, and names no op whose example has it"
        for name in self.elsewhere() if self.elsewhere() else [self.name]:
            if self.name not in used.get(name, set()):
                yield f"it is not in the examples of {name}"

    def text(self):
        lines = f"\n## `{self.name}`\n{self.summary[0].upper()}{self.summary[1:]}.\n\n{self.description}"
        if self.format:
            lines += f"\nSpelt:\n\n    {self.name} {self.format}\n"
        return lines


def of_types(records):
    """The types and attributes that the descriptions speak of."""
    for kind in ("TypeDef", "AttrDef"):
        for record in records.of(kind):
            if not record["mnemonic"] or not record["description"]:
                continue
            mark = "!" if kind == "TypeDef" else "#"
            name = f"{mark}{records.get(record['dialect'])['name']}.{record['mnemonic']}"
            yield f"\n## `{name}`\n{record['summary'][0].upper()}{record['summary'][1:]}.\n\n" + tablegen.dedented(
                record["description"])


def uses(mix_opt, ops):
    """Which ops the examples of an op use, and what is wrong with them."""
    owners = [op for op in ops for _ in op.examples]
    generic, why = printed(mix_opt, [example for op in ops for example in op.examples], "--mlir-print-op-generic")
    if why:
        return {}, why
    again, why = printed(mix_opt, generic, "--mlir-print-op-generic")
    if again != generic:
        return {}, why or "an example is printed otherwise than it is read"
    used = {}
    for op, module in zip(owners, generic):
        used.setdefault(op.name, set()).update(re.findall(r'"(\w+\.\w+)"\(', module))
    return used, None


def main():
    mix_opt, root = sys.argv[1:3]
    write = sys.argv[3:] == ["--write"]
    failed, page = 0, HEAD
    for name, path in DIALECTS:
        records = tablegen.Records(root, path)
        ops = [Op(records, record) for record in records.of("Op")]
        (dialect,) = [record for record in records.of("Dialect") if record["name"] == name]
        page += f"\n# {name}: {dialect['summary']}\n" + tablegen.dedented(dialect["description"])
        page += "".join(of_types(records)) + "".join(op.text() for op in ops)
        if write:
            continue
        used, why = uses(mix_opt, ops)
        mistakes = [f"{op.name} ({op.where}): {mistake}" for op in ops for mistake in op.mistakes(used)]
        mistakes = mistakes if used else [why]
        for mistake in mistakes:
            print(mistake)
        wrong = len(mistakes)
        print(f"{name}: {len(ops)} ops, {sum(len(op.examples) for op in ops)} examples, {wrong} mistakes")
        failed += bool(wrong or not ops)
    fits = tablegen.page_is(os.path.join(root, "docs", "ops.md"), page, write)
    if not fits:
        print("ops.md: not what `ops.py --write` makes of the .td files")
    return 1 if failed or not fits else 0


if __name__ == "__main__":
    sys.exit(main())
