"""What a developer waits for: three databases, three runtimes with systemd in them, and the resolver."""

import contextlib
import os

from load import environment, told
from mpdtest import databases
from mpdtest.process import run
from mpdtest.reading import CONTAINERS

RUNTIMES = ["php", "node", "util"]


@contextlib.contextmanager
def _wanted():
    """Engine and version of each: what deploy/images built, and PostgreSQL once more by another name."""
    found = databases.engines()
    postgres, mariadb = found["postgres"], found["mariadb"]
    version = f"{postgres.version}.again"
    image = f"localhost/mpd-postgres:{version}"
    run("podman", "tag", f"localhost/mpd-postgres:{postgres.version}", image)
    try:
        yield [("postgres", postgres.version), ("mariadb", mariadb.version), ("postgres", version)]
    finally:
        run("podman", "rmi", image)


def _owner(engine, version):
    return f"db/{engine}-{version.replace('.', '-')}"


def _each(the_slice, method, chosen):
    with the_slice.api("container-manager") as api:
        for engine, version in chosen:
            api.call(f"{CONTAINERS}/{method}Database", engine=engine, version=version)


def _gone(the_slice, owners):
    with the_slice.api("container-manager") as api:
        environment.await_gone(api, owners)


def _forget(the_slice, owners):
    environment.down(the_slice, owners)
    environment.forget_containers(the_slice)


def _timed(the_slice, owners):
    environment.rest()
    before = environment.busy()
    seconds = environment.up_now(the_slice, owners)[owners[1]]
    return seconds, environment.busy() - before


def _alone(the_slice, one):
    """One database and the resolver: without data, and again with all there. Of each the seconds, and
    the processors' busy seconds."""
    owners = [environment.RESOLVER, _owner(*one)]
    _each(the_slice, "Create", [one])
    cold = _timed(the_slice, owners)
    environment.down(the_slice, owners)
    warm = _timed(the_slice, owners)
    _each(the_slice, "Delete", [one])
    _gone(the_slice, owners[1:])
    _forget(the_slice, owners[:1])
    return cold, warm


def _together(the_slice, chosen):
    owners = [environment.RESOLVER] + [_owner(*one) for one in chosen]
    _each(the_slice, "Create", chosen)
    cold = environment.up_each(the_slice, owners)
    environment.down(the_slice, owners)
    warm = environment.up_each(the_slice, owners)
    environment.down(the_slice, owners)
    return cold, warm


def _tell_databases(chosen, alone, together):
    print(f"  {'database':<28} {'alone':>16} {'all at once':>16}\n"
          f"  {'':<28} {'cold':>8}{'warm':>8} {'cold':>8}{'warm':>8}   seconds")
    for one in chosen:
        owner = _owner(*one)
        values = (*(seconds for seconds, _ in alone[owner]), together[0][owner], together[1][owner])
        print(f"  {owner:<28} {values[0]:8.2f}{values[1]:8.2f} {values[2]:8.2f}{values[3]:8.2f}")
    for kind, what in enumerate(("cold: no data, no container", "warm: both are there")):
        each, busy = zip(*(alone[_owner(*one)][kind] for one in chosen))
        whole, processors = max(together[kind].values()), os.cpu_count()
        print(f"  {what:<28} all three {whole:.2f}, the slowest alone {max(each):.2f}, their sum "
              f"{sum(each):.2f}: {whole / max(each):.2f} of the slowest, {whole / sum(each):.2f} of "
              f"the sum;\n  {'':<28} they keep processors busy for {sum(busy):.2f}, which is "
              f"{sum(busy) / processors:.2f} on the {processors} of this machine", flush=True)


def databases_alone(make_slice, _):
    """A start of several takes about as long as the slowest."""
    print("three databases, StartEnvironment to RUNNING, which is: a login succeeded", flush=True)
    the_slice = make_slice("")
    with environment.running(the_slice), _wanted() as chosen:
        alone = {_owner(*one): _alone(the_slice, one) for one in chosen}
        _tell_databases(chosen, alone, _together(the_slice, chosen))


def measure(make_slice, options):
    print("three databases, three runtimes (systemd, sshd) and dnsmasq, StartEnvironment to all "
          f"RUNNING; median of {options.rounds}", flush=True)
    the_slice = make_slice("")
    results = {"cold": [], "again": [], "warm": [], "down": []}
    with environment.running(the_slice), _wanted() as chosen:
        owners = environment.create_runtimes(the_slice, RUNTIMES) + [_owner(*one) for one in chosen]
        for number in range(options.rounds):
            _each(the_slice, "Create", chosen)
            results["cold"].append(environment.up(the_slice, owners))
            environment.down(the_slice, owners)
            environment.forget_containers(the_slice)
            results["again"].append(environment.up(the_slice, owners))
            results["down"].append(environment.down(the_slice, owners))
            each = environment.up_each(the_slice, owners)
            results["warm"].append(max(each.values()))
            environment.down(the_slice, owners)
            if number + 1 < options.rounds:
                _each(the_slice, "Delete", chosen)
                _gone(the_slice, owners[-len(chosen):])
                environment.forget_containers(the_slice)
    told.seconds("cold: no data, no containers", results["cold"])
    told.seconds("containers made anew, data there", results["again"])
    told.seconds("warm: both are there", results["warm"])
    print("    the last time: " + ", ".join(f"{owner} {value:.2f}" for owner, value in
                                            sorted(each.items(), key=lambda item: item[1])))
    told.seconds("StopEnvironment", results["down"])
