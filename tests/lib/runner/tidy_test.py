"""What clang-tidy's memory takes for unchanged."""

import pathlib
import tempfile
import unittest

from runner.tidy import Verdicts, included_files

TOLD = """a.o: #deps 3, deps mtime 1 (VALID)
    ../../ipam/a.cc
    ../../ipam/a.h
    /usr/include/stdio.h

b.o: #deps 2, deps mtime 1 (VALID)
    /tree/ipam/b.cc
    gen/b.pb.h

"""


class Included(unittest.TestCase):
    def test_what_ninja_tells(self):
        self.assertEqual(included_files(TOLD, "/tree/build/release", "/tree"),
                         {"ipam/a.cc": {"ipam/a.h"}, "ipam/b.cc": {"build/release/gen/b.pb.h"}})

    def test_nothing_compiled(self):
        self.assertEqual(included_files("", "/tree/build/release", "/tree"), {})


class Memory(unittest.TestCase):
    """a.cc, which includes a.h, was found good."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        for name in ("a.cc", "a.h", "b.h"):
            (self.tree / name).write_text(f"// {name}")
        self.verdicts().remember_good("a.cc")

    def verdicts(self, common=b"checks", included=None):
        return Verdicts(self.tree / "good", common, included or {"a.cc": {"a.h"}}, ["a.h", "b.h"],
                        self.tree)

    def test_unchanged_is_good(self):
        self.assertTrue(self.verdicts().is_good("a.cc"))

    def test_header_that_it_does_not_include(self):
        (self.tree / "b.h").write_text("// changed")
        self.assertTrue(self.verdicts().is_good("a.cc"))

    def test_its_own_text_its_header_and_the_checks(self):
        self.assertFalse(self.verdicts(common=b"more checks").is_good("a.cc"))
        for name in ("a.cc", "a.h"):
            with self.subTest(name=name):
                self.setUp()
                (self.tree / name).write_text("// changed")
                self.assertFalse(self.verdicts().is_good("a.cc"))

    def test_one_more_header(self):
        self.assertFalse(self.verdicts(included={"a.cc": {"a.h", "b.h"}}).is_good("a.cc"))

    def test_not_compiled_yet_depends_on_every_header(self):
        self.verdicts(included={"c.cc": {"b.h"}}).remember_good("a.cc")
        (self.tree / "b.h").write_text("// changed")
        self.assertFalse(self.verdicts(included={"c.cc": {"b.h"}}).is_good("a.cc"))


if __name__ == "__main__":
    unittest.main()
