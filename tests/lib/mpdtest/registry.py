"""An image registry of one image, as far as a pull asks for it.

The protocol is the OCI distribution specification's: a manifest by tag or digest, blobs by digest.
"""

import hashlib
import http.server
import io
import json
import os
import tarfile
import threading

from mpdtest.process import run


LAYER_BYTES = 8 << 20


class Registry:
    """Serves a local image, and upon it a layer that no storage has yet, under any name and tag.
    While it is held, it sends half of that layer."""

    def __init__(self, image, folder, port=5000):
        self.folder = folder
        run("podman", "save", "--quiet", "--format", "docker-dir", "--output", folder, image,
            timeout=120)
        self.layer = ""
        self.manifest = json.dumps(self._with_new_layer()).encode()
        self.released = threading.Event()
        self.released.set()
        handler = type("Handler", (_Handler,), {"registry": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def _with_new_layer(self):
        manifest = json.loads((self.folder / "manifest.json").read_text())
        config = json.loads(self._blob(manifest["config"]["digest"]).read_text())
        text = io.BytesIO()
        with tarfile.open(fileobj=text, mode="w") as layer:
            entry = tarfile.TarInfo("new-layer")
            entry.size = LAYER_BYTES
            layer.addfile(entry, io.BytesIO(os.urandom(LAYER_BYTES)))
        self.layer, size = self._add(text.getvalue())
        kind = manifest["layers"][-1]["mediaType"]
        manifest["layers"].append({"mediaType": kind, "size": size, "digest": self.layer})
        config["rootfs"]["diff_ids"].append(self.layer)
        config["history"].append({"created_by": "mpdtest"})
        digest, size = self._add(json.dumps(config).encode())
        manifest["config"].update(digest=digest, size=size)
        return manifest

    def _blob(self, digest):
        return self.folder / digest.removeprefix("sha256:")

    def _add(self, content):
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self._blob(digest).write_bytes(content)
        return digest, len(content)

    def hold(self):
        self.released.clear()

    def release(self):
        self.released.set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registry = None

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass

    def do_HEAD(self):  # pylint: disable=invalid-name
        self._answer(False)

    def do_GET(self):  # pylint: disable=invalid-name
        self._answer(True)

    def _answer(self, with_body):
        kind, _, reference = self.path.rpartition("/")
        if self.path == "/v2/":
            self._send("application/json", b"{}", with_body)
        elif kind.endswith("/manifests"):
            manifest = self.registry.manifest
            self._send(json.loads(manifest)["mediaType"], manifest, with_body)
        elif kind.endswith("/blobs"):
            self._send_blob(reference.removeprefix("sha256:"))
        else:
            self.send_error(404)

    def _head(self, content_type, size, digest):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(size))
        self.send_header("Docker-Content-Digest", f"sha256:{digest}")
        self.end_headers()

    def _send(self, content_type, body, with_body):
        self._head(content_type, len(body), hashlib.sha256(body).hexdigest())
        if with_body:
            self.wfile.write(body)

    def _send_blob(self, digest):
        path = self.registry.folder / digest
        if not digest.isalnum() or not path.is_file():
            self.send_error(404)
            return
        size = path.stat().st_size
        self._head("application/octet-stream", size, digest)
        with open(path, "rb") as blob:
            if self.registry.layer.endswith(digest):
                self.wfile.write(blob.read(size // 2))
                self.wfile.flush()
                self.registry.released.wait(120)
            while chunk := blob.read(1 << 20):
                self.wfile.write(chunk)
