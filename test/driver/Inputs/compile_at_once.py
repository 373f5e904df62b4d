"""Eight compilers, each for other dims, write one library: compile_at_once.py MIXC FILE. Its header is its own then."""
import os
import re
import subprocess
import sys
import tempfile


def fingerprints(folder):
    """Of the header, and of the library's symbols."""
    base = os.path.join(folder, "r")
    with open(base + ".h", encoding="utf-8") as header, open(base + ".so", "rb") as library:
        named = re.search(r'_FINGERPRINT "([0-9a-f]{16})"', header.read()).group(1)
        return named, re.search(rb"_forward_([0-9a-f]{16})", library.read()).group(1).decode()


def main():
    mixc, file = sys.argv[1:]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            compilers = [
                subprocess.Popen([mixc, file, "--forward-only", "-D", "K=%d" % (8 * (1 + i)), "-D", "V=8", "-o",
                                  os.path.join(folder, "r.so")]) for i in range(8)]
            wrong += sum(compiler.wait() != 0 for compiler in compilers)
            header, library = fingerprints(folder)
            wrong += header != library
            wrong += sorted(os.listdir(folder)) != ["r.h", "r.so"]
    print("%d wrong" % wrong if wrong else "all right")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
