#!/usr/bin/env python3
"""docs/passes.md is made from lowering/Passes.td, the stage table of docs/architecture.md from the pipelines, and both
are so.

    test/docs/passes.py MIXC MIX_OPT ROOT            every pass says what it does; both pages are up to date
    test/docs/passes.py MIXC MIX_OPT ROOT --write    writes them

A pass' description has an equation, what it requires and what it guarantees. Its example is the first case of the lit
test of its name: what goes in, and what the test holds of what comes out. So an example is true as long as the test
passes. Exit 1 if something is wrong.
"""
import glob
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import tablegen

# Stages that no pass makes.
MADE_BY = {"ast": "[frontend/syntax](../frontend/syntax), [sema](../frontend/sema)",
           "mix": "[frontend/gen](../frontend/gen)",
           "asm": "LLVM, by [lowering/object](../lowering/object)"}
TABLE = re.compile(r"^\| stage \|.*\n(?:\|.*\n)*", re.M)
TOP = re.compile(r"(mix\.mixer|tile\.kernel|func\.func) ")
HEAD = """# The passes
Made by `test/docs/passes.py` from [lowering/Passes.td](../lowering/Passes.td) and from each pass' test, in the order in
which they are listed there. The stages that they lead between are in [architecture.md](architecture.md), the ops in
[ops.md](ops.md).
"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


class Stages:
    """The stage table, and the passes that lead to each stage with gradients, which mixc builds unless told not to."""

    def __init__(self, mixc, mix_opt, root):
        lines = output(mixc, "--emit=list").stdout.splitlines()[1:]
        self.rows = [line.split(None, 1) for line in lines]
        empty = os.path.join(root, "test/driver/Inputs/empty.mlir")
        self.passes, names = {}, [name for name, _ in self.rows]
        for before, name in zip(names, names[1:]):
            if name in MADE_BY:
                continue
            options = f"--mix-stages=from={before} to={name} backward=true cpu=x86-64-v3"
            dumped = output(mix_opt, empty, options, "--dump-pass-pipeline").stderr
            self.passes[name] = re.findall(r"^\s+([a-z][a-z0-9-]*)(?=[{,\s]|$)", dumped, re.M)

    def of(self, flag):
        return [name for name, passes in self.passes.items() if flag in passes]

    def table(self):
        rows = "| stage | what it is | made by |\n|---|---|---|\n"
        for name, what in self.rows:
            made = MADE_BY.get(name) or ", ".join(
                f"[{flag}](passes.md#{flag})" if flag.startswith("mix-") else flag for flag in self.passes[name])
            rows += f"| `{name}` | {what} | {made} |\n"
        return rows


class Example:
    """The first case of a lit test: aliases, the first op at the left margin, and the checks down to its end."""

    def __init__(self, text):
        self.run, self.before, self.after = None, [], []
        prefixes, is_inside = ["CHECK"], False
        for line in text.splitlines():
            if run := re.match(r"// RUN: (.*?)(?: \| FileCheck %s(.*))?$", line):
                if not self.run:
                    self.run = run[1]
                    named = re.search(r"--check-prefix(?:es)?=(\S+)", run[2] or "")
                    prefixes = named[1].split(",") if named else prefixes
                continue
            is_inside = is_inside or bool(TOP.match(line))
            if line.strip().startswith("//"):
                self.after += self.checked(line.strip(), prefixes)
            elif is_inside or line.startswith("!"):
                self.before.append(line)
            if is_inside and line == "}":
                break
        inner = [at for at, kind, _ in self.after if kind != "LABEL"] or [0]
        self.after = [" " * (at - min(inner)) * (kind != "LABEL") + text for at, kind, text in self.after]
        self.before = [line for line in self.before if not line.startswith("!") or self.uses(line.split(" ")[0])]

    def uses(self, alias):
        others = [line for line in self.before if not line.startswith(alias + " ")]
        return any(re.search(re.escape(alias) + r"\b", line) for line in others)

    @staticmethod
    def checked(line, prefixes):
        """Column, kind and text: a comment as it is; a check with names for what it binds, `...` for anything."""
        found = re.match(r"// ([A-Z0-9]+)(?:-([A-Z]+(?:-\d+)?))?: *(.*)$", line)
        if not found:
            return [(0, "LABEL", line)]
        prefix, kind, text = found.groups()
        if prefix not in prefixes:
            return []
        text = re.sub(r"\[\[(\w+)(?::(?:[^\]]|\](?!\]))*)?\]\]", lambda name: name[1].lower(), text)
        text = re.sub(r"\{\{.*?\}\}", "...", text)
        if kind in ("NOT", "SAME"):
            return [(0, "LABEL", f"// nowhere: {text}" if kind == "NOT" else f"    ... {text}")]
        count = re.fullmatch(r"COUNT-(\d+)", kind or "")
        return [(found.start(3), kind, f"{text}    // {count[1]} times" if count else text)]

    def is_whole(self):
        return len(self.before) > 2 and any(not line.startswith("// ") or "// nowhere" in line for line in self.after)


class Pass:
    def __init__(self, root, records, record):
        self.name, self.flag, self.summary = record["!name"], record["argument"], record["summary"]
        self.description = tablegen.dedented(record["description"])
        self.options = [records.get(option) for option in record["options"]]
        stem = self.flag.removeprefix("mix-")
        (self.source,) = self.find(root, "lowering", self.name + ".cpp")
        (self.test,) = self.find(root, "test/lowering", stem + ".mlir")
        self.example = Example(read(os.path.join(root, self.test)))

    @staticmethod
    def find(root, folder, name):
        found = glob.glob(os.path.join(root, folder, "**", name), recursive=True)
        return [os.path.relpath(path, root) for path in found]

    def mistakes(self):
        if not tablegen.has_equation(self.description):
            yield "its description has no equation"
        for word in ("Requires", "Guarantees"):
            if not re.search(rf"^{word}: ", self.description, re.M):
                yield f"its description has no paragraph `{word}:`"
        if not self.example.is_whole():
            yield f"the first case of {self.test} is no example: an op, and what is checked of it"
        if not self.example.run or f"--{self.flag}" not in self.example.run:
            yield f"the first RUN line of {self.test} does not run it"

    def text(self, stages):
        where = ", ".join(f"`{stage}`" for stage in stages.of(self.flag)) or "no stage by itself"
        lines = f"\n## {self.flag}\n{self.summary[0].upper()}{self.summary[1:]}.\n\n{self.description}\n"
        lines += f"Leads to {where}. Source: [{self.source}](../{self.source}).\n"
        if self.options:
            lines += "\n| option | default | what |\n|---|---|---|\n"
            for option in self.options:
                default = option.get("defaultValue") or "none"
                lines += f"| `{option['argument']}` | `{default}` | {option['description']} |\n"
        name = os.path.basename(self.test)
        command = self.example.run.replace("%s", name)
        lines += f"\nExample, [{name}](../{self.test}):\n\n    {command}\n\nmakes of\n\n```mlir\n"
        return lines + "\n".join(self.example.before) + "\n```\n\n```mlir\n" + "\n".join(self.example.after) + "\n```\n"


def main():
    mixc, mix_opt, root = sys.argv[1:4]
    write = sys.argv[4:] == ["--write"]
    records = tablegen.Records(root, "lowering/Passes.td")
    passes = [Pass(root, records, record) for record in records.of("PassBase")]
    stages = Stages(mixc, mix_opt, root)
    mistakes = [f"{each.flag}: {mistake}" for each in passes for mistake in each.mistakes()]
    page = HEAD + "".join(each.text(stages) for each in passes)
    if not tablegen.page_is(os.path.join(root, "docs/passes.md"), page, write):
        mistakes.append("passes.md: not what `passes.py --write` makes of Passes.td and the tests")
    architecture = os.path.join(root, "docs/architecture.md")
    walk = read(architecture)
    new = TABLE.sub(lambda _: stages.table(), walk, count=1)
    if not TABLE.search(walk) or not tablegen.page_is(architecture, new, write):
        mistakes.append("architecture.md: its stage table is not what `passes.py --write` makes of the pipelines")
    for mistake in mistakes:
        print(mistake)
    print(f"{len(passes)} passes, {len(mistakes)} mistakes")
    return 1 if mistakes or not passes else 0


if __name__ == "__main__":
    sys.exit(main())
