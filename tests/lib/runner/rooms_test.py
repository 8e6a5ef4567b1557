"""rooms.check() on small trees made for the purpose: each way to break the rules is told, with the rule
and its reason."""

import pathlib
import tempfile
import unittest

from runner import rooms


class SmallTree(unittest.TestCase):
    """A tree of three rooms without a fault, which each test then breaks in one way."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        for process in rooms.PROCESSES:
            (self.tree / process).mkdir()
        self.room("common/base")
        self.room("common/store", "common/base")
        self.room("ipam/leases", "common/base", "common/store")
        self.write_document()

    def write(self, name, text):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def room(self, name, *included, lists=None, sources=()):
        """A room with one header, which includes one header of each of `included`."""
        listed = " ".join(included if lists is None else lists)
        self.write(f"{name}/CMakeLists.txt",
                   f"# What {name} is for.\nmpd_room(ROOMS {listed} SRCS here.cc DEPS a::b)\n")
        self.write(f"{name}/here.h", "#pragma once\n" + "".join(
            f'#include "{other}/here.h"\n' for other in included) + "".join(
            f"#include {source}\n" for source in sources))

    def write_document(self):
        text = f"# Architecture\n\n{rooms.BEGIN}\n{rooms.END}\n"
        self.write(rooms.DOC, rooms.document(text, rooms.find_rooms(self.tree)))

    def told(self):
        return "\n".join(rooms.check(self.tree))

    def assert_told(self, *parts):
        said = self.told()
        for part in parts:
            self.assertIn(part, said)

    def test_tree_without_a_fault_is_good(self):
        self.assertEqual(self.told(), "")

    def test_include_of_a_room_that_is_not_listed(self):
        self.room("ipam/leases", "common/base", "common/store", lists=["common/base"])
        self.assert_told("ipam/leases/here.h:3: includes common/store/here.h",
                         "not among the ROOMS of ipam/leases/CMakeLists.txt",
                         "Rule: a room includes what it lists.", "Why: ",
                         "What ipam/leases is for.")

    def test_listed_room_that_nobody_includes(self):
        self.room("ipam/leases", "common/base", lists=["common/base", "common/store"])
        self.assert_told("ipam/leases/CMakeLists.txt: lists common/store, and no file includes",
                         "Rule: no unused entry.", "Why: ")

    def test_circle(self):
        self.room("common/base", "common/store")
        self.assert_told("A circle of rooms: common/base -> common/store -> common/base",
                         "Rule: no circles.", "Why: ")

    def test_folder_that_is_no_room(self):
        self.write("common/loose/thing.h", "#pragma once\n")
        self.room("ipam/leases", "common/base", "common/store",
                  sources=['"common/loose/thing.h"'])
        self.assert_told("ipam/leases/here.h:4: includes common/loose/thing.h, which is in no room",
                         "common/loose/: has sources, and no mpd_room()",
                         "Rule: a folder with sources is a room. Why: ")

    def test_programs_that_measure_are_no_rooms(self):
        self.write("ipam/load/thing.h", '#include "common/store/here.h"\n')
        self.assertEqual(self.told(), "")

    def test_entry_that_is_no_room(self):
        self.room("ipam/leases", "common/base", lists=["common/base", "common/nowhere"])
        self.assert_told("ipam/leases/CMakeLists.txt: lists common/nowhere, which is no room")

    def test_grpc_below_the_service_files(self):
        self.room("ipam/leases", "common/base", "common/store", sources=["<grpcpp/grpcpp.h>"])
        self.assert_told("ipam/leases/here.h:4: includes grpcpp/grpcpp.h.",
                         f"Rule: {rooms.GRPC_RULE[0]}.", f"Why: {rooms.GRPC_RULE[1]}.")

    def test_room_that_lists_rpc_may_include_grpc(self):
        self.room("common/rpc", "common/base", sources=["<grpcpp/grpcpp.h>"])
        self.room("ipam/api", "common/rpc", sources=["<grpcpp/grpcpp.h>"])
        self.write_document()
        self.assertEqual(self.told(), "")

    def test_rule_that_no_list_can_lift(self):
        cases = {
            ("common/store", "ipam/leases"): "common/ includes common/ alone",
            ("gateway/relay", "ipam/leases"): "a process includes its own rooms and common/",
            ("container-manager/reconcile", "container-manager/kinds/runtime"):
                "reconcile/ includes no kind",
            ("container-manager/kinds/database", "container-manager/kinds/runtime"):
                "a kind includes kinds/container and no other kind",
            ("ipam/leases", "common/testing"): "only testing/ includes testing/",
        }
        for (room, other), rule in cases.items():
            with self.subTest(rule=rule):
                self.setUp()
                self.room(other)
                self.room(room, other)
                self.assert_told(f"{room}/CMakeLists.txt: lists {other}. Rule: {rule}. Why: ")

    def test_tests_and_main_may_include_any_room(self):
        for name in ("thing_test.cc", "main.cc", "thing_benchmark.cc"):
            self.write(f"common/base/{name}", '#include "ipam/leases/here.h"\n')
        self.assertEqual(self.told(), "")

    def test_room_without_a_purpose(self):
        path = self.tree / "common/base/CMakeLists.txt"
        path.write_text(path.read_text().split("\n", 1)[1])
        self.assert_told("common/base/CMakeLists.txt: no comment above mpd_room() says what")

    def test_entries_out_of_order(self):
        self.room("ipam/leases", "common/base", "common/store",
                  lists=["common/store", "common/base"])
        self.assert_told("ipam/leases/CMakeLists.txt: ROOMS are not in alphabetical order")

    def test_stale_document(self):
        self.room("ipam/book", "common/base")
        self.assert_told(f"{rooms.DOC}: its picture or table of rooms is not what",
                         "rooms.py --write")
        self.write_document()
        self.assertEqual(self.told(), "")

    def test_document_without_the_section(self):
        self.write(rooms.DOC, "# Architecture\n")
        self.assert_told(f"{rooms.DOC}: its picture or table of rooms is not what")


if __name__ == "__main__":
    unittest.main()
