"""The few Protobuf messages that a client needs before it can ask a server for all others.

Debian has no Python package with gRPC's reflection messages or google.rpc's, so they are declared
here from their published definitions: grpc/reflection/v1alpha/reflection.proto (v1 has the same
fields), google/rpc/status.proto and google/rpc/error_details.proto.
"""

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
_POOL = descriptor_pool.DescriptorPool()
_POOL.AddSerializedFile(any_pb2.DESCRIPTOR.serialized_pb)


def _declare(package, imports=(), **messages):
    """Adds one file; a field is (name, number, type[, "repeated"]), a type a word or .full.name."""
    file = descriptor_pb2.FileDescriptorProto(
        name=package.replace(".", "/") + "/mpdtest.proto", package=package, syntax="proto3",
        dependency=imports)
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind, *label in fields:
            field = message.field.add(name=field_name, number=number, label=_FIELD.LABEL_OPTIONAL)
            if label:
                field.label = _FIELD.LABEL_REPEATED
            if kind.startswith("."):
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, kind
            else:
                field.type = _FIELD.Type.Value(f"TYPE_{kind.upper()}")
    _POOL.AddSerializedFile(file.SerializeToString())


def _class(name):
    return message_factory.MessageFactory(_POOL).GetPrototype(_POOL.FindMessageTypeByName(name))


def _declare_reflection(package):
    _declare(
        package,
        ServerReflectionRequest=[("host", 1, "string"), ("file_by_filename", 3, "string"),
                                 ("file_containing_symbol", 4, "string"),
                                 ("list_services", 7, "string")],
        FileDescriptorResponse=[("file_descriptor_proto", 1, "bytes", "repeated")],
        ServiceResponse=[("name", 1, "string")],
        ListServiceResponse=[("service", 1, f".{package}.ServiceResponse", "repeated")],
        ErrorResponse=[("error_code", 1, "int32"), ("error_message", 2, "string")],
        ServerReflectionResponse=[
            ("valid_host", 1, "string"),
            ("file_descriptor_response", 4, f".{package}.FileDescriptorResponse"),
            ("list_services_response", 6, f".{package}.ListServiceResponse"),
            ("error_response", 7, f".{package}.ErrorResponse")])
    return (_class(f"{package}.ServerReflectionRequest"),
            _class(f"{package}.ServerReflectionResponse"))


# By package: (request class, response class).
REFLECTION = {package: _declare_reflection(package)
              for package in ("grpc.reflection.v1alpha", "grpc.reflection.v1")}

_declare("google.rpc", ["google/protobuf/any.proto"],
         Status=[("code", 1, "int32"), ("message", 2, "string"),
                 ("details", 3, ".google.protobuf.Any", "repeated")],
         MetadataEntry=[("key", 1, "string"), ("value", 2, "string")],
         # A map field is, on the wire, a repeated entry.
         ErrorInfo=[("reason", 1, "string"), ("domain", 2, "string"),
                    ("metadata", 3, ".google.rpc.MetadataEntry", "repeated")])
Status = _class("google.rpc.Status")
ErrorInfo = _class("google.rpc.ErrorInfo")
