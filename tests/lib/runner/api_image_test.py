"""What is drafted is left out of the image, with the methods and fields that use it; the rest stays."""

import pathlib
import tempfile
import unittest

from google.protobuf import descriptor_pb2

from runner import api_image
from runner.lint import buf_program


def files():
    """A file that has landed, which imports one that is drafted."""
    result = descriptor_pb2.FileDescriptorSet()
    draft = result.file.add(name="mpd/x/v1/draft.proto", package="mpd.x.v1")
    draft.message_type.add(name="Draft").enum_type.add(name="Kind")
    file = result.file.add(name="mpd/x/v1/x.proto", package="mpd.x.v1",
                           dependency=["mpd/x/v1/draft.proto", "google/protobuf/any.proto"])
    message = file.message_type.add(name="Landed")
    message.field.add(name="text", number=1)
    message.field.add(name="draft", number=2, type_name=".mpd.x.v1.Draft")
    message.nested_type.add(name="Inner").field.add(name="kind", number=1,
                                                    type_name=".mpd.x.v1.Draft.Kind")
    service = file.service.add(name="XService")
    landed, drafted = ".mpd.x.v1.Landed", ".mpd.x.v1.Draft"
    service.method.add(name="Get", input_type=landed, output_type=landed)
    service.method.add(name="Make", input_type=drafted, output_type=landed)
    service.method.add(name="Show", input_type=landed, output_type=drafted)
    result.file.add(name="grpc/health/v1/health.proto")
    result.file.add(name="mpd/x/state/v1/state.proto")
    return result


class Landed(unittest.TestCase):
    def test_drafts_are_left_out_with_what_uses_them(self):
        image = api_image.landed(files(), {"mpd/x/v1/draft.proto"})
        self.assertEqual([file.name for file in image.file], ["mpd/x/v1/x.proto"])
        file = image.file[0]
        self.assertEqual(file.dependency, ["google/protobuf/any.proto"])
        self.assertEqual([field.name for field in file.message_type[0].field], ["text"])
        self.assertEqual(len(file.message_type[0].nested_type[0].field), 0)
        self.assertEqual([method.name for method in file.service[0].method], ["Get"])

    def test_a_file_that_has_landed_is_in_it_whole(self):
        image = api_image.landed(files(), set())
        self.assertEqual([file.name for file in image.file],
                         ["mpd/x/v1/draft.proto", "mpd/x/v1/x.proto"])
        self.assertEqual(len(image.file[1].service[0].method), 3)
        self.assertEqual(len(image.file[1].message_type[0].field), 2)

    def test_a_draft_that_is_not_there_is_told(self):
        with self.assertRaisesRegex(ValueError, "mpd/x/v1/gone.proto"):
            api_image.landed(files(), {"mpd/x/v1/gone.proto"})


PROTO = """syntax = "proto3";
package mpd.x.v1;
message Landed {
  string text = 1;%s
}
"""


class Write(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        (self.tree / "proto" / "mpd" / "x" / "v1").mkdir(parents=True)
        (self.tree / "proto" / "buf.yaml").write_text("version: v2\n", encoding="utf-8")
        self.drafts("")
        self.proto(PROTO % "")
        self.assertEqual(self.write(), [])

    def drafts(self, text):
        (self.tree / api_image.DRAFTS).write_text(text, encoding="utf-8")

    def proto(self, text):
        (self.tree / "proto/mpd/x/v1/x.proto").write_text(text, encoding="utf-8")

    def image(self):
        return (self.tree / api_image.IMAGE).read_bytes()

    def write(self, **options):
        return api_image.write(str(buf_program()), tree=self.tree, **options)

    def test_what_is_added_is_written(self):
        before = self.image()
        self.proto(PROTO % " int32 number = 2;")
        self.assertEqual(self.write(), [])
        self.assertNotEqual(self.image(), before)

    def test_what_breaks_is_refused_unless_it_is_said(self):
        before = self.image()
        self.proto((PROTO % "").replace("string text", "int32 text"))
        self.assertIn("type", self.write()[0])
        self.assertEqual(self.image(), before)
        self.assertEqual(self.write(may_break=True), [])
        self.assertNotEqual(self.image(), before)

    def test_what_has_landed_can_not_be_a_draft_again(self):
        before = self.image()
        self.drafts("mpd/x/v1/x.proto\n")
        self.assertIn("can't be named in", self.write()[0])
        self.assertEqual(self.image(), before)


if __name__ == "__main__":
    unittest.main()
