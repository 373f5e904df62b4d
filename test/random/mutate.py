#!/usr/bin/env python3
"""Do random mixers find faults? Each fault of faults.txt is seeded into a copy of the tree, one at a time; mix_random must then
fail, within the limit, on a mixer that passes without the fault.

    test/random/mutate.py [--tree DIR] [--limit SECONDS] [--only WORD] [--seed N] [-- OPTIONS OF mix_random]
    test/random/mutate.py --check          every fault's text occurs exactly once in the tree; builds nothing

The copy (build/mutate, unless named) is kept, with its build folder, so that a later run is quick. The last line is `N passed, N
failed`; exit 1 if any fault was not found.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOPS = ("CMakeLists.txt", "CMakePresets.json", "bench", "cmake", "dialect", "examples", "frontend", "lowering", "runtime", "test")


class Fault:
    def __init__(self, title):
        self.name, self.breaks = (part.strip() for part in title.split(":", 1))
        self.file, self.text, self.replacement = None, [], []

    def apply(self, source):
        """The source with the fault, or why there is none."""
        text, replacement = "\n".join(self.text), "\n".join(self.replacement)
        count = source.count(text)
        return (source.replace(text, replacement), None) if count == 1 else (source, f"occurs {count} times")


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def faults():
    found = []
    for line in read(os.path.join(HERE, "faults.txt")).splitlines():
        if line.startswith("== "):
            found.append(Fault(line[3:]))
        elif line[:2] in ("-", "- "):
            found[-1].text.append(line[2:])
        elif line[:2] in ("+", "+ "):
            found[-1].replacement.append(line[2:])
        elif line and not line.startswith("#"):
            found[-1].file = line
    return found


def check(chosen):
    failed = 0
    for fault in chosen:
        _, why = fault.apply(read(os.path.join(ROOT, fault.file)))
        if why:
            failed += 1
            print(f"fail  {fault.name}: its text {why} in {fault.file}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return failed


def write(path, text):
    """Leaves a file alone that is as it should be: its time of change is what the build goes by."""
    if not os.path.exists(path) or read(path) != text:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def copy(tree):
    for top in TOPS:
        path = os.path.join(ROOT, top)
        for folder, _, names in os.walk(path) if os.path.isdir(path) else [(ROOT, [], [top])]:
            for name in names:
                source = os.path.join(folder, name)
                to = os.path.join(tree, os.path.relpath(source, ROOT))
                try:
                    write(to, read(source))
                    shutil.copymode(source, to)
                except UnicodeDecodeError:
                    os.makedirs(os.path.dirname(to), exist_ok=True)
                    shutil.copy2(source, to)


def build(tree):
    """Why it does not build, or None."""
    folder = os.path.join(tree, "build")
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        subprocess.run(["cmake", "--preset", "dev"], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(["ninja", "-C", folder, "mix_random"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return None if done.returncode == 0 else "\n".join(line for line in done.stdout.splitlines() if "error" in line)


def fails(binary, options, seconds):
    """The seed of the first failure and its kind, or None."""
    command = [binary, "--until-failure", "--shrink-seconds=0", f"--seconds={seconds}"] + options
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = re.search(r"^# failure: seed (\d+): (.*)$", done.stdout, re.M)
    return (int(said[1]), said[2]) if said else None


def find(binary, sound, seed, limit, options):
    began = time.time()
    while time.time() - began < limit:
        found = fails(binary, options + [f"--seed={seed}", "--count=1000000"], limit - (time.time() - began))
        if not found:
            return None
        # Is it the fault's? The mixer must pass without it.
        if not fails(sound, options + [f"--seed={found[0]}", "--count=1"], 0):
            return (*found, time.time() - began)
        seed = found[0] + 1
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--tree", default=os.path.join(ROOT, "build", "mutate"))
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--only", default="", help="faults whose name has this word")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    chosen = [fault for fault in faults() if arguments.only in fault.name]
    if arguments.check:
        sys.exit(1 if check(chosen) else 0)

    tree = os.path.abspath(arguments.tree)
    copy(tree)
    if why := build(tree):
        sys.exit("the tree does not build:\n" + why)
    binary, sound = os.path.join(tree, "build/bin/mix_random"), os.path.join(tree, "build/bin/mix_random.sound")
    shutil.copy2(binary, sound)
    failed = 0
    for fault in chosen:
        path = os.path.join(tree, fault.file)
        original = read(path)
        faulty, why = fault.apply(original)
        found = None
        if not why:
            try:
                write(path, faulty)
                why = build(tree)
                found = None if why else find(binary, sound, arguments.seed, arguments.limit, arguments.options)
            finally:
                write(path, original)
        result = why or (f"seed {found[0]}, {found[2]:.0f} s: {found[1]}" if found else "not found")
        print(f"{'pass' if found else 'FAIL'}  {fault.name:44} {result}", flush=True)
        failed += not found
    print(f"{len(chosen) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
