#!/usr/bin/env python3
"""Writes the cases of ONNX's node tests that are replayed here, with the arrays that ONNX has for them.

    python3 -m venv v && v/bin/pip install onnx==1.23.2 && v/bin/python test/onnx/Inputs/cases.py

Into OPERATOR.json beside this script: a list of {"name", "attributes", "arrays"}, an array being its type, shape and
little-endian bytes in base64. The arrays are ONNX's (Apache License 2.0): random inputs, and what its reference
implementation makes of them.
"""
import base64
import json
import os

import onnx
from onnx.backend.test.case.node import collect_testcases

OPERATORS = ["CausalConvWithState", "LinearAttention"]


def encode(array):
    little = array.astype(array.dtype.newbyteorder("<"))
    return {"type": array.dtype.name, "shape": list(array.shape), "data": base64.b64encode(little.tobytes()).decode()}


def plain(attribute):
    value = onnx.helper.get_attribute_value(attribute)
    return value.decode() if isinstance(value, bytes) else value


def case_of(test):
    """None where the operator is expanded into others."""
    node = test.model.graph.node[0]
    if len(test.model.graph.node) != 1 or node.op_type not in OPERATORS:
        return None
    names = [value.name for value in list(test.model.graph.input) + list(test.model.graph.output)]
    inputs, outputs = test.data_sets[0]
    return node.op_type, {
        "name": test.name[len("test_"):],
        "attributes": {attribute.name: plain(attribute) for attribute in node.attribute},
        "arrays": {name: encode(array) for name, array in zip(names, list(inputs) + list(outputs))},
    }


def main():
    found = [case for case in map(case_of, collect_testcases(None)) if case]
    for operator in OPERATORS:
        cases = [json.dumps(case) for kind, case in found if kind == operator]
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), operator + ".json"), "w") as file:
            file.write("[" + ",\n".join(cases) + "]\n")
        print(operator, len(cases))


if __name__ == "__main__":
    main()
