"""The gateway's socket, used by a client that has never seen our protos."""

import base64
import json
import os
import secrets

import grpc
import pytest

from mpdtest.api import ApiError
from mpdtest.process import run
from mpdtest.reading import CONTAINERS, DNSD, GATEWAY, IPAM
from mpdtest.slice import COMPONENTS
from mpdtest.waiting import wait_until

# One call of each service that any client may make.
HARMLESS = {f"{IPAM}/ListPools": {}, f"{IPAM}/ListLeases": {}, f"{DNSD}/GetStatus": {},
            f"{DNSD}/ListRecords": {}, f"{CONTAINERS}/GetEnvironment": {},
            f"{CONTAINERS}/ListServices": {}, f"{CONTAINERS}/ListRuntimes": {},
            f"{GATEWAY}/GetStatus": {}}


@pytest.mark.parametrize("protocol", ["grpc.reflection.v1alpha", "grpc.reflection.v1"])
def test_gateway_tells_of_all_services(running, protocol):
    with running.api(reflection=protocol) as api:
        assert {IPAM, DNSD, CONTAINERS, GATEWAY} <= set(api.services())
        for service in (IPAM, DNSD, CONTAINERS, GATEWAY):
            assert api.methods(service)


@pytest.mark.parametrize("method", sorted(HARMLESS))
def test_services_are_called_through_the_gateway(running, method):
    with running.api() as api:
        api.call(method, **HARMLESS[method])


def without_store(answer, path=""):
    """Where in an answer a revision stands without the store that it counts in."""
    if isinstance(answer, dict):
        if "revision" in answer and not answer.get("storeId"):
            yield path
        answer = answer.items()
    elif isinstance(answer, list):
        answer = enumerate(answer)
    else:
        return
    for name, value in answer:
        yield from without_store(value, f"{path}.{name}")


@pytest.mark.parametrize("method", sorted(HARMLESS))
def test_a_revision_never_stands_without_its_store(php, method):
    with php.api() as api:
        assert not list(without_store(api.call(method)))


def buf_curl(the_slice, *words):
    return run(os.environ["MPD_BUF"], "curl", "--protocol", "grpc", "--http2-prior-knowledge",
               "--unix-socket", the_slice.socket("gateway"), *words).stdout


def test_a_client_that_nobody_here_wrote_lists_and_calls(php):
    services = buf_curl(php, "--list-services", "http://localhost").split()
    assert {IPAM, DNSD, CONTAINERS, GATEWAY} <= set(services)
    for method in sorted(HARMLESS):
        assert json.loads(buf_curl(php, "--data", "{}", f"http://localhost/{method}") or "{}")
    found = json.loads(buf_curl(php, "--data", '{"name": "php"}',
                                f"http://localhost/{CONTAINERS}/GetRuntime"))
    assert found["status"]["address"] == "10.163.0.100"


@pytest.mark.parametrize("component", ["ipam", "dnsd-controller", "container-manager"])
def test_each_component_reflects_by_itself(running, component):
    with running.api(component) as api:
        assert any(name.startswith("mpd.") for name in api.services())


def test_every_method_is_known_to_the_gateway(running):
    """Whatever is answered, it is not that the method is unknown: each one reaches its owner."""
    with running.api() as api:
        for service in (IPAM, DNSD, CONTAINERS, GATEWAY):
            for name, method in api.methods(service).items():
                try:
                    if method.server_streaming:
                        next(api.stream(f"{service}/{name}", timeout=2), None)
                    elif name.startswith(("Get", "List", "Lookup")):
                        api.call(f"{service}/{name}")
                    else:
                        # A field that no request has may hold this: refused, and nothing done.
                        api.call(f"{service}/{name}", **bad_request(method))
                except ApiError as error:
                    assert error.reason != "METHOD_NOT_GRANTED", error
                    assert error.domain == "mpd.test", error
                    if error.reason == "INVALID_FIELD":
                        assert is_path(method.input_type, error.metadata["field"]), error


def is_path(message, path):
    """Whether the message has the field that `path` names: `lease.hostnames[1]`."""
    for step in path.split("."):
        field = message.fields_by_name.get(step.split("[")[0]) if message else None
        if not field:
            return False
        message = field.message_type
    return True


BAD_FIELDS = [
    ("ipam", f"{IPAM}/AllocateAddress", {"owner": "php", "pool": "runtimes"}, "owner"),
    ("ipam", f"{IPAM}/AllocateAddress",
     {"owner": "runtime/a", "pool": "runtimes", "hostnames": ["a", "-"]}, "hostnames[1]"),
    ("ipam", f"{IPAM}/UpdateLease", {"lease": {"owner": "runtime/a", "hostnames": ["A"]}},
     "lease.hostnames[0]"),
    ("ipam", f"{IPAM}/GetLease", {"address": "10.163.0.1000"}, "address"),
    ("dnsd-controller", f"{DNSD}/Lookup", {"name": "a name"}, "name"),
    ("ipam", f"{IPAM}/UpdateLease", {"lease": {"owner": "runtime/a", "etag": "a"}, "etag": "b"},
     "etag"),
    ("ipam", f"{IPAM}/ListPools", {"pageSize": -1}, "page_size"),
    ("dnsd-controller", f"{DNSD}/ListRecords", {"pageSize": -1}, "page_size"),
    ("dnsd-controller", f"{DNSD}/WaitForRevision", {"revision": 1}, "store_id"),
    ("container-manager", f"{CONTAINERS}/CreateRuntime", {"name": "Bad"}, "name"),
    ("container-manager", f"{CONTAINERS}/StopRuntime", {"name": "php", "requestId": "a b"},
     "request_id"),
    ("container-manager", f"{CONTAINERS}/RestartService", {"name": "Bad"}, "name"),
    ("gateway", f"{GATEWAY}/GetIdentity", {"nonce": "AA=="}, "nonce"),
]


