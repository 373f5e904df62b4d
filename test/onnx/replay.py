#!/usr/bin/env python3
"""ONNX's own node tests of CausalConvWithState and LinearAttention (opset 27), each by a mixer.

    test/onnx/replay.py MIXC [WORD]     those whose name has the word

Every case runs chunked, and token by token with its states carried from call to call. Outputs and final states are held
against ONNX's, entry by entry within its own tolerances (rtol 1e-3, atol 1e-7). The cases are in Inputs, and how they
got there.

What ONNX passes and what a mixer takes are the same numbers, but for their order and what is left out:

    CausalConvWithState    input, output [B, C, L]        x, y       [batch, time, 1, C]
                           weight [C, 1, k]               w[j]       weight[.., k-1-j], for the token j before this
                           bias [C], or none              b          0
                           past_state [B, C, k-1]         x.history  [batch, 1, k-1, C]
    LinearAttention        query [B, T, heads K]          q          [batch, time, heads, K]
                           key, value, decay, beta                   the same, per group
                           scale, or none                 scale      1 / sqrt(K)
"""
import base64
import itertools
import json
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs")
HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s,), }"


class Array:
    """Numbers in row-major order."""

    def __init__(self, shape, numbers):
        self.shape, self.numbers = tuple(shape), list(numbers)

    def at(self, index):
        place = 0
        for i, extent in zip(index, self.shape):
            place = place * extent + i
        return self.numbers[place]

    def turned(self, *axes):
        shape = [self.shape[axis] for axis in axes]
        order = [axes.index(axis) for axis in range(len(axes))]
        return Array(shape, [self.at([index[i] for i in order]) for index in itertools.product(*map(range, shape))])

    def shaped(self, *shape):
        return Array(shape, self.numbers)


def decode(stored):
    letter = {"float32": "f", "float16": "e"}[stored["type"]]
    data = base64.b64decode(stored["data"])
    return Array(stored["shape"], struct.unpack(f"<{len(data) // struct.calcsize(letter)}{letter}", data))


def write(path, array):
    head = HEADER % ", ".join(map(str, array.shape))
    head += " " * (-(len(head) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        file.write(struct.pack(f"<{len(array.numbers)}f", *array.numbers))


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    begin = 10 + struct.unpack("<H", data[8:10])[0]
    return struct.unpack(f"<{(len(data) - begin) // 4}f", data[begin:])


def causal_conv(attributes, arrays):
    """The mixer, its dims, what it is given and what it is to give."""
    channels, _, k = arrays["weight"].shape
    rows = arrays["input"].shape[0], arrays["input"].shape[2], 1, channels
    weight = arrays["weight"]
    taps = [weight.at([c, 0, k - 1 - j]) for j in range(k) for c in range(channels)]
    given = {
        "x": arrays["input"].turned(0, 2, 1).shaped(*rows),
        "w": Array([1, k, channels], taps),
        "b": arrays.get("bias", Array([channels], [0] * channels)).shaped(1, channels),
    }
    wanted = {"y": arrays["output"].turned(0, 2, 1)}
    history = lambda state: state.turned(0, 2, 1).shaped(rows[0], 1, k - 1, channels)
    if "past_state" in arrays:
        given["x.history.initial"] = history(arrays["past_state"])
    if k > 1:
        wanted["x.history.final"] = history(arrays["present_state"])
    silu = attributes.get("activation", "none") in ("silu", "swish")
    return "causal_conv_silu" if silu else "causal_conv", {"C": channels, "k": k}, given, wanted


def linear_attention(attributes, arrays):
    heads, groups = attributes["q_num_heads"], attributes["kv_num_heads"]
    batch, time, width = arrays["query"].shape
    keys = width // heads
    rule = attributes.get("update_rule", "gated_delta")
    given = {
        "q": arrays["query"].shaped(batch, time, heads, keys),
        "k": arrays["key"].shaped(batch, time, groups, keys),
        "v": arrays["value"].shaped(batch, time, groups, arrays["value"].shape[2] // groups),
        "scale": Array([heads], [attributes.get("scale", 0) or keys**-0.5] * heads),
    }
    if "decay" in arrays:
        perHead = arrays["decay"].shape[2] == groups
        rule += "_per_head" if perHead else ""
        given["decay"] = arrays["decay"].shaped(batch, time, groups, *([] if perHead else [keys]))
    if "beta" in arrays:
        numbers = arrays["beta"].numbers
        each = groups // arrays["beta"].shape[2]
        given["beta"] = Array([batch, time, groups], [number for number in numbers for _ in range(each)])
    if "past_state" in arrays:
        given["S.initial"] = arrays["past_state"]
    dims = {"K": keys, "V": given["v"].shape[3]}
    return rule, dims, given, {"y": arrays["output"], "S.final": arrays["present_state"]}


def differences(got, wanted):
    if len(got) != len(wanted):
        return [f"{len(got)} numbers, not {len(wanted)}"]
    wrong = [(g, w) for g, w in zip(got, wanted) if not abs(g - w) <= 1e-7 + 1e-3 * abs(w)]
    return [f"{len(wrong)} of {len(got)} numbers are wrong, such as {wrong[0][0]}, not {wrong[0][1]}"] if wrong else []


def replay(mixc, translate, case):
    """What is wrong, a line each."""
    arrays = {name: decode(stored) for name, stored in case["arrays"].items()}
    mixer, dims, given, wanted = translate(case["attributes"], arrays)
    options = [word for dim, number in dims.items() for word in ("-D", f"{dim}={number}")]
    if any(stored["type"] == "float16" for stored in case["arrays"].values()):
        options.append("--dtype=f16")
    with tempfile.TemporaryDirectory() as folder:
        for name, array in given.items():
            write(os.path.join(folder, name + ".npy"), array)
        for kernel in ("chunked", "recurrent"):
            out = os.path.join(folder, kernel)
            file = os.path.join(HERE, mixer + ".mix")
            command = [mixc, "run", file, "--in", folder, "--out", out, "--kernel=" + kernel]
            done = subprocess.run(command + options, capture_output=True, text=True, timeout=300)
            if done.returncode:
                yield f"{kernel}: {done.stderr}"
                continue
            for name, array in wanted.items():
                for line in differences(read(os.path.join(out, name + ".npy")), array.numbers):
                    yield f"{kernel}: {name}: {line}"
            others = {name[:-4] for name in os.listdir(out)} - set(wanted)
            if others:
                yield f"{kernel}: gives {', '.join(sorted(others))}, too"


def main():
    mixc, word = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    count = failed = 0
    for operator, translate in (("CausalConvWithState", causal_conv), ("LinearAttention", linear_attention)):
        with open(os.path.join(HERE, operator + ".json"), encoding="utf-8") as file:
            cases = [case for case in json.load(file) if word in case["name"]]
        for case in cases:
            wrong = list(replay(mixc, translate, case))
            print(f"{case['name']}: {'wrong' if wrong else 'right'}", *wrong, sep="\n    ", flush=True)
            count += 1
            failed += bool(wrong)
    print(f"{count} cases, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
