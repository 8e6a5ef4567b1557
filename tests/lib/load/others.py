"""Other ways to the same containers. Each returns the seconds to the last one's start, and to the last
one's being usable, which is looked for while the next ones start."""

import asyncio
import json
import time

from load import ready, specs


async def _run(*command):
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE)
    # Not to the end of a pipe: conmon would hold it open.
    code = await process.wait()
    if code:
        raise RuntimeError(f"{command} ended with {code}: {await process.stderr.read(4000)!r}")


def bare(socket, wanted):
    """All at once by Podman's REST API: nothing kept, nothing compared, nothing repaired."""
    started = []

    async def one(spec, resolver):
        boot = ready.listen(spec)
        await ready.call(socket, "POST", "/containers/create", spec)
        await ready.call(socket, "POST", f"/containers/{spec['name']}/start")
        started.append(time.monotonic())
        await ready.usable(spec, boot, specs.network_of(spec)[1], resolver)

    async def everything():
        resolver = specs.network_of(wanted[0])[1]
        await asyncio.gather(*(one(spec, resolver) for spec in wanted))

    begin = time.monotonic()
    asyncio.run(everything())
    return max(started) - begin, time.monotonic() - begin


def serial(_, wanted):
    """`podman run` for one after the other."""
    started = []

    async def everything():
        resolver = specs.network_of(wanted[0])[1]
        waits = []
        for spec in wanted:
            boot = ready.listen(spec)
            await _run("podman", "run", "--detach", *specs.words(spec))
            started.append(time.monotonic())
            waits.append(asyncio.create_task(
                ready.usable(spec, boot, specs.network_of(spec)[1], resolver)))
        await asyncio.gather(*waits)

    begin = time.monotonic()
    asyncio.run(everything())
    return max(started) - begin, time.monotonic() - begin


def compose(socket, wanted, folder):
    """Debian's podman-compose, which gives the runtimes addresses of its own choice. Called twice: the
    resolver's address and where to find the resolver can be told only to all of a call."""
    (folder / "compose.yaml").write_text(specs.compose_file(wanted))
    network, resolver, _ = specs.network_of(wanted[0])

    async def up(services, *options):
        options = " ".join(("--no-hosts --http-proxy=false --image-volume=ignore", *options))
        await _run("podman-compose", "--file", str(folder / "compose.yaml"), "--no-ansi",
                   f"--podman-run-args={options}", "up", "--detach", *services)

    async def address(spec):
        seen = json.loads(await ready.call(socket, "GET", f"/containers/{spec['name']}/json"))
        return seen["NetworkSettings"]["Networks"][network]["IPAddress"]

    async def everything():
        names = [spec["name"] for spec in wanted]
        boots = [ready.listen(spec) for spec in wanted]
        await up(names[:1], f"--ip={resolver}")
        await up(names[1:], f"--dns={resolver} --dns-search=.")
        started = time.monotonic()
        places = [await address(spec) for spec in wanted]
        await asyncio.gather(*(ready.usable(spec, boot, place, resolver)
                               for spec, boot, place in zip(wanted, boots, places)))
        return started

    begin = time.monotonic()
    started = asyncio.run(everything())
    return started - begin, time.monotonic() - begin
