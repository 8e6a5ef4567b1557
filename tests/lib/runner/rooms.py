#!/usr/bin/python3
"""Rooms: which folder of the tree includes which, held against what its CMakeLists.txt declares.

A room is a folder with an mpd_room() in its CMakeLists.txt. The comment above the call says what the
room is for, its ROOMS which others it may include. `rooms.py` tells what breaks the rules;
`rooms.py --write` writes the picture and the table of docs/architecture.md anew.
"""

import collections
import dataclasses
import pathlib
import re
import sys

TREE = pathlib.Path(__file__).resolve().parents[3]
DOC = "docs/architecture.md"
PROCESSES = ("common", "ipam", "dnsd-controller", "container-manager", "gateway")
# Not of a room's library, and free to include any room of their process.
APART = re.compile(r"(_test|_benchmark|_fuzzer|_test_util|_test_daemon)\.(cc|h)$|(^|/)main\.cc$")
TEST = re.compile(r"_test\.cc$")
# Folders of programs that are not installed and measure the others, or kill them.
PROGRAMS = re.compile(r"/(load|history)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
ROOM_CALL = re.compile(r"((?:^#[^\n]*\n)*)^mpd_room\(([^)]*)\)", re.MULTILINE)
BEGIN, END = "<!-- rooms: written by tests/lib/runner/rooms.py --write -->", "<!-- rooms: end -->"


@dataclasses.dataclass
class Room:
    name: str
    purpose: str
    may_include: list


@dataclasses.dataclass(frozen=True)
class Rule:
    """What no list of a room may allow: `breaks(room, included)`, both names of rooms."""
    sentence: str
    reason: str
    breaks: object


def process_of(name):
    return name.split("/")[0]


def kind_of(name):
    match = re.fullmatch(r"container-manager/kinds/([a-z]+)", name)
    return match.group(1) if match else None


def is_testing(name):
    return name.endswith(("/testing", "/contract"))


def uses_grpc(room):
    return any(f"{name}/".startswith("common/rpc/") for name in (room.name, *room.may_include))


RULES = (
    Rule("common/ includes common/ alone",
         "it is what every process is built from, so it can know none of them",
         lambda room, other: process_of(room) == "common" != process_of(other)),
    Rule("a process includes its own rooms and common/",
         "processes know each other by their API alone; what two share belongs in common/",
         lambda room, other: process_of(other) not in ("common", process_of(room))),
    Rule("reconcile/ includes no kind",
         "its core serves every kind of workload by the interface in workload_kind.h; what only one "
         "kind needs belongs in that kind's room",
         lambda room, other: room == "container-manager/reconcile"
         and other.startswith("container-manager/kinds")),
    Rule("a kind includes kinds/container and no other kind",
         "kinds can then be added, changed and removed one by one",
         lambda room, other: kind_of(room) is not None and kind_of(other) is not None
         and kind_of(other) not in ("container", kind_of(room))),
    Rule("only testing/ includes testing/",
         "what tests share must not get into a program that users run",
         lambda room, other: is_testing(other) and not is_testing(room)),
)
GRPC_RULE = ("gRPC's headers are for rooms that list common/rpc",
             "below the service files everything is plain types and absl::Status, and a file with "
             "gRPC in it takes seconds to compile")


def words(text, key):
    """What follows KEY in the arguments of a CMake call, up to the next upper-case word."""
    found, taking = [], False
    for word in text.split():
        if re.fullmatch(r"[A-Z]+", word):
            taking = word == key
        elif taking:
            found.append(word)
    return found


def find_rooms(tree=TREE):
    rooms = {}
    for process in PROCESSES:
        for path in sorted((tree / process).rglob("CMakeLists.txt")):
            match = ROOM_CALL.search(path.read_text())
            if not match:
                continue
            name = str(path.parent.relative_to(tree))
            purpose = " ".join(line.lstrip("# ") for line in match.group(1).splitlines())
            rooms[name] = Room(name, purpose, words(match.group(2), "ROOMS"))
    return rooms


def sources(room, tree):
    apart = TEST if is_testing(room.name) else APART
    return [path for path in sorted((tree / room.name).iterdir())
            if path.suffix in (".cc", ".h") and not apart.search(path.name)]


def check_files(room, rooms, tree, complain):
    """Complains of the includes of one room; returns the rooms that it includes."""
    used = set()
    grpc_allowed = uses_grpc(room) or is_testing(room.name)
    for path in sources(room, tree):
        text = path.read_text()
        for match in INCLUDE.finditer(text):
            where = f"{path.relative_to(tree)}:{text.count(chr(10), 0, match.start(0)) + 1}"
            target = match.group(1) or match.group(2)
            if target.startswith("grpcpp/") and not grpc_allowed:
                complain(f"{where}: includes {target}. Rule: {GRPC_RULE[0]}. Why: {GRPC_RULE[1]}.")
            if process_of(target) not in PROCESSES or "/" not in target:
                continue
            folder = str(pathlib.PurePosixPath(target).parent)
            if folder == room.name:
                continue
            if folder not in rooms:
                complain(f"{where}: includes {target}, which is in no room")
                continue
            used.add(folder)
            if folder not in room.may_include:
                complain(f"{where}: includes {target}, and {folder} is not among the ROOMS of "
                         f"{room.name}/CMakeLists.txt. Rule: a room includes what it lists. Why: the "
                         f"list is what its place in the tree is judged by. {room.name} is: "
                         f"{room.purpose}")
    return used


def check_lists(room, rooms, used, complain):
    where = f"{room.name}/CMakeLists.txt"
    if not room.purpose:
        complain(f"{where}: no comment above mpd_room() says what the room is for")
    for other in room.may_include:
        if other not in rooms:
            complain(f"{where}: lists {other}, which is no room")
        elif other not in used:
            complain(f"{where}: lists {other}, and no file includes anything of it. Rule: no unused "
                     "entry. Why: the list shall say what the room needs, and allow no more")
        for rule in RULES:
            if rule.breaks(room.name, other):
                complain(f"{where}: lists {other}. Rule: {rule.sentence}. Why: {rule.reason}.")
    if sorted(room.may_include) != room.may_include:
        complain(f"{where}: ROOMS are not in alphabetical order")


def check_folders(rooms, tree, complain):
    """Complains of folders that no list judges."""
    for process in PROCESSES:
        folders = {path.parent for path in (tree / process).rglob("*")
                   if path.suffix in (".cc", ".h") and not APART.search(path.name)}
        for name in sorted(str(folder.relative_to(tree)) for folder in folders):
            if name not in rooms and not PROGRAMS.search(name):
                complain(f"{name}/: has sources, and no mpd_room() in its CMakeLists.txt. Rule: a folder "
                         "with sources is a room. Why: what is in no room could include anything.")


def find_circle(rooms):
    """A list of rooms that leads back to its first one, or nothing."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return path[path.index(name):] + [name]
        if name in done or name not in rooms:
            return None
        path.append(name)
        for other in rooms[name].may_include:
            circle = visit(other)
            if circle:
                return circle
        done.add(path.pop())
        return None

    for name in rooms:
        circle = visit(name)
        if circle:
            return circle
    return None


def levels(rooms):
    """{room: level}: one more than the highest that it includes, 0 where it includes none. In a
    circle, which check() tells of, the levels say nothing, but there are some."""
    known = {}

    def level(name):
        if name not in known:
            known[name] = 0
            known[name] = 1 + max((level(other) for other in rooms[name].may_include), default=-1)
        return known[name]

    for name in rooms:
        level(name)
    return known


def short(name, process):
    return name.removeprefix(f"{process}/")


def picture(rooms):
    """Each process as a block of rows, a room of a row including rooms of the rows below it; all of
    them stand on common/, which comes last."""
    own = {name: Room(name, room.purpose, [other for other in room.may_include
                                           if process_of(other) == process_of(name)])
           for name, room in rooms.items() if not is_testing(name)}
    level_of = levels(own)
    lines = ["```"]
    for process in PROCESSES[1:] + PROCESSES[:1]:
        rows = collections.defaultdict(list)
        for name in own:
            if process_of(name) == process:
                mark = "*" if uses_grpc(rooms[name]) else ""
                rows[level_of[name]].append(short(name, process) + mark)
        for row in sorted(rows, reverse=True):
            head = f"{process}/" if row == max(rows) else ""
            lines.append(f"{head:20}{row}  {'   '.join(sorted(rows[row]))}")
        lines.append("─" * 78)
    lines[-1] = "```"
    return lines


def table(rooms):
    lines = ["| room | what it is | includes |", "| --- | --- | --- |"]
    for name, room in rooms.items():
        included = ", ".join(f"`{short(other, process_of(name))}`" for other in room.may_include)
        lines.append(f"| `{name}` | {room.purpose} | {included} |")
    return lines


def section(rooms):
    return "\n".join([BEGIN, "", *picture(rooms), "", *table(rooms), "", END])


def document(text, rooms):
    """The text of the document with its section written anew; nothing where it has none."""
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        return None
    return text[:begin] + section(rooms) + text[end + len(END):]


def check(tree=TREE):
    """What breaks the rules: sentences."""
    found = []
    rooms = find_rooms(tree)
    for room in rooms.values():
        used = check_files(room, rooms, tree, found.append)
        check_lists(room, rooms, used, found.append)
    check_folders(rooms, tree, found.append)
    circle = find_circle(rooms)
    if circle:
        found.append(f"A circle of rooms: {' -> '.join(circle)}. Rule: no circles. Why: what "
                     "includes each other can't be understood, tested or built apart")
    elif not found:
        text = (tree / DOC).read_text()
        if document(text, rooms) != text:
            found.append(f"{DOC}: its picture or table of rooms is not what the CMakeLists.txt say; "
                         "run tests/lib/runner/rooms.py --write")
    return found


def main():
    if sys.argv[1:] == ["--write"]:
        path = TREE / DOC
        text = document(path.read_text(), find_rooms())
        if text is None:
            sys.exit(f"{DOC} has no line {BEGIN}")
        path.write_text(text)
    found = check()
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
