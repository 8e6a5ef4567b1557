#!/usr/bin/python3
"""The part of the API that has landed, as an image: `buf breaking` holds the protos against it.

`api_image.py` says whether proto/landed.binpb is what the protos make of it today;
`api_image.py --write` writes it anew, which may only add: it refuses what would break a client of the
present image, and a draft that the present image has. `api_image.py --write --break` writes all the
same, for as long as no client has been released. What proto/drafts.txt names is left out of it: those files, the
methods that take or give their messages, and the fields that have them.
"""

import pathlib
import re
import subprocess
import sys

from google.protobuf import descriptor_pb2

TREE = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TREE / "tests" / "lib"))

IMAGE = "proto/landed.binpb"
DRAFTS = "proto/drafts.txt"
# Published with gRPC, Google's APIs and etcd, and imported by nothing of ours; and what two of our
# processes keep in their stores, which nobody else reads.
APART = re.compile(r"grpc/|google/rpc/|etcdserverpb/|mpd/[a-z]+/state/")


def drafts(tree=TREE):
    lines = (tree / DRAFTS).read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def build(buf, tree=TREE):
    """All protos, with what they import, without comments."""
    done = subprocess.run([buf, "build", "proto", "--exclude-source-info", "--as-file-descriptor-set",
                           "-o", "-#format=binpb"], cwd=tree, check=True, capture_output=True,
                          timeout=120)
    return descriptor_pb2.FileDescriptorSet.FromString(done.stdout)


def keep(items, wanted):
    """Leaves of a repeated field those that are wanted."""
    kept = [item for item in items if wanted(item)]
    del items[:]
    items.extend(kept)


def strip_message(message, drafted):
    keep(message.field, lambda field: field.type_name not in drafted)
    for nested in message.nested_type:
        strip_message(nested, drafted)


def names(scope, messages, enums):
    """The full names, with a leading dot, of messages and enums, nested ones included."""
    for enum in enums:
        yield f"{scope}.{enum.name}"
    for message in messages:
        yield f"{scope}.{message.name}"
        yield from names(f"{scope}.{message.name}", message.nested_type, message.enum_type)


def landed(files, drafted_files):
    """What is left of the files without what is drafted."""
    unknown = drafted_files - {file.name for file in files.file}
    if unknown:
        raise ValueError(f"{DRAFTS} names what is not there: {', '.join(sorted(unknown))}")
    drafted = {name for file in files.file if file.name in drafted_files
               for name in names(f".{file.package}", file.message_type, file.enum_type)}
    result = descriptor_pb2.FileDescriptorSet()
    for file in sorted(files.file, key=lambda file: file.name):
        if file.name in drafted_files or APART.match(file.name):
            continue
        file = _copy(result, file)
        keep(file.dependency, lambda name: name not in drafted_files)
        for message in file.message_type:
            strip_message(message, drafted)
        for service in file.service:
            keep(service.method, lambda method: not {method.input_type,
                                                     method.output_type} & drafted)
    return result


def _copy(result, file):
    added = result.file.add()
    added.CopyFrom(file)
    return added


def current(buf, tree=TREE):
    """The bytes that the image should have."""
    return landed(build(buf, tree), drafts(tree)).SerializeToString(deterministic=True)


def broken(buf, tree=TREE):
    """Sentences about what is in the image and not, or no longer so, in the protos."""
    image = descriptor_pb2.FileDescriptorSet.FromString((tree / IMAGE).read_bytes())
    back = sorted(drafts(tree) & {file.name for file in image.file})
    found = [f"{name} is in {IMAGE}, so it can't be named in {DRAFTS} any more" for name in back]
    done = subprocess.run([buf, "breaking", "proto", "--against", IMAGE], cwd=tree, check=False,
                          capture_output=True, text=True, timeout=120)
    if done.returncode:
        found += (done.stdout + done.stderr).splitlines()
    if found:
        found.append("What has landed in the API is frozen: clients depend on it. Add instead of "
                     "changing.")
    return found


def check(buf, tree=TREE):
    """Sentences about what is wrong; none where all is well."""
    image = tree / IMAGE
    if not image.is_file():
        return [f"{IMAGE} is not there; run tests/lib/runner/api_image.py --write"]
    if found := broken(buf, tree):
        return found
    if image.read_bytes() != current(buf, tree):
        return [f"{IMAGE} lacks what was added to the API: run tests/lib/runner/api_image.py --write, "
                f"or name the file in {DRAFTS} while it is only drafted"]
    return []


def write(buf, may_break=False, tree=TREE):
    """Writes the image; sentences about why not where it is refused."""
    image = tree / IMAGE
    refused = [] if may_break or not image.is_file() else broken(buf, tree)
    if not refused:
        image.write_bytes(current(buf, tree))
    return refused


def main(arguments):
    from runner.lint import buf_program  # pylint: disable=import-outside-toplevel
    buf = str(buf_program())
    if "--write" in arguments:
        problems = write(buf, may_break="--break" in arguments)
    else:
        problems = check(buf)
    print("\n".join(problems) or f"{IMAGE} is what has landed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
