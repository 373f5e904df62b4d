"""Calls a library as a binding does that knows no name of it: everything is read off `mix_describe`.

    describe.py LIB.so      sizes against their formulas, then one call of forward; prints what was held together
"""
import ctypes
import itertools
import json
import sys


def load(path):
    library = ctypes.CDLL(path)
    library.mix_describe.restype = ctypes.c_char_p
    text = library.mix_describe()
    description = ctypes.c_char.in_dll(library, "mix_description")
    assert ctypes.string_at(ctypes.addressof(description)) == text, "the symbol says what the function says"
    return library, json.loads(text)


class Struct:
    """An argument struct, by offsets alone."""

    def __init__(self, entry, **values):
        self.words = (ctypes.c_int64 * (entry["size"] // 8))()
        self.offsets = {field["name"]: field["offset"] for field in entry["fields"]}
        self.offsets.update({tensor["field"]: tensor["offset"] for tensor in entry["tensors"]})
        assert sorted(self.offsets.values()) == list(range(0, entry["size"], 8)), "every slot has one name"
        self.set(size=entry["size"], **values)

    def set(self, **values):
        for name, value in values.items():
            if name in self.offsets:
                self.words[self.offsets[name] // 8] = value


def value(formula, **counts):
    return eval(formula.replace("/", "//"), {"__builtins__": {}}, counts)


def size_of(library, symbol, struct):
    function = library[symbol]
    function.restype = ctypes.c_size_t
    return function(struct.words)


def hold_sizes(library, mixer):
    entries = {entry["entry"]: entry for entry in mixer["entries"]}
    count = 0
    for batch, time, heads, groups, packed in itertools.product((1, 2, 5), (0, 1, 130, 300), (4,), (1, 2, 4), (0, 1)):
        starts = (ctypes.c_int64 * 4)(0, time // 3, time // 3, time)
        sequences, longest = (3, time - time // 3) if packed else (batch, time)
        counts = {"batch": 1 if packed else batch, "time": time, "heads": heads, "groups": groups,
                  "sequences": sequences, "threads": 1}
        for name, entry in entries.items():
            if packed and name == "decode":
                continue
            struct = Struct(entry, **counts)
            if packed:
                struct.set(cu_seqlens=ctypes.addressof(starts))
            suffix = {"forward": "", "backward": "_backward", "decode": "_decode"}[name]
            keeps = ("saved", None) if name == "backward" else ("saved",)
            for saved in keeps:
                struct.set(saved=64 if saved else 0)
                said = size_of(library, f"{mixer['symbol']}{suffix}_workspace_size", struct)
                formula = entry["workspace" if saved else "workspace_without_saved"]
                most = value(formula, longest=longest, **counts)
                assert said <= most, f"{name}: {said} bytes of workspace, and {formula} is {most}: {counts}"
                if name == "forward" and time and said:
                    assert said == most, f"forward: {said} bytes, and {formula} is {most}: {counts}"
                count += 1
            if name == "forward":
                said = size_of(library, f"{mixer['symbol']}_saved_size", struct)
                assert said == value(entry["saved"], **counts), f"saved: {said}, {entry['saved']}, {counts}"
                count += 1
    return count


def call_forward(library, mixer):
    """Zeros in, so that outputs are finite; every array as large as its formula says."""
    entry = next(entry for entry in mixer["entries"] if entry["entry"] == "forward")
    counts = {"batch": 2, "time": 9, "heads": 4, "groups": 2, "sequences": 2, "threads": 1}
    struct, keep = Struct(entry, **counts), []
    for tensor in entry["tensors"]:
        keep.append(ctypes.create_string_buffer(value(tensor["bytes"], **counts)))
        struct.set(**{tensor["field"]: ctypes.addressof(keep[-1])})
    strides = (ctypes.c_int64 * (4 * len(entry["tensors"])))()
    assert sorted(tensor["strides"] for tensor in entry["tensors"]) == list(range(0, 32 * len(entry["tensors"]), 32))
    struct.set(strides=ctypes.addressof(strides))
    keep.append(ctypes.create_string_buffer(value(entry["workspace"], **counts)))
    struct.set(workspace=ctypes.addressof(keep[-1]))
    function = library[f"{mixer['symbol']}_forward"]
    function.restype = ctypes.c_void_p
    status = function(struct.words)
    library.mix_status_message.restype = ctypes.c_char_p
    assert not status, library.mix_status_message(ctypes.c_void_p(status))


def main():
    library, description = load(sys.argv[1])
    assert description["abi"] == 2
    for mixer in description["mixers"]:
        count = hold_sizes(library, mixer)
        call_forward(library, mixer)
        print(f"{mixer['name']}: {count} sizes, one call")


main()
