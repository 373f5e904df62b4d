"""Interrupts compilers and runs at many moments: interrupt.py MIXC FILE. The library that was there stays, alone."""
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time


def contents(folder):
    """Of every file of a folder."""
    found = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            found[name] = file.read()
    return found


def no_room():
    """No file may have more than 4 KB, and a write that makes it larger fails, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def main():
    mixc, file = sys.argv[1:]
    wrong = []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as temporary:
        environment = dict(os.environ, TMPDIR=temporary)
        compiling = [mixc, file, "-D", "K=8", "-D", "V=8", "-o", os.path.join(folder, "r.so")]
        running = [mixc, "run", file, "-D", "K=8", "-D", "V=8", "--length=20"]
        start = time.time()
        subprocess.run(compiling, check=True, env=environment)
        duration = time.time() - start
        before = contents(folder)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for part in (0.5, 0.8, 0.95):
                for command in (compiling, running):
                    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
                    time.sleep(duration * part)
                    process.send_signal(number)
                    if process.wait() not in (0, -number):
                        wrong.append((number, command[1], process.returncode))
        full = subprocess.run(compiling, env=environment, preexec_fn=no_room, stderr=subprocess.PIPE, check=False)
        if full.returncode <= 0 or b"cannot write" not in full.stderr:
            wrong.append((full.returncode, full.stderr))
        if contents(folder) != before:
            wrong.append(os.listdir(folder))
        if os.listdir(temporary):
            wrong.append(os.listdir(temporary))
    print(wrong or "all right")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
