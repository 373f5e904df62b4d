#!/usr/bin/env python3
"""IR from a user never crashes mixc: stages of a mixer, altered and read back, are compiled or refused.

    mutate.py MIXC FILE STAGE [--count N] [--seed S] [-- options of mixc]

Prints `mixc FILE --emit=STAGE`, alters it N times in one or two places (an attribute deleted, a number, name, type or
operand replaced, a line deleted, doubled or moved), and gives each to `mixc --from=STAGE`. Exit 1 if one ends by a
signal, says that it is a bug of mixc, or takes longer than a minute; the altered file is left as
crash-STAGE-SEED-I.mlir.
"""
import argparse
import random
import re
import subprocess
import sys

NUMBERS = ["0", "1", "-1", "3", "7", "64", "1000000", "4611686018427387904"]
NEXT = {"mix": "component", "component": "tile", "tile": "plan", "plan": "vector", "vector": "llvm", "llvm": "asm"}


def replaced(text, match, by):
    return text[: match.start()] + by + text[match.end():]


def pick(rng, pattern, text):
    found = list(re.finditer(pattern, text))
    return rng.choice(found) if found else None


def delete_attribute(rng, text):
    match = pick(rng, r"(?:, )?\b[\w.]+ = (?:\[[^\[\]{}]*\]|\"[^\"]*\"|-?[\w.+]+(?: : \w+)?)"
                      r"|\b(?:sliced|fused|turned|external)\b(?:, )?", text)
    return replaced(text, match, "") if match else text


def rename_attribute(rng, text):
    match = pick(rng, r"\b(\w+)(?= = )", text)
    return replaced(text, match, match[0] + "x") if match else text


def alter_number(rng, text):
    match = pick(rng, r"(?<![\w%#.])-?\d+\b(?!\.)", text)
    return replaced(text, match, rng.choice(NUMBERS)) if match else text


def alter_kind(rng, text):
    match = pick(rng, r"= (-?\d+ : i64|\"\w+\"|\[[^\[\]]*\]|dense<[^>]*>)", text)
    kinds = ['= "x"', "= 1 : i64", "= []", "= [1]", "= {}", "= unit", "= 1.0 : f32"]
    return replaced(text, match, rng.choice(kinds)) if match else text


def exchange(pattern):
    def change(rng, text):
        one, other = pick(rng, pattern, text), pick(rng, pattern, text)
        return replaced(text, one, other[0]) if one else text
    return change


def lines(change):
    def altered(rng, text):
        all_lines = text.split("\n")
        change(rng, all_lines, rng.randrange(len(all_lines)))
        return "\n".join(all_lines)
    return altered


CHANGES = [
    delete_attribute, delete_attribute, rename_attribute, alter_number, alter_number, alter_kind,
    exchange(r"%[\w#]+"),  # an operand or a result
    exchange(r"\"[\w.]*\""),  # a name
    exchange(r"\b(?:mix|tile|arith|vector|memref|scf|llvm)\.\w+"),  # an op
    exchange(r"<\[[^\]]*\][^>]*>|![\w.]+<[^<>]*>|memref<[^<>]*>|vector<[^<>]*>"),  # a type
    exchange(r"(?<=\[)[^\[\]]+(?=\])"),  # axes, dims
    lines(lambda rng, all_lines, i: all_lines.pop(i)),
    lines(lambda rng, all_lines, i: all_lines.insert(rng.randrange(len(all_lines)), all_lines[i])),
    lines(lambda rng, all_lines, i: all_lines.insert(rng.randrange(len(all_lines)), all_lines.pop(i))),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mixc")
    parser.add_argument("file")
    parser.add_argument("stage", choices=NEXT)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--to", help="the stage that is asked for; `lib`: a library")
    options, more = parser.parse_known_args()
    more = [word for word in more if word != "--"]
    command = [options.mixc, options.file, "--emit=" + options.stage, *more]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    until = ["-o", "/dev/null/lib.so"] if options.to == "lib" else ["--emit=" + (options.to or NEXT[options.stage])]
    refused = crashed = 0
    for i in range(options.count):
        rng = random.Random(options.seed * 1000003 + i)
        altered = rng.choice(CHANGES)(rng, text)
        if rng.random() < 0.3:
            altered = rng.choice(CHANGES)(rng, altered)
        command = [options.mixc, "-", "--from=" + options.stage, *until]
        try:
            done = subprocess.run(command, input=altered, capture_output=True, text=True, timeout=60)
            status, said = done.returncode, done.stderr
        except subprocess.TimeoutExpired:
            status, said = "more than a minute", ""
        refused += status in (1, 2, 3)
        if status in (0, 1, 2, 3) and (status == 0 or "error" in said):
            continue
        crashed += 1
        name = f"crash-{options.stage}-{options.seed}-{i}.mlir"
        with open(name, "w", encoding="utf-8") as file:
            file.write(altered)
        print(f"{name}: {status} {said.strip()[:300]}")
    print(f"{options.stage}: {options.count} altered, {refused} refused, {crashed} crashed")
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
