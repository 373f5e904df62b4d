#!/usr/bin/env python3
"""Runs `mixc check` and `mixc fmt` over every file of a folder: test/fuzz/corpus.py MIXC FOLDER"""
import os
import subprocess
import sys


def failure(command, text):
    try:
        done = subprocess.run(command, input=text, capture_output=True, timeout=30)
    except subprocess.TimeoutExpired:
        return "takes over 30 s"
    if done.returncode not in (0, 1):
        return f"ends with status {done.returncode}"
    return "internal error" if b"error: internal" in done.stderr or b"bug in mixc" in done.stderr else None


def main():
    mixc, folder = sys.argv[1:]
    count = failed = 0
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            text = file.read()
        for command in (["check", "-"], ["fmt", "-"]):
            wrong = failure([mixc, *command], text)
            if wrong:
                print(f"{name}: mixc {command[0]}: {wrong}")
            count += 1
            failed += wrong is not None
    print(f"{count} runs, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
