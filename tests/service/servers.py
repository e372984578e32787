"""A server on a socket of this machine, in a thread of the test."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.service.app import make_app
from gateway.service.edge import LOOPBACK
from gateway.service.serve import bind, server_of
from gateway.service.settings import load_settings
from gateway.service.tls import Tls, self_signed
from gateway.store.database import Store
from gateway.trust.envelope import system_clock
from tests.service.houses import SECRET


@dataclass
class Running:
    """A server that runs: where, its certificate, and the application behind it."""

    port: int
    tls: Tls
    app: Any
    server: Any

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.tls.certificate.decode())

    def connect(self) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.context().wrap_socket(plain, server_hostname="127.0.0.1")

    def get(self, path: str, **headers: str) -> httpx.Response:
        with httpx.Client(verify=self.context(), base_url=self.url) as web:
            return web.get(path, headers=headers)


@contextlib.contextmanager
def running(store: Store, app: Any = None, workers: Any = (), **named: Any) -> Iterator[Running]:
    """A host over TLS until the block ends; then it is stopped as by a signal."""
    settings = load_settings(port=0, **named)
    tls = self_signed(LOOPBACK, system_clock())
    made = make_app(store, settings, SECRET, names=tls.names, workers=workers)
    for path, work in (app or {}).items():
        made.add_route(path, work, methods=["GET", "POST"])
    bound, ready = bind(settings), threading.Event()
    server = server_of(made, settings, bound, tls, ready.set)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield Running(bound.getsockname()[1], tls, made, server)
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
