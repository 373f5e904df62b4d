#!/usr/bin/env python3
"""Every example of the docs is a program: `mixc check` accepts each ```mix block of docs/*.md.

    test/docs/examples.py MIXC DOCS

A block whose fence says ```mix MIX0214 must be refused with that code. A block indented by four spaces that begins a
mixer (`mixer name...`, perhaps below comments) is an example, too. What is no whole program (a declaration, an equation
by itself) stands in a block of another kind. One line an example; exit 1 if one is not as it says.
"""
import glob
import os
import re
import subprocess
import sys
import textwrap


def fenced(text):
    """(line, expected code or None, program) of every ```mix block."""
    for match in re.finditer(r"^( *)```mix\b *(MIX\d{4})?[^\n]*\n(.*?)^\1```", text, re.M | re.S):
        yield text.count("\n", 0, match.start()) + 2, match[2], textwrap.dedent(match[3])


def indented(text):
    """The same of blocks that are indented by four spaces, outside fences."""
    outside = re.sub(r"^ *```.*?^ *```", lambda fence: "x" + "\nx" * fence[0].count("\n"), text, flags=re.M | re.S)
    for match in re.finditer(r"^ {4}[^\n]*\n(?: {4}[^\n]*\n|\n)*", outside, re.M):
        program = textwrap.dedent(match[0])
        if re.match(r"\s*(#[^\n]*\n\s*)*mixer\s+\w+", program):
            yield outside.count("\n", 0, match.start()) + 1, None, program


def mistake(mixc, program, code):
    """What is wrong with an example, None if nothing is."""
    done = subprocess.run([mixc, "check", "-"], input=program, capture_output=True, text=True, timeout=60)
    if code:
        codes = set(re.findall(r"^error\[(MIX\d{4})\]", done.stderr, re.M))
        return None if done.returncode == 1 and codes == {code} else f"expected {code}\n{done.stderr}"
    return None if done.returncode == 0 else done.stderr


def main():
    mixc, docs = sys.argv[1:]
    count = failed = 0
    for path in sorted(glob.glob(os.path.join(docs, "*.md"))):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for line, code, program in sorted([*fenced(text), *indented(text)], key=lambda example: example[0]):
            wrong = mistake(mixc, program, code)
            print(f"{os.path.basename(path)}:{line}: {'wrong' if wrong else 'right'}")
            if wrong:
                print(textwrap.indent(wrong, "    "))
            count += 1
            failed += wrong is not None
    print(f"{count - failed} passed, {failed} failed")
    # docs/language.md has examples: to find none is a fault of this script
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
