"""How our events name this host: by an address that a partner can reach."""

import pytest

from gateway.service.settings import Settings
from gateway.service.work import source_of

CERTIFIED = ("localhost", "127.0.0.1", "pact.plant.example")


@pytest.mark.parametrize(
    ("settings", "names", "port", "source"),
    [
        ({"public_base_url": "https://p.example"}, CERTIFIED, 8443, "https://p.example"),
        ({"host": "pact.plant.example"}, CERTIFIED, 443, "https://pact.plant.example"),
        ({"host": "pact.plant.example"}, CERTIFIED, 8443, "https://pact.plant.example:8443"),
        ({"host": "::1"}, ("::1",), 9000, "https://[::1]:9000"),
        (
            {"allowed_hosts": ("front.example",), "behind_proxy": ("10.0.0.0/8",)},
            (),
            8080,
            "https://front.example",
        ),
    ],
)
def test_it_is_the_base_url_or_the_name_and_port_that_answer(settings, names, port, source):
    assert source_of(Settings(**settings), names, port) == source
