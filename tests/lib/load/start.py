"""Ten containers, from nothing to all of them usable: ours, and others with the same containers."""

from statistics import median

from load import environment, others, specs, told
from mpdtest import light

NAMES = [f"load{number}" for number in range(9)]
IMAGE = light.image("serve")
# Of the one-by-one command line's time, and of the bare driver's.
LIMIT_SERIAL, LIMIT_BARE = 0.5, 1.25


def _round(the_slice, owners, wanted, results):
    results["ours"].append(environment.up(the_slice, owners))
    environment.down(the_slice, owners)
    results["warm"].append(environment.up(the_slice, owners))
    environment.down(the_slice, owners)
    environment.forget_containers(the_slice)
    # The others have the machine, the network and the containers' names for themselves.
    the_slice.stop()
    for name, other in (("bare", others.bare), ("serial", others.serial),
                        ("compose", lambda *given: others.compose(*given, the_slice.folder))):
        # It sleeps a second after each container: once is enough to know.
        if name == "compose" and name in results:
            continue
        environment.rest()
        for what, value in zip((f"{name} started", name), other(the_slice.podman_socket, wanted)):
            results.setdefault(what, []).append(value)
        environment.forget_containers(the_slice)
    the_slice.start()
    environment.settle(the_slice, owners)


def measure(make_slice, options):
    print(f"10 containers (dnsmasq and nine of next to no content), from nothing to all usable: "
          f"started, sshd's banner,\nsystemd's word, names resolve; median of {options.rounds}. The "
          f"others start the very containers that the manager made.", flush=True)
    the_slice = make_slice(f'runtime: "{IMAGE}"\n')
    results = {"ours": [], "warm": []}
    with environment.running(the_slice):
        owners = environment.create_runtimes(the_slice, NAMES)
        wanted = specs.record(the_slice, owners)
        environment.settle(the_slice, owners)
        for _ in range(options.rounds):
            _round(the_slice, owners, wanted, results)
    ours, serial, bare = (median(results[name]) for name in ("ours", "serial", "bare"))
    told.seconds("StartEnvironment to all RUNNING", results["ours"])
    told.seconds("  the same again, containers made already", results["warm"])
    for name, what in (("bare", "bare parallel REST driver"), ("serial", "podman run, ten in a row"),
                       ("compose", "podman-compose up")):
        told.seconds(what, results[name])
        told.seconds("  until the last was started", results[f"{name} started"])
    print(f"  ours / podman run in a row      {told.verdict(ours / serial, LIMIT_SERIAL)}\n"
          f"  ours / podman run, until the last was started, usable or not  "
          f"{ours / median(results['serial started']):.2f}\n"
          f"  ours / bare parallel driver     {told.verdict(ours / bare, LIMIT_BARE)}", flush=True)
