"""A client that is not ours reads the description of the service and tries it over TLS: schemathesis."""

from __future__ import annotations

import contextlib

import pytest
import requests

schemathesis = pytest.importorskip("schemathesis")

from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from hypothesis.errors import Unsatisfiable  # noqa: E402
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.specs.openapi.checks import negative_data_rejection  # noqa: E402

from gateway.data import data_path  # noqa: E402
from gateway.pact.offer import prepare, put_on_offer  # noqa: E402
from gateway.store.clients import add_client, share  # noqa: E402
from gateway.store.database import open_store  # noqa: E402
from tests.service.servers import running  # noqa: E402

QUICK = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

NOTHING_WRONG = ("/schemas/", "/rules/")
"""Operations whose only parameters are any text: looking for a wrong one takes long and finds none."""


@pytest.fixture(scope="module")
def host(tmp_path_factory, migrated_file):
    folder = tmp_path_factory.mktemp("contract")
    store = open_store(f"sqlite:///{folder / 'gateway.db'}")
    with store.write() as connection:
        buyer, _ = add_client(connection, "Buyer", store.now())
        share(connection, buyer, "all", "", store.now())
        put_on_offer(connection, prepare(data_path("examples", "aluminium.json").read_bytes()), store.now())
    with running(store, bad_tries=100_000) as made:
        made.buyer = buyer
        made.certificate = folder / "host.pem"
        made.certificate.write_bytes(made.tls.certificate)
        with requests.Session() as made.session:  # one connection: a handshake costs more than an answer
            yield made
    store.close()


def headers_for(host, path: str) -> dict[str, str]:
    if not path.startswith(("/2/", "/3/")):
        return {}
    served = host.app.state.host
    return {"Authorization": f"Bearer {served.tokens.issue(host.buyer, host.url, served.store.now())}"}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_one_that_the_description_promises(host, mode):
    """Good and bad requests for every operation: no server error, every status, header and body as described."""
    certificate = str(host.certificate)
    described = schemathesis.openapi.from_url(f"{host.url}/openapi.json", verify=certificate)
    tried = 0
    for found in described.get_all_operations():
        operation = found.ok()

        @QUICK
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case):
            # what else stands in an event is kept and not looked at, of whatever type it is
            liberal = [negative_data_rejection] if case.path.endswith("/events") else []
            headers = headers_for(host, case.path)
            case.call_and_validate(
                headers=headers, verify=certificate, excluded_checks=liberal, session=host.session
            )

        if mode is GenerationMode.NEGATIVE and operation.path.startswith(NOTHING_WRONG):
            continue
        with contextlib.suppress(Unsatisfiable):  # an operation of which nothing can be wrong
            call()
            tried += 1
    assert tried >= 6
