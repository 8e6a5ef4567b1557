"""Leases that come, change, move and go, each known to the moment for the judgement of answers."""

import random
import threading
import time
import uuid
from collections import Counter

from mpdtest.api import ApiError
from mpdtest.loops import A, PTR, History, reverse
from mpdtest.reading import DNSD, IPAM

ZONE = "mpd.test"
WORKERS = 4
OWNERS = 5  # of each worker
STAYING = 10
PATIENCE = 60.0
# The pool of databases; its upper half is for those that move, apart for each worker.
FIRST, MIDDLE, LAST = 30, 70, 99


def address_at(offset):
    return f"10.163.0.{offset}"


class Worker:
    """Changes its own leases, one after the other."""

    def __init__(self, churn, number):
        self._churn = churn
        self._owners = [f"churn-{number}-{index}" for index in range(OWNERS)]
        share = (LAST + 1 - MIDDLE) // WORKERS
        self._spare = {address_at(MIDDLE + number * share + index) for index in range(share)}
        self._held = {}

    def one(self):
        """One change, by chance; what it was."""
        name = random.choice(self._owners)
        lease = self._held.get(name)
        if not lease:
            return self._add(name)
        return random.choice([self._change, self._change, self._move, self._delete])(name, lease)

    def _hostnames(self, name):
        """One that the owner always has, in front or behind, and some that it has by chance."""
        extra = [f"{letter}.{name}" for letter in "abc" if random.random() < 0.5]
        return random.choice([[f"{name}.db", *extra], [*extra, f"{name}.db"]])

    def _add(self, name):
        begin = time.monotonic()
        lease = self._churn.allocate(name, self._hostnames(name))
        self._held[name] = lease
        self._churn.settle(lease["revision"], begin, {}, lease)
        return "added"

    def _change(self, name, old):
        begin = time.monotonic()
        lease = self._churn.update(name, self._hostnames(name))
        self._held[name] = lease
        self._churn.settle(lease["revision"], begin, old, lease)
        return "changed"

    def _move(self, name, old):
        """Not waited for in between: the controller may see both at once."""
        begin = time.monotonic()
        gone = self._churn.release(name)
        address = random.choice(sorted(self._spare - {lease["address"]
                                                      for lease in self._held.values()}))
        again = time.monotonic()
        lease = self._churn.allocate(name, self._hostnames(name), address=address)
        self._held[name] = lease
        self._churn.settle(gone, begin, old, {}, wait_for=lease["revision"])
        self._churn.settle(lease["revision"], again, {}, lease)
        return "moved"

    def _delete(self, name, old):
        begin = time.monotonic()
        gone = self._churn.release(name)
        del self._held[name]
        self._churn.settle(gone, begin, old, {})
        return "deleted"

    def clear(self):
        for name in list(self._held):
            self._delete(name, self._held[name])


class Churn:
    """Workers on one slice, and the history of all that they did."""

    def __init__(self, the_slice):
        self.history = History()
        self.counts = Counter()
        self._ipam = the_slice.api("ipam")
        # Of ipam's last answer.
        self._store_id = ""
        self._dnsd = the_slice.api("dnsd-controller")
        self._workers = [Worker(self, number) for number in range(WORKERS)]
        self._left = 0
        self._ended = threading.Event()
        self._failures = []
        self._lock = threading.Lock()

    def __enter__(self):
        for number in range(STAYING):
            begin = time.monotonic()
            lease = self.allocate(f"stay-{number}", [f"stay-{number}.db"])
            self.settle(lease["revision"], begin, {}, lease)
        return self

    def __exit__(self, *_):
        for worker in self._workers:
            worker.clear()
        for number in range(STAYING):
            self.release(f"stay-{number}")
        self._ipam.close()
        self._dnsd.close()

    @staticmethod
    def questions():
        """All that may ever exist here."""
        names = [f"stay-{number}.db" for number in range(STAYING)]
        for worker in range(WORKERS):
            for index in range(OWNERS):
                name = f"churn-{worker}-{index}"
                names += [f"{name}.db", *(f"{letter}.{name}" for letter in "abc")]
        addresses = [reverse(address_at(offset)) for offset in range(FIRST, LAST + 1)]
        return [[f"{name}.{ZONE}", A] for name in names] + [[name, PTR] for name in addresses]

    def run(self, changes=None):
        """So many changes by all workers; without a number until `stop`."""
        self._left = float("inf") if changes is None else changes
        self._ended.clear()
        threads = [threading.Thread(target=self._work, args=(worker,)) for worker in self._workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert self._failures == []

    def stop(self):
        self._ended.set()

    def _work(self, worker):
        while not self._ended.is_set():
            with self._lock:
                if self._left <= 0:
                    return
                self._left -= 1
            try:
                done = worker.one()
            except Exception as error:  # pylint: disable=broad-except
                # Told by run(), for a thread's own end is not seen.
                self._failures.append(repr(error))
                self.stop()
                return
            with self._lock:
                self.counts[done] += 1

    def told(self):
        return (f"{sum(self.counts.values()):,} changes (" +
                ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items())) + ")")

    def allocate(self, name, hostnames, **more):
        return self._persist(f"{IPAM}/AllocateAddress", owner=f"db/{name}", pool="databases",
                             hostnames=hostnames, requestId=str(uuid.uuid4()), **more)

    def update(self, name, hostnames):
        return self._persist(f"{IPAM}/UpdateLease", requestId=str(uuid.uuid4()),
                             lease={"owner": f"db/{name}", "hostnames": hostnames})

    def release(self, name):
        return self._persist(f"{IPAM}/ReleaseLease", owner=f"db/{name}",
                             requestId=str(uuid.uuid4()))["revision"]

    def settle(self, revision, begin, old, new, wait_for=None):
        """Waits until it is published, and writes down what it changed."""
        self._persist(f"{DNSD}/WaitForRevision", revision=wait_for or revision,
                      storeId=self._store_id)
        end = time.monotonic()
        before, after = facts(old), facts(new)
        for question in before.keys() | after.keys():
            if before.get(question) != after.get(question):
                self.history.change(question, int(revision), after.get(question), begin, end)

    def _persist(self, method, **request):
        """Calls until it is answered: the one that is called may be away."""
        api = self._dnsd if method.startswith(DNSD) else self._ipam
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = api.call(method, timeout=5, wait=True, **request)
                self._store_id = answer.get("storeId", self._store_id)
                return answer
            except ApiError as error:
                if error.code not in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
                    raise
                if time.monotonic() > deadline:
                    raise


def facts(lease):
    """Question to answer, of all that a lease gives; {} is no lease."""
    if not lease:
        return {}
    names = [f"{name}.{ZONE}" for name in lease["hostnames"]]
    found = {(name, A): lease["address"] for name in names}
    found[(reverse(lease["address"]), PTR)] = names[0]
    return found
