#!/usr/bin/env python3
"""Runs every test of a build folder: GoogleTest executables (bin/mix_*_tests), each cut into a shard a core, and the lit
suite (test/lit).

    test/run.py [build] [--only WORD]

One line a suite; a failing suite's output follows it. The last line is `N passed, N failed`; exit 1 if any failed.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import subprocess
import sys
import time

LIT = "/usr/lib/llvm-22/bin/lit"
LIMIT = 2400  # seconds a suite


def run(command, report, environment={}):
    """Output, exit status, and the suite's own report, None if it wrote none (a crash)."""
    if os.path.exists(report):
        os.remove(report)
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT,
                              env={**os.environ, **environment})
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = (late.stdout or b"") + b"\nstopped after %d s\n" % LIMIT, 124
    try:
        with open(report) as file:
            return output.decode(errors="replace"), status, json.load(file)
    except (OSError, ValueError):
        return output.decode(errors="replace"), status, None


def shard(path, reports, index, total):
    report = os.path.join(reports, f"{os.path.basename(path)}.{index}.json")
    output, status, counts = run([path, "--gtest_brief=1", "--gtest_output=json:" + report], report,
                                 {"GTEST_TOTAL_SHARDS": str(total), "GTEST_SHARD_INDEX": str(index)})
    if counts is None:
        return 0, 1, output
    failed = counts["failures"] + counts.get("errors", 0)
    passed = counts["tests"] - failed - counts.get("disabled", 0)
    return passed, failed or int(status != 0), output


def gtest(path, reports):
    total = len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(total) as pool:
        results = list(pool.map(lambda index: shard(path, reports, index, total), range(total)))
    return sum(r[0] for r in results), sum(r[1] for r in results), "".join(r[2] for r in results if r[1])


def lit(folder, reports):
    report = os.path.join(reports, "lit.json")
    output, status, results = run([sys.executable, LIT, "-v", "-o", report, folder], report)
    if results is None:
        return 0, 1, output
    output = "\n".join(line for line in output.splitlines() if not line.startswith("PASS: "))
    codes = [test["code"] for test in results["tests"]]
    passed = sum(code in ("PASS", "XFAIL", "FLAKYPASS") for code in codes)
    failed = sum(code in ("FAIL", "XPASS", "UNRESOLVED", "TIMEOUT") for code in codes)
    return passed, failed or int(status != 0), output


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("build", nargs="?", default="build")
    arguments.add_argument("--only", default="", help="suites whose name has this word")
    arguments = arguments.parse_args()
    build = os.path.abspath(arguments.build)
    reports = os.path.join(build, "reports")
    os.makedirs(reports, exist_ok=True)

    suites = [(os.path.basename(path), gtest, path) for path in sorted(glob.glob(build + "/bin/mix_*_tests"))]
    if os.path.exists(build + "/test/lit/lit.site.cfg.py"):
        suites.append(("lit", lit, build + "/test/lit"))
    suites = [suite for suite in suites if arguments.only in suite[0]]

    total_passed = total_failed = 0
    for name, execute, path in suites:
        print(f"{name:28}", end="", flush=True)
        began = time.time()
        passed, failed, output = execute(path, reports)
        print(f"{passed:6} passed {failed:4} failed  {time.time() - began:6.1f} s", flush=True)
        if failed:
            print(output, flush=True)
        total_passed += passed
        total_failed += failed
    if not suites:
        print("no test suites found; build first")
        total_failed = 1
    print(f"{total_passed} passed, {total_failed} failed", flush=True)
    return 1 if total_failed else 0


if __name__ == "__main__":
    sys.exit(main())
