"""Figures for Prometheus. They are served on a port of their own on 127.0.0.1, never to the public."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """One registry for each host. A route is named by its template, so that ids make no series."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("cbamgw_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "cbamgw_request_seconds", "Time to answer.", ("route",), registry=self.registry, buckets=_SECONDS
        )
        self.open = Gauge("cbamgw_requests_open", "Requests in work.", registry=self.registry)
        self.tokens = Counter(
            "cbamgw_tokens", "Requests for a token by outcome.", ("outcome",), registry=self.registry
        )
        self.events = Counter(
            "cbamgw_events", "Events by type and outcome.", ("type", "outcome"), registry=self.registry
        )

        self.deliveries = Counter(
            "cbamgw_deliveries", "Tries to deliver an event by result.", ("result",), registry=self.registry
        )
        self.fetches = Counter(
            "cbamgw_announced_fetches",
            "Tries to fetch what a partner announced by result.",
            ("result",),
            registry=self.registry,
        )

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """A gauge that is asked when the figures are fetched, e.g. the length of the outbox."""
        Gauge(name, what, registry=self.registry).set_function(value)

    def serve(self, port: int) -> int:
        """Serve the figures at http://127.0.0.1:PORT/metrics; returns the port."""
        server, _ = start_http_server(port, addr="127.0.0.1", registry=self.registry)
        return int(server.server_port)
