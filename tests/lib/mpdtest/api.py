"""A gRPC client that knows nothing of mpd: what there is to call, it learns by reflection."""

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from mpdtest import messages


class ApiError(AssertionError):
    """A call that ended with an error: `code` as a word, `reason`, `domain` and `metadata` from its
    ErrorInfo."""

    def __init__(self, method, error):
        self.code = error.code().name
        self.message = error.details()
        self.reason, self.domain, self.metadata = "", "", {}
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                self._read(value)
        super().__init__(f"{method}: {self.code} {self.reason}: {self.message} {self.metadata}")

    def _read(self, data):
        for detail in messages.Status.FromString(data).details:
            if detail.type_url.endswith("/google.rpc.ErrorInfo"):
                info = messages.ErrorInfo.FromString(detail.value)
                self.reason, self.domain = info.reason, info.domain
                self.metadata = {entry.key: entry.value for entry in info.metadata}


class Api:
    """Calls on one socket: `api.call("mpd.ipam.v1.IpamService/ListLeases", pageSize=5)`.

    Requests and responses are dictionaries in Protobuf's JSON mapping.
    """

    def __init__(self, socket, reflection="grpc.reflection.v1alpha"):
        # Without its own pool of connections a channel to a restarted server may share the broken
        # one's back-off.
        self._channel = grpc.insecure_channel(
            f"unix:{socket}", options=[("grpc.use_local_subchannel_pool", 1)])
        self._reflection = reflection
        self._pool = descriptor_pool.DescriptorPool()
        self._factory = message_factory.MessageFactory(self._pool)
        self._files = set()

    def close(self):
        self._channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def services(self):
        """The names of all services that the server tells of."""
        return [s.name for s in self._ask(list_services="*").list_services_response.service]

    def methods(self, service):
        """The method descriptors of one service, by name."""
        self._learn(service)
        return dict(self._pool.FindServiceByName(service).methods_by_name)

    def call(self, method, timeout=10.0, wait=False, **request):
        """A unary call; `wait` lets it wait for a server that is not there yet."""
        invoke, message = self._prepare(method, request, self._channel.unary_unary)
        try:
            return json_format.MessageToDict(invoke(message, timeout=timeout, wait_for_ready=wait))
        except grpc.RpcError as error:
            raise ApiError(method, error) from None

    def call_unknown(self, method, timeout=10.0):
        """Calls, with an empty message, what the server has not told of."""
        try:
            return self._channel.unary_unary(f"/{method}")(b"", timeout=timeout)
        except grpc.RpcError as error:
            raise ApiError(method, error) from None

    def stream(self, method, timeout=10.0, **request):
        """A server stream: yields dictionaries until it ends; the deadline ends it quietly."""
        invoke, message = self._prepare(method, request, self._channel.unary_stream)
        call = invoke(message, timeout=timeout)
        try:
            for item in call:
                yield json_format.MessageToDict(item)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.DEADLINE_EXCEEDED:
                raise ApiError(method, error) from None
        finally:
            call.cancel()

    def _prepare(self, method, request, kind):
        service, name = method.split("/")
        descriptor = self.methods(service)[name]
        request_class = self._factory.GetPrototype(descriptor.input_type)
        response_class = self._factory.GetPrototype(descriptor.output_type)
        invoke = kind(f"/{method}", request_serializer=request_class.SerializeToString,
                      response_deserializer=response_class.FromString)
        return invoke, json_format.ParseDict(request, request_class())

    def _ask(self, **request):
        request_class, response_class = messages.REFLECTION[self._reflection]
        invoke = self._channel.stream_stream(
            f"/{self._reflection}.ServerReflection/ServerReflectionInfo",
            request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString)
        try:
            response = next(invoke(iter([request_class(**request)]), timeout=10))
        except grpc.RpcError as error:
            raise ApiError("reflection", error) from None
        if response.HasField("error_response"):
            raise LookupError(f"{request}: {response.error_response.error_message}")
        return response

    def _learn(self, symbol):
        try:
            self._pool.FindServiceByName(symbol)
        except KeyError:
            self._add(self._ask(file_containing_symbol=symbol))

    def _add(self, response):
        """Adds the files of a response, after the files that they import."""
        files = [descriptor_pb2.FileDescriptorProto.FromString(data)
                 for data in response.file_descriptor_response.file_descriptor_proto]
        given = {file.name: file for file in files}

        def add(file):
            if file.name in self._files:
                return
            self._files.add(file.name)
            for name in file.dependency:
                if name in given:
                    add(given[name])
                elif name not in self._files:
                    self._add(self._ask(file_by_filename=name))
            self._pool.AddSerializedFile(file.SerializeToString())

        for file in files:
            add(file)
