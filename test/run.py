#!/usr/bin/env python3
"""Runs every test of a build folder: GoogleTest executables (bin/mix_*_tests), each cut into parts that run side by
side, and the lit suite (test/lit).

    test/run.py [build] [--only WORD]

One line a suite; a failing suite's output follows it. What is skipped did not pass: it is counted apart. The last line
is `N passed, N failed`; exit 1 if any failed.
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


def run(command, report):
    """Output, exit status, and the suite's own report, None if it wrote none (a crash)."""
    if os.path.exists(report):
        os.remove(report)
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = (late.stdout or b"") + b"\nstopped after %d s\n" % LIMIT, 124
    try:
        with open(report) as file:
            return output.decode(errors="replace"), status, json.load(file)
    except (OSError, ValueError):
        return output.decode(errors="replace"), status, None


def tests_of(path):
    """The full names of all tests."""
    listed = subprocess.run([path, "--gtest_list_tests"], stdout=subprocess.PIPE, check=True, text=True).stdout
    names, suite = [], ""
    for line in listed.splitlines():
        name = line.split("#")[0].strip()
        if line.startswith(" "):
            names.append(suite + name)
        elif name.endswith("."):
            suite = name
    return names


def parts_of(names, most):
    """Cuts tests into at most so many lists, about as long. Tests of one mixer stay together, since a process compiles
    a library once: those whose parameters begin with the same one, `gla` of `gla`, `gla_f32` and `gla_haswell_5x7`."""
    parameters = {name: name.rsplit("/", 1)[1] for name in names if name.count("/") > name.split(".")[0].count("/")}
    known = set(parameters.values())

    def key(name):
        words = parameters[name].split("_") if name in parameters else [name]
        beginnings = ("_".join(words[:n]) for n in range(1, len(words)))
        return next((beginning for beginning in beginnings if beginning in known), "_".join(words))

    groups = {}
    for name in names:
        groups.setdefault(key(name), []).append(name)
    parts = [[] for _ in range(max(1, min(most, len(names) // 8)))]
    for group in sorted(groups.values(), key=len, reverse=True):
        min(parts, key=len).extend(group)
    return [part for part in parts if part]


def part(path, reports, index, names):
    report = os.path.join(reports, f"{os.path.basename(path)}.{index}.json")
    output, status, counts = run([path, "--gtest_brief=1", "--gtest_output=json:" + report,
                                  "--gtest_filter=" + ":".join(names)], report)
    if counts is None:
        return 0, 1, 0, output
    results = [test for suite in counts["testsuites"] for test in suite["testsuite"]]
    skipped = sum(test["result"] == "SKIPPED" for test in results)
    failed = counts["failures"] + counts.get("errors", 0)
    failed = failed or int(status != 0 or counts["tests"] != len(names))
    return len(results) - failed - skipped - counts.get("disabled", 0), failed, skipped, output


def gtest(path, reports):
    cores = len(os.sched_getaffinity(0))
    parts = parts_of(tests_of(path), 4 * cores)
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        results = list(pool.map(lambda index: part(path, reports, index, parts[index]), range(len(parts))))
    passed, failed, skipped = (sum(r[i] for r in results) for i in range(3))
    return passed, failed, skipped, "".join(r[3] for r in results if r[1])


def lit(folder, reports):
    report = os.path.join(reports, "lit.json")
    output, status, results = run([sys.executable, LIT, "-v", "-o", report, folder], report)
    if results is None:
        return 0, 1, 0, output
    output = "\n".join(line for line in output.splitlines() if not line.startswith("PASS: "))
    codes = [test["code"] for test in results["tests"]]
    passed = sum(code in ("PASS", "XFAIL", "FLAKYPASS") for code in codes)
    failed = sum(code in ("FAIL", "XPASS", "UNRESOLVED", "TIMEOUT") for code in codes)
    return passed, failed or int(status != 0), sum(code == "UNSUPPORTED" for code in codes), output


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
        passed, failed, skipped, output = execute(path, reports)
        print(f"{passed:6} passed {failed:4} failed {skipped:4} skipped  {time.time() - began:6.1f} s", flush=True)
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
