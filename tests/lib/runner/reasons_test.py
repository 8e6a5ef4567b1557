"""reasons.check() on small trees made for the purpose."""

import pathlib
import tempfile
import unittest

from runner import reasons

FACTORY = '''
absl::Status Gone(absl::string_view name) {{
  return MakeError(absl::StatusCode::kNotFound, absl::StrCat("no \\"(", name, ", really"),
                   {reason}, {{{{"name", name}}, {{"other", Shown(name, 3)}}}});
}}
'''


class SmallTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        for name in reasons.FOLDERS:
            (self.tree / name).mkdir()

    def factory(self, name, reason):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FACTORY.format(reason=reason))

    def test_one_factory_per_reason_is_fine(self):
        self.factory("common/a.cc", '"GONE"')
        self.factory("ipam/b.cc", '"LEASE_GONE"')
        self.assertEqual(reasons.check(self.tree), [])

    def test_a_reason_that_is_made_twice_is_told_with_both_places(self):
        self.factory("common/a.cc", '"GONE"')
        self.factory("ipam/leases/b.cc", '"GONE"')
        [told] = reasons.check(self.tree)
        self.assertIn("ipam/leases/b.cc:3: GONE is made at common/a.cc:3 already", told)
        self.assertIn("Rule: one factory per reason", told)

    def test_a_reason_that_is_no_literal_is_told(self):
        self.factory("gateway/a.cc", "reason")
        [told] = reasons.check(self.tree)
        self.assertIn("gateway/a.cc:3: the reason given to MakeError is no literal", told)

    def test_tests_may_make_up_what_they_like(self):
        self.factory("common/a.cc", '"GONE"')
        self.factory("common/a_test.cc", '"GONE"')
        self.factory("ipam/testing/a.cc", '"GONE"')
        self.assertEqual(reasons.check(self.tree), [])

    def test_neither_declaration_nor_mention_is_a_call(self):
        (self.tree / "common/status.h").write_text(
            "absl::Status MakeError(absl::StatusCode code, absl::string_view message,\n"
            "                       absl::string_view reason, ErrorMetadata metadata = {});\n")
        self.assertEqual(reasons.check(self.tree), [])


if __name__ == "__main__":
    unittest.main()
