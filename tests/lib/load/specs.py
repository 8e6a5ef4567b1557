"""What containers the manager makes, so that others can be asked for the very same."""

import json
import threading

from load import environment
from mpdtest.podman_proxy import PodmanProxy


class _Recorder(PodmanProxy):
    """Keeps what containers are asked for."""

    def __init__(self, path, podman_socket):
        self.bodies = {}
        self._bodies_lock = threading.Lock()
        super().__init__(path, podman_socket)

    def _request(self, client):
        request = PodmanProxy._request(client)
        head, _, body = request.partition(b"\r\n\r\n")
        if b"/libpod/containers/create " in head:
            spec = json.loads(body)
            with self._bodies_lock:
                self.bodies[spec["name"]] = spec
        return request


def record(the_slice, owners):
    """Starts the environment once and returns what it asked of Podman, in the order of dependence."""
    recorder = _Recorder(the_slice.folder / "recorder.sock", the_slice.podman_socket)
    the_slice.stop("container-manager")
    the_slice.podman_seen_at = recorder.path
    the_slice.start()
    environment.up(the_slice, owners)
    environment.down(the_slice, owners)
    environment.forget_containers(the_slice)
    the_slice.stop("container-manager")
    the_slice.podman_seen_at = None
    the_slice.start()
    recorder.close()
    return [recorder.bodies[name] for name in sorted(recorder.bodies, key=lambda n: "service" not in n)]


def network_of(spec):
    """Name, address, hardware address."""
    name, place = next(iter(spec["Networks"].items()))
    return name, place["static_ips"][0], place["static_mac"]


def words(spec):
    """The options of `podman run` for the same container."""
    network, address, mac = network_of(spec)
    found = ["--name", spec["name"], "--network", f"{network}:ip={address},mac={mac}",
             "--systemd", spec["systemd"], "--stop-timeout", spec["stop_timeout"],
             "--pids-limit", spec["resource_limits"]["pids"]["limit"],
             "--restart", "no", "--no-hosts", "--http-proxy=false", "--image-volume", "ignore",
             "--log-driver", "k8s-file", "--log-opt", "max-size=10mb"]
    for mount in spec["mounts"]:
        found += ["--mount", f"type=bind,source={mount['source']},destination={mount['destination']},"
                  + ("ro" if "ro" in mount["options"] else "rw")]
    for volume in spec["volumes"]:
        found += ["--volume", f"{volume['Name']}:{volume['Dest']}"]
    for option, values in (("--label", "labels"), ("--env", "env")):
        for key, value in spec[values].items():
            found += [option, f"{key}={value}"]
    for option, values in (("--dns", "dns_server"), ("--dns-search", "dns_search"),
                           ("--dns-option", "dns_option"), ("--cap-drop", "cap_drop"),
                           ("--cap-add", "cap_add")):
        for value in spec.get(values, []):
            found += [option, value]
    if "hostname" in spec:
        found += ["--hostname", spec["hostname"]]
    return [str(word) for word in (*found, spec["image"])]


def compose_file(specs):
    """As much of it as Debian's podman-compose 1.0.3 passes on."""
    network, _, _ = network_of(specs[0])
    services = {}
    for spec in specs:
        volumes = [f"{volume['Name']}:{volume['Dest']}" for volume in spec["volumes"]]
        volumes += [f"{mount['source']}:{mount['destination']}:ro" for mount in spec["mounts"]]
        services[spec["name"]] = {
            "image": spec["image"], "container_name": spec["name"], "volumes": volumes,
            "labels": spec["labels"], "environment": spec["env"], "networks": [network], "restart": "no",
            "cap_drop": spec.get("cap_drop", []), "cap_add": spec.get("cap_add", []),
            "logging": {"driver": "k8s-file", "options": {"max-size": "10mb"}},
            **({"hostname": spec["hostname"]} if "hostname" in spec else {})}
    volume = specs[0]["volumes"][0]["Name"]
    return json.dumps({"version": "3", "services": services,
                       "networks": {network: {"external": True}},
                       "volumes": {volume: {"external": True}}})
