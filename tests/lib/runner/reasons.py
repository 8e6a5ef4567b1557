#!/usr/bin/python3
"""Reasons: each reason of an error is made by one MakeError call of the tree.

A client acts on the reason and reads the metadata by their keys, so the same reason must carry the same
keys wherever it comes from: whoever wants to give one that exists calls its factory.
"""

import collections
import pathlib
import re
import sys

TREE = pathlib.Path(__file__).resolve().parents[3]
FOLDERS = ("common", "ipam", "dnsd-controller", "container-manager", "gateway")
# Tests make up errors as they need them.
TEST = re.compile(r"(_test|_benchmark|_fuzzer|_test_util|_test_daemon)\.(cc|h)$|(^|/)testing/")
CALL = re.compile(r"\bMakeError\s*\(")
# Strings with their escapes, so that what is inside of them is no bracket and no comma.
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|//[^\n]*|[(){}\[\],]|[^(){}\[\],"\'/]+|/')
REASON = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"')


def arguments(text, begin):
    """The arguments of a call, as text each; `begin` is behind its bracket."""
    found, depth = [""], 0
    for token in TOKEN.finditer(text, begin):
        word = token.group()
        if word in "([{":
            depth += 1
        elif word in ")]}":
            if depth == 0:
                break
            depth -= 1
        if word == "," and depth == 0:
            found.append("")
        elif not word.startswith("//"):
            found[-1] += word
    return [argument.strip() for argument in found]


def reasons_in(text):
    """(line, reason) of each MakeError call; the reason is None where it is no literal."""
    for call in CALL.finditer(text):
        given = arguments(text, call.end())
        # Its declaration and definition have types for arguments.
        if len(given) < 3 or given[0].startswith("absl::StatusCode code"):
            continue
        literal = REASON.fullmatch(given[2])
        yield text.count("\n", 0, call.start()) + 1, literal.group(1) if literal else None


def check(tree=TREE):
    """What breaks the rule: sentences."""
    found, places = [], collections.defaultdict(list)
    for folder in FOLDERS:
        for path in sorted((tree / folder).rglob("*")):
            name = str(path.relative_to(tree))
            if path.suffix not in (".cc", ".h") or TEST.search(name):
                continue
            for line, reason in reasons_in(path.read_text()):
                where = f"{name}:{line}"
                if reason is None:
                    found.append(f"{where}: the reason given to MakeError is no literal. Rule: a "
                                 "reason stands where its error is made. Why: what an error with it "
                                 "carries can then be found and compared")
                else:
                    places[reason].append(where)
    for reason, where in sorted(places.items()):
        if len(where) > 1:
            found.append(f"{where[1]}: {reason} is made at {where[0]} already"
                         + "".join(f", and at {other}" for other in where[2:])
                         + ". Rule: one factory per reason. Why: the same reason carries the same "
                         "metadata wherever it comes from; call the factory, or give another reason")
    return found


def main():
    found = check()
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
