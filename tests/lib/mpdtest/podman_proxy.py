"""Between the container-manager and Podman: every request is seen, and a test may act at any of them.

The manager opens a connection for each request, so that a connection is a request here.
"""

import os
import re
import select
import socket
import threading


class PodmanProxy:
    """Serves `path` with what Podman on `podman_socket` answers."""

    def __init__(self, path, podman_socket):
        self.path = str(path)
        self.seen = []
        self.fired = threading.Event()
        self._podman = str(podman_socket)
        self._lock = threading.Lock()
        self._trap = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, nth, act, matches=lambda method, path: True, answered=False):
        """At the `nth` matching request from now on, once: `act` is called before Podman has heard
        of it, or, with `answered`, when Podman has answered and the manager has not heard."""
        with self._lock:
            self.seen = []
            self.fired.clear()
            self._trap = [nth, act, matches, answered]

    def watch(self, matches, act):
        """At the next matching request, once: `act` is called, and the request goes on its way."""
        with self._lock:
            self._trap = [1, act, matches, None]

    def disarm(self):
        with self._lock:
            self._trap = None

    def close(self):
        self.disarm()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        os.unlink(self.path)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    @staticmethod
    def _request(client):
        data = b""
        while b"\r\n\r\n" not in data:
            part = client.recv(65536)
            if not part:
                return data
            data += part
        head, rest = data.split(b"\r\n\r\n", 1)
        length = re.search(rb"(?i)content-length: (\d+)", head)
        missing = int(length.group(1)) - len(rest) if length else 0
        while missing > 0:
            part = client.recv(65536)
            if not part:
                break
            data += part
            missing -= len(part)
        return data

    def _springs(self, method, path):
        """The trap's (act, answered) where this request is the one; else None."""
        with self._lock:
            if "/events?" in path or not self._trap:
                return None
            nth, act, matches, answered = self._trap
            if not matches(method, path):
                return None
            self.seen.append(f"{method} {path}")
            self._trap[0] = nth - 1
            if self._trap[0] > 0:
                return None
            self._trap = None
            return act, answered

    def _serve(self, client):
        with client, socket.socket(socket.AF_UNIX) as podman:
            request = self._request(client)
            if not request:
                return
            method, path = request.split(b" ", 2)[:2]
            sprung = self._springs(method.decode(), path.decode())
            if sprung and sprung[1] is not True:
                sprung[0]()
                self.fired.set()
                if sprung[1] is False:
                    return
                sprung = None
            try:
                podman.connect(self._podman)
                podman.sendall(request)
                if sprung:
                    answer = b"".join(iter(lambda: podman.recv(65536), b""))
                    sprung[0]()
                    self.fired.set()
                    client.sendall(answer)
                    return
                self._pump(client, podman)
            except OSError:
                return

    @staticmethod
    def _pump(client, podman):
        """Podman's answer to the client, until either ends."""
        while True:
            ready, _, _ = select.select([client, podman], [], [])
            if client in ready and not client.recv(65536):
                return
            if podman in ready:
                data = podman.recv(65536)
                if not data:
                    return
                client.sendall(data)
