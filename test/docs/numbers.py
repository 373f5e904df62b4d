#!/usr/bin/env python3
"""What the docs show of `mixc explain`, and the FLOPs and bytes that they name, are what the compiler says.

    test/docs/numbers.py MIXC ROOT

Checked in README.md, bench/README.md, docs/*.md and examples/*/README.md: a line `$ mixc explain ARGUMENTS` of an
indented block, and the lines below it, up to the next `$`, an empty line or the block's end; the beginning of an
explanation, `NAME<K, V>`, that stands by itself in a block, for examples/NAME; `...` stands for any number of lines,
and a line may be cut. `N kFLOP per token and head` of a line that names an example is 2 |S| for each read and write and
|S| for a decay. Tables have their rows on lines of their own. One line for each; exit 1 if one is wrong.
"""
import glob
import json
import os
import re
import shlex
import subprocess
import sys


def run(mixc, root, arguments):
    done = subprocess.run([mixc, *arguments], capture_output=True, text=True, timeout=120, cwd=root)
    return done.stdout if done.returncode == 0 else done.stderr


def blocks(text):
    """(line, lines) of every block that is indented by four spaces."""
    for match in re.finditer(r"^ {4}\S[^\n]*\n(?: {4}[^\n]*\n|\n(?= {4}))*", text, re.M):
        yield text.count("\n", 0, match.start()) + 1, [line[4:].rstrip() for line in match[0].splitlines()]


def words(line):
    return line.split()


def first_missing(shown, output):
    """The first shown line that is not in the output, in order; between them only where `...` stands."""
    output = [words(line) for line in output.splitlines()]
    at, free = 0, True
    for line in shown:
        if not line:
            continue
        if line.strip() == "...":
            free = True
            continue
        here = at
        while free and here < len(output) and output[here] != words(line):
            here += 1
        if here >= len(output) or output[here] != words(line):
            return line
        at, free = here + 1, False
    return None


def shown(text):
    """(line, arguments of mixc, lines) of what a page shows."""
    for start, lines in blocks(text):
        i = 0
        while i < len(lines):
            command = re.match(r"\$ (?:build/bin/)?mixc (explain .*\.mix.*)$", lines[i])
            bare = re.match(r"(\w+)<[\w, ]+>$", lines[i])
            end = next((j for j in range(i + 1, len(lines)) if lines[j].startswith("$ ") or not lines[j]), len(lines))
            if command and end > i + 1:
                yield start + i, shlex.split(command[1], comments=True), lines[i + 1:end]
            elif bare and i + 1 < len(lines) and lines[i + 1] == "strata":
                end = lines.index("...", i) if "..." in lines[i:] else end
                yield start + i, ["explain", f"examples/{bare[1]}/{bare[1]}.mix"], lines[i:end]
            i += 1


def recurrence_flops(mixc, root, name):
    (mixer,) = json.loads(run(mixc, root, ["explain", "--json", f"examples/{name}/{name}.mix"]))
    size = mixer["state_bytes"] // 4
    (stratum,) = mixer["strata"]
    return size * (2 * len(stratum["reads"]) + 2 * len(stratum["writes"]) + (stratum["transition"] != "identity"))


def mistakes(mixc, root, text):
    for line, arguments, lines in shown(text):
        output = run(mixc, root, arguments)
        missing = first_missing(lines, output)
        alike = [found for found in output.splitlines() if missing and words(found)[:2] == words(missing)[:2]]
        yield line, " ".join(arguments), None if missing is None else "\n".join([f"not so: {missing}", *alike])
    for match in re.finditer(r"^(?=.*(?:\b(\w+) +K = |[Gg]ated delta rule)).*?(\d+) kFLOP", text, re.M):
        name = match[1] or "gated_delta_net"
        if os.path.isdir(os.path.join(root, "examples", name)):
            flops = recurrence_flops(mixc, root, name)
            wrong = None if round(flops / 1e3) == int(match[2]) else f"{flops / 1e3:.0f} kFLOP, not {match[2]}"
            yield text.count("\n", 0, match.start()) + 1, f"{name}: {match[2]} kFLOP", wrong
    for match in re.finditer(r"^\|.*\|[ \t]+\|-+\|.*$", text, re.M):
        yield text.count("\n", 0, match.start()) + 1, "a table", "its rows are on one line"


def main():
    mixc, root = os.path.abspath(sys.argv[1]) if os.sep in sys.argv[1] else sys.argv[1], sys.argv[2]
    pages = ["README.md", "bench/README.md", *sorted(glob.glob("docs/*.md", root_dir=root)),
             *sorted(glob.glob("examples/*/README.md", root_dir=root))]
    count = failed = 0
    for page in pages:
        if not os.path.exists(os.path.join(root, page)):
            continue
        with open(os.path.join(root, page), encoding="utf-8") as file:
            text = file.read()
        for line, what, wrong in mistakes(mixc, root, text):
            print(f"{page}:{line}: {what}: {wrong or 'right'}")
            count += 1
            failed += wrong is not None
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