@pytest.mark.parametrize("component,method,request_fields,field", BAD_FIELDS)
def test_errors_name_the_field_of_the_request(running, component, method, request_fields, field):
    with running.api(component) as api, pytest.raises(ApiError) as refused:
        api.call(method, **request_fields)
    assert (refused.value.code, refused.value.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert refused.value.metadata["field"] == field


@pytest.mark.parametrize("method", [f"{CONTAINERS}/WatchWorkloads", f"{IPAM}/WatchLeases"])
def test_a_watch_from_a_revision_has_to_name_its_store(running, method):
    with running.api() as api, pytest.raises(ApiError) as refused:
        next(api.stream(method, startRevision=1))
    assert (refused.value.code, refused.value.metadata["field"]) == ("INVALID_ARGUMENT", "store_id")


def test_logs_of_no_workload_name_the_field(running):
    with running.api("container-manager") as api, pytest.raises(ApiError) as refused:
        next(api.stream(f"{CONTAINERS}/StreamLogs", workload="runtime/Bad"))
    assert refused.value.metadata["field"] == "workload"


def bad_request(method):
    """A request that every owner refuses, made of the first text field that is a name."""
    fields = method.input_type.fields_by_name
    for name in ("request_id", "owner", "name"):
        if name in fields:
            return {name: "\x01" * 200}
    return {}


def test_an_unknown_method_is_not_in_this_version(running):
    with running.api() as api, pytest.raises(ApiError) as refused:
        api.call_unknown(f"{IPAM}/DropEverything")
    assert (refused.value.code, refused.value.reason) == ("UNIMPLEMENTED", "NOT_IN_THIS_VERSION")


def test_identity_names_this_vm_and_all_components(running, tmp_path):
    nonce = secrets.token_bytes(32)
    with running.api() as api:
        answer = api.call(f"{GATEWAY}/GetIdentity", nonce=base64.b64encode(nonce).decode())
    identity = base64.b64decode(answer["identity"])
    (tmp_path / "certificate").write_text(answer["certificate"])
    (tmp_path / "signature").write_bytes(base64.b64decode(answer["signature"]))
    (tmp_path / "content").write_bytes(b"mpd-identity-v1\0" + bytes([len(nonce)]) + nonce + identity)
    (tmp_path / "key").write_text(
        run("openssl", "x509", "-noout", "-pubkey", "-in", tmp_path / "certificate").stdout)
    run("openssl", "dgst", "-sha256", "-verify", tmp_path / "key", "-signature",
        tmp_path / "signature", tmp_path / "content")
    root = running.state_root / "conf/caroot/rootCA.pem"
    run("openssl", "verify", "-CAfile", root, tmp_path / "certificate")
    fingerprint = run("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", root).stdout
    assert fingerprint.strip().partition("=")[2].replace(":", "").lower().encode() in identity
    for component in COMPONENTS:
        assert component.encode() in identity


def test_errors_say_why_in_words_and_fields(running):
    with running.api() as api, pytest.raises(ApiError) as refused:
        api.call(f"{CONTAINERS}/GetRuntime", name="nobody")
    assert (refused.value.code, refused.value.reason) == ("NOT_FOUND", "WORKLOAD_NOT_FOUND")
    assert "nobody" in str(refused.value.metadata)


def test_lists_page_through_at_one_revision(php):
    with php.api() as api:
        whole = api.call(f"{IPAM}/ListLeases", pageSize=1000)
        pages, token = [], ""
        while True:
            page = api.call(f"{IPAM}/ListLeases", pageSize=1, pageToken=token)
            assert page["revision"] == whole["revision"]
            assert len(page.get("leases", [])) <= 1
            pages += page.get("leases", [])
            token = page.get("nextPageToken", "")
            if not token:
                break
    assert pages == whole["leases"]
    assert len(pages) >= 2


def health(the_slice, service):
    """What the gateway says of a service: a status by its name, or the code of the error."""
    # HealthCheckRequest{service = 1} and HealthCheckResponse{status = 1}.
    request = bytes([0x0a, len(service)]) + service.encode()
    with grpc.insecure_channel(f"unix:{the_slice.socket('gateway')}") as channel:
        try:
            answer = channel.unary_unary("/grpc.health.v1.Health/Check")(request, timeout=10)
        except grpc.RpcError as error:
            return error.code().name
    return {1: "SERVING", 2: "NOT_SERVING"}[answer[1]]


def test_health_is_told_of_each_service(lonely):
    lonely.start()
    for service in ("", GATEWAY, IPAM, DNSD, CONTAINERS):
        wait_until(f"{service} is served", lambda name=service: health(lonely, name) == "SERVING")
    assert health(lonely, "mpd.ipam.v1.NoService") == "NOT_FOUND"
    lonely.kill("ipam")
    wait_until("ipam is missed", lambda: health(lonely, IPAM) == "NOT_SERVING")
    for service in ("", GATEWAY, DNSD, CONTAINERS):
        assert health(lonely, service) == "SERVING"
    lonely.start("ipam")
    wait_until("ipam is back", lambda: health(lonely, IPAM) == "SERVING")


def test_pools_page_through_at_one_revision(running):
    with running.api() as api:
        pages, token = [], ""
        while True:
            page = api.call(f"{IPAM}/ListPools", pageSize=1, pageToken=token)
            pages.append(page)
            token = page.get("nextPageToken", "")
            if not token:
                break
    assert [pool["name"] for page in pages for pool in page["pools"]] == [
        "services", "databases", "runtimes"]
    assert len({(page["revision"], page["storeId"]) for page in pages}) == 1
