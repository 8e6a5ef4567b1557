"""The examples of docs/api.md, run in their order against the daemons: each prints what the page says."""

import os
import pathlib
import re

from mpdtest.process import run

TREE = pathlib.Path(__file__).resolve().parents[2]
PAGE = TREE / "docs" / "api.md"
BLOCK = re.compile(r"^```(sh|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Stands between the outputs of the Python examples, which are one program.
MARK = "-- next example --"


def examples():
    """(language, code, what it is said to print or nothing) of each example."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    following = blocks[1:] + [("", "")]
    return [(language, code, text if next_language == "text" else None)
            for (language, code), (next_language, text) in zip(blocks, following)
            if language != "text"]


def test_the_examples_of_the_page_print_what_it_says(lonely, tmp_path):
    lonely.start()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "buf").symlink_to(os.environ["MPD_BUF"])
    (tmp_path / "proto").symlink_to(TREE / "proto")
    env = dict(os.environ, PATH=f"{tmp_path}/bin:{os.environ['PATH']}")

    def here(code):
        return code.replace("/run/mpd/gateway.sock", str(lonely.socket("gateway")))

    found = examples()
    assert {language for language, _, _ in found} == {"sh", "python"}
    for language, code, expected in found:
        if language == "sh":
            printed = run("bash", "-euc", here(code), env=env, cwd=tmp_path).stdout
            if expected is not None:
                assert expected.splitlines() == [line for line in printed.splitlines()
                                                 if line in expected.splitlines()], code

    program = [(code, expected) for language, code, expected in found if language == "python"]
    text = f"\nprint({MARK!r})\n".join(here(code) for code, _ in program)
    printed = run("/usr/bin/python3", "-B", "-c", text, env=env, cwd=tmp_path).stdout
    outputs = printed.split(f"{MARK}\n")
    assert [(code, output) for (code, _), output in zip(program, outputs)] == [
        (code, expected or "") for code, expected in program]
