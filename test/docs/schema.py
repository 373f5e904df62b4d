"""Validates JSON on standard input against the schema that a Markdown page holds: schema.py PAGE.

The part of JSON Schema that the page uses, so that the test needs no package. A keyword that is not known here fails.
"""
import json
import re
import sys

KNOWN = {"$schema", "$defs", "$ref", "type", "required", "properties", "additionalProperties", "items", "enum", "const",
         "anyOf", "minItems", "maxItems", "description"}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}


def check(value, schema, root, where):
    """What is wrong with a value, one line each."""
    unknown = set(schema) - KNOWN
    if unknown:
        return ["the schema uses %s" % ", ".join(sorted(unknown))]
    wrong = []
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].split("/")[1:]:
            target = target[part]
        wrong += check(value, target, root, where)
    if "type" in schema and (
            not isinstance(value, TYPES[schema["type"]]) or isinstance(value, bool) != (schema["type"] == "boolean")):
        return wrong + ["%s is no %s" % (where, schema["type"])]
    if "enum" in schema and value not in schema["enum"]:
        wrong.append("%s is %r" % (where, value))
    if "const" in schema and value != schema["const"]:
        wrong.append("%s is %r" % (where, value))
    if "anyOf" in schema and all(check(value, option, root, where) for option in schema["anyOf"]):
        wrong.append("%s is %r" % (where, value))
    if isinstance(value, dict):
        wrong += ["%s has no %s" % (where, name) for name in schema.get("required", []) if name not in value]
        others = schema.get("additionalProperties", True)
        for name, member in value.items():
            place = where + "." + name
            if name in schema.get("properties", {}):
                wrong += check(member, schema["properties"][name], root, place)
            elif others is False:
                wrong.append("%s is not in the schema" % place)
            elif isinstance(others, dict):
                wrong += check(member, others, root, place)
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            wrong.append("%s has %d items" % (where, len(value)))
        for i, item in enumerate(value):
            wrong += check(item, schema.get("items", {}), root, "%s[%d]" % (where, i))
    return wrong


def of(path):
    """The schema that a page holds."""
    with open(path, encoding="utf-8") as page:
        return json.loads(re.search(r"```json\n(.*?)```", page.read(), re.S).group(1))


def main():
    schema = of(sys.argv[1])
    described = json.load(sys.stdin)
    wrong = check(described, schema, schema, "description")
    print("\n".join(wrong) or "valid")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
