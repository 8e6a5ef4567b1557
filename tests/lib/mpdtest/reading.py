"""Reading the state of things through the gateway, whichever machine it is on."""

from mpdtest.waiting import wait_until

IPAM = "mpd.ipam.v1.IpamService"
DNSD = "mpd.dnsd.v1.DnsdControllerService"
CONTAINERS = "mpd.containers.v1.ContainerManagerService"
GATEWAY = "mpd.gateway.v1.GatewayService"


class Reader:
    """For classes with a method api() that gives a client of the gateway. Reading waits for a gateway
    that is just being restarted."""

    def state_of(self, runtime):
        """The runtime's resource, or None where there is none."""
        with self.api() as api:
            found = api.call(f"{CONTAINERS}/ListRuntimes", wait=True).get("runtimes", [])
        return next((r for r in found if r["name"] == runtime), None)

    def wait_state(self, runtime, state, timeout=60.0):
        def probe():
            found = self.state_of(runtime)
            assert found and found["status"]["state"] == f"STATE_{state}", found
            return found

        return wait_until(f"runtime {runtime} is {state}", probe, timeout=timeout)

    def database(self, engine, version):
        """The database's resource, or None where there is none."""
        with self.api() as api:
            found = api.call(f"{CONTAINERS}/ListDatabases", wait=True).get("databases", [])
        return next((d for d in found if (d["engine"], d["version"]) == (engine, version)), None)

    def wait_database(self, engine, version, state, timeout=60.0):
        def probe():
            found = self.database(engine, version)
            assert found and found["status"]["state"] == f"STATE_{state}", found
            return found

        return wait_until(f"database {engine} {version} is {state}", probe, timeout=timeout)

    def leases(self):
        """By owner."""
        with self.api() as api:
            found = api.call(f"{IPAM}/ListLeases", pageSize=1000, wait=True).get("leases", [])
        return {lease["owner"]: lease for lease in found}
