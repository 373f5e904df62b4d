#!/usr/bin/env python3
"""Every folder NAME of examples/ that has a NAME.mix is an example, and what it says of itself is so.

    test/docs/gallery.py MIXC ROOT            READMEs, gallery.md against `mixc explain`, its JSON against explain.md
    test/docs/gallery.py MIXC ROOT --write    puts what `mixc explain` says into both
    test/docs/gallery.py MIXC ROOT --run      the READMEs' own commands, each of which must succeed

An example NAME is examples/NAME/NAME.mix with one mixer NAME, below a comment that says what it is and whose, and a
README.md: a title, its paper with the year, the equation, `Class:` above the class of every stratum as `mixc explain`
has it, and the commands to explain, compile and run it. docs/gallery.md has a table of all of them. One line an
example; exit 1 if one is wrong.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import schema

ORDER = ["none", "identity", "scalar", "diagonal", "scan", "semiring", "sequential"]
CLASS = re.compile(r"(?<=^Class:\n\n)(?:    .*\n)*", re.M)
TABLE = re.compile(r"^\| mixer \|.*\n(?:\|.*\n)*", re.M)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Example:
    def __init__(self, mixc, folder):
        self.name = os.path.basename(folder)
        self.mix = os.path.join(folder, self.name + ".mix")
        self.readme = os.path.join(folder, "README.md")
        self.source, self.page = read(self.mix), read(self.readme)
        done = subprocess.run([mixc, "explain", "--json", self.mix], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise ValueError(done.stderr)
        self.all = json.loads(done.stdout)
        (self.explained,) = self.all
        self.strata = self.explained["strata"]

    def classes(self):
        """One line a stratum, as the README has them."""
        if not self.strata:
            return f"    {self.explained['without_state']}\n"
        names = ["{" + ", ".join(stratum["states"]) + "}" for stratum in self.strata]
        width = max(map(len, names))
        return "".join(f"    {name:{width}}  {stratum['description']}\n" for name, stratum in zip(names, self.strata))

    def key(self):
        """Fast classes first, then by name: of several strata the slowest counts."""
        return max((ORDER.index(stratum["class"]) for stratum in self.strata), default=0), self.name

    def row(self):
        about = " ".join(re.findall(r"^# ?(.*)", self.source.split("\nmixer ")[0], re.M))
        about = re.match(r".*?[^.]\.(?= |$)(?<!et al\.)", about)[0]
        states = re.findall(r"^  state +(.*?) *: *([^#=\n]*?) *(?:[#=].*)?$", self.source, re.M)
        state = "<br>".join(f"`{name} : {kind}`" for name, kind in states)
        classes = "<br>".join(line.strip() for line in self.classes().splitlines())
        return f"| [{self.name}](../examples/{self.name}) | {about} | {state} | {classes} |\n"

    def commands(self):
        return [line.strip() for line in self.page.splitlines() if line.startswith("    build/bin/mixc ")]

    def mistakes(self, form):
        yield from schema.check(self.all, form, form, "the JSON")
        file = f"examples/{self.name}/{self.name}.mix"
        if self.explained["mixer"] != self.name or len(re.findall(r"^mixer ", self.source, re.M)) != 1:
            yield f"{self.name}.mix is not the one mixer {self.name}"
        if not re.match(r"# .*\n", self.source) or not re.match(r"# .*\n.*\d{4}", self.page.replace(",\n", ", "), re.S):
            yield "the .mix begins with a comment, the README with a title and a paper"
        found = CLASS.search(self.page)
        if not found or found[0] != self.classes():
            yield f"the README's class is not\n{self.classes()}"
        commands = self.commands()
        for what in (f"mixc explain {file}", f"mixc {file} -o lib{self.name}.so", f"mixc run {file} --kernel=chunked"):
            if f"build/bin/{what}" not in commands:
                yield f"the README has no `build/bin/{what}`"
        for command in commands:
            if file not in command:
                yield f"`{command}` is not of {file}"


def examples(mixc, root):
    folders = sorted(glob.glob(os.path.join(root, "examples", "*")))
    return [Example(mixc, at) for at in folders if os.path.exists(os.path.join(at, os.path.basename(at) + ".mix"))]


def table(all_examples):
    rows = "".join(example.row() for example in sorted(all_examples, key=Example.key))
    return "| mixer | what it is | state | class, as `mixc explain` says |\n|---|---|---|---|\n" + rows


def run(mixc, root, example):
    """What goes wrong when the README's commands are given from the root of the checkout."""
    with tempfile.TemporaryDirectory() as scratch:
        for command in example.commands():
            words = [mixc if word == "build/bin/mixc" else word for word in command.split()]
            words = [os.path.join(scratch, word) if word.endswith(".so") else word for word in words]
            done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=300)
            if done.returncode or "WRONG" in done.stdout:
                yield f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def main():
    mixc, root = sys.argv[1:3]
    mode = sys.argv[3] if len(sys.argv) > 3 else ""
    gallery = os.path.join(root, "docs", "gallery.md")
    found = examples(mixc, root)
    form = schema.of(os.path.join(root, "docs", "explain.md"))
    if mode == "--write":
        for example in found:
            with open(example.readme, "w", encoding="utf-8") as file:
                file.write(CLASS.sub(lambda _: example.classes(), example.page))
        page = read(gallery)
        with open(gallery, "w", encoding="utf-8") as file:
            file.write(TABLE.sub(lambda _: table(found), page))
        return 0
    failed = 0
    for example in found:
        wrong = list(run(mixc, root, example) if mode == "--run" else example.mistakes(form))
        print(f"{example.name}: {'wrong' if wrong else 'right'}", flush=True)
        for line in wrong:
            print("    " + line.replace("\n", "\n    "))
        failed += bool(wrong)
    if mode != "--run":
        fits = TABLE.search(read(gallery)) and TABLE.search(read(gallery))[0] == table(found)
        print("gallery.md: " + ("right" if fits else "not what `gallery.py --write` makes of the examples"))
        failed += not fits
    print(f"{len(found)} examples, {failed} failed")
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main())
