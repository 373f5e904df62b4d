#!/usr/bin/env python3
"""Do the tests find faults? Each fault of faults.txt is seeded, one at a time; its test must then fail, and pass
without it.

    test/random/mutate.py [--build DIR] [--limit SECONDS] [--only WORD] [--sample N] [--seed N] [-- MIX_RANDOM OPTIONS]
    test/random/mutate.py --check          every fault's text occurs exactly once in the tree; builds nothing

The test is what a fault names, an executable of the build folder and its options, or mix_random, which then must fail
within the limit on a mixer that passes without the fault. Nothing of the tree or of the build folder changes: the file
with the fault is compiled on the side, and the executable is linked once more with that object in place of the sound
one. So a fault costs one compilation, and stands in a .cpp file. `--sample N` takes N of those that name their test, by
the seed. The last line is `N passed, N failed`; exit 1 if any fault was not found.
"""
import argparse
import json
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RANDOM = ["mix_random"]


class Fault:
    def __init__(self, title):
        self.name, self.breaks = (part.strip() for part in title.split(":", 1))
        self.file, self.text, self.replacement, self.test = None, [], [], RANDOM

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
        elif line.startswith("? "):
            found[-1].test = shlex.split(line[2:])
        elif line and not line.startswith("#"):
            found[-1].file = line
    return found


def check(chosen):
    failed = 0
    for fault in chosen:
        _, why = fault.apply(read(os.path.join(ROOT, fault.file)))
        if why or not fault.file.endswith(".cpp"):
            failed += 1
            print(f"fail  {fault.name}: its text {why or 'is in no .cpp file,'} in {fault.file}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return failed


class Build:
    """A build folder that is up to date, and a folder for what has a fault, of this run alone."""

    def __init__(self, folder, aside):
        self.folder, self.aside = folder, aside
        commands = json.loads(read(os.path.join(folder, "compile_commands.json")))
        self.compile = {os.path.relpath(entry["file"], ROOT): shlex.split(entry["command"]) for entry in commands}

    def sound(self, executable):
        self.do(["ninja", executable])
        return os.path.join(self.folder, "bin", executable)

    def do(self, command):
        done = subprocess.run(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            errors = "\n".join(line for line in done.stdout.splitlines() if "error" in line)
            raise ValueError(errors or done.stdout[-2000:])
        return done.stdout

    def faulty(self, path, source, executable):
        """The executable with another source in place of the file."""
        object, old = os.path.join(self.aside, "fault.o"), self.object_of(path)
        text = os.path.join(self.aside, os.path.basename(path))
        with open(text, "w", encoding="utf-8") as file:
            file.write(source)
        self.do(self.put(self.compile[path], {os.path.join(ROOT, path): text, old: object}))
        if path.startswith("runtime/") and executable != "mix_runtime_tests":
            object = self.blob(old, object)
        to = os.path.join(self.aside, executable)
        link = shlex.split(self.do(["ninja", "-t", "commands", executable]).splitlines()[-1])
        link = [word for word in link if word not in (":", "&&")]
        link = self.put(link, {old: object, os.path.join("bin", executable): to})
        # Of what comes first an archive's member is not taken a second time.
        self.do(link if object in link else [link[0], object, *link[1:]])
        return to

    def object_of(self, path):
        command = self.compile[path]
        return command[command.index("-o") + 1]

    def blob(self, old, object):
        """The runtime as bytes, which the compiler puts into libraries, with one object replaced."""
        whole, bytes = os.path.join(self.aside, "runtime.o"), os.path.join(self.aside, "blob.o")
        made = os.path.join(self.folder, "runtime", "runtime.o")
        commands = self.do(["ninja", "-t", "commands", "runtime/runtime.o"]).splitlines()
        (join,) = [line for line in commands if " -r " in line]
        words = [re.sub("/[.]/", "/", word) for word in shlex.split(join.rsplit("&&", 1)[-1])]
        self.do(self.put(words, {os.path.join(self.folder, old): object, made: whole}))
        command = self.put(self.compile["runtime/blob.c"], {self.object_of("runtime/blob.c"): bytes})
        self.do([word.replace(made, whole) for word in command])
        return bytes

    @staticmethod
    def put(command, others):
        return [others.get(word, word) for word in command]


def run(command, seconds):
    """Did it succeed? What hangs did not."""
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False


def fails(binary, options, seconds):
    """The seed of the first failure and its kind, or None."""
    command = [binary, "--until-failure", "--shrink-seconds=0", f"--seconds={seconds}"] + options
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = re.search(r"^# failure: seed (\d+): (.*)$", done.stdout, re.M)
    return (int(said[1]), said[2]) if said else None


def find(binary, sound, seed, limit, options):
    """The first random mixer that fails, and passes without the fault."""
    began = time.time()
    while time.time() - began < limit:
        found = fails(binary, options + [f"--seed={seed}", "--count=1000000"], limit - (time.time() - began))
        if not found:
            return None
        if not fails(sound, options + [f"--seed={found[0]}", "--count=1"], 0):
            return f"seed {found[0]}: {found[1]}"
        seed = found[0] + 1
    return None


def judge(fault, build, arguments):
    """(was it found, what is to be said)"""
    source, why = fault.apply(read(os.path.join(ROOT, fault.file)))
    if why:
        return False, "its text " + why
    executable, *options = fault.test
    began = time.time()
    try:
        sound = build.sound(executable)
        faulty = build.faulty(fault.file, source, executable)
    except ValueError as error:
        return False, str(error)
    if executable == "mix_random":
        found = find(faulty, sound, arguments.seed, arguments.limit, options + arguments.options)
    elif not run([sound, *options], arguments.limit):
        return False, "its test fails without it"
    else:
        found = None if run([faulty, *options], arguments.limit) else " ".join(fault.test)
    return bool(found), f"{time.time() - began:.0f} s: {found or 'not found'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--only", default="", help="faults whose name has this word")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    chosen = [fault for fault in faults() if arguments.only in fault.name]
    if arguments.check:
        sys.exit(1 if check(chosen) else 0)
    if arguments.sample:
        named = [fault for fault in chosen if fault.test[0] != "mix_random"]
        chosen = random.Random(arguments.seed).sample(named, min(arguments.sample, len(named)))

    failed = 0
    with tempfile.TemporaryDirectory() as aside:
        build = Build(os.path.abspath(arguments.build), aside)
        for fault in chosen:
            found, said = judge(fault, build, arguments)
            print(f"{'pass' if found else 'FAIL'}  {fault.name:44} {said}", flush=True)
            failed += not found
    print(f"{len(chosen) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
