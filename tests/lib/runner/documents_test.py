"""documents.check() on a small tree made for the purpose."""

import pathlib
import tempfile
import unittest

from runner import documents


class SmallTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        for name in ("docs", "ipam/api"):
            (self.tree / name).mkdir(parents=True)
        (self.tree / "ipam/api/main.cc").touch()

    def told(self, text):
        (self.tree / "docs/page.md").write_text(text)
        return documents.check(self.tree)

    def test_what_is_there_is_good(self):
        self.assertEqual(self.told("`ipam/api/`, `ipam/api/main.cc --help`, `ipam/<name>/x.cc`, "
                                   "`/etc/ipam/none`, [that](../ipam/api/main.cc#L1), "
                                   "[far](https://example.org/none)"), [])

    def test_path_that_is_not_there(self):
        self.assertEqual(len(self.told("one line\nand `ipam/gone.cc` in another")), 1)
        self.assertTrue(self.told("one\n`ipam/gone.cc`")[0].startswith(
            "docs/page.md:2: ipam/gone.cc is not there. Rule: "))

    def test_link_that_leads_nowhere(self):
        self.assertIn("../ipam/gone.md is not there", self.told("[it](../ipam/gone.md)")[0])


if __name__ == "__main__":
    unittest.main()
