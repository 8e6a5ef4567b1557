"""Documents: every path and link in them leads to something that is there."""

import pathlib
import re

TREE = pathlib.Path(__file__).resolve().parents[3]
DOCUMENTS = ("README.md", "docs/*.md", "tests/README.md", "deploy/images/README.md", "proto/README.md")
FOLDERS = ("cmake", "common", "container-manager", "deploy", "dnsd-controller", "docs", "gateway",
           "ipam", "proto", "tests")
# What stands between backticks and begins with a folder of the tree. What goes on after it, as in
# `tests/run lint`, is no path any more; a path with <a placeholder> in it stands for several.
QUOTED = re.compile(r"`((?:%s)/[\w./-]*)(?=[`\s])" % "|".join(FOLDERS))
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def wrong_in(path, tree):
    text = path.read_text()
    found = []
    for match in sorted([*QUOTED.finditer(text), *LINK.finditer(text)], key=lambda one: one.start()):
        named = match.group(1)
        base = tree if match.re is QUOTED else path.parent
        if not (base / named).exists():
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(tree)}:{line}: {named} is not there. Rule: what a "
                         "document names exists. Why: a reader who follows it finds nothing.")
    return found


def check(tree=TREE):
    """What is named and not there: sentences."""
    return [sentence for pattern in DOCUMENTS for path in sorted(tree.glob(pattern))
            for sentence in wrong_in(path, tree)]
