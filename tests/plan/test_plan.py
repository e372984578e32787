"""Every case of the plan against the gateway itself, in its own process, over TLS."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from plan.cases import Case, all_cases
from plan.host import Host, client_for
from plan.official import VERSIONS, present
from plan.partner import Partner
from plan.service import Service
from plan.serving import trusting

pytestmark = pytest.mark.skipif(
    not present(), reason="the official OpenAPI files are not at hand (CBAMGW_SHARED)"
)
SLOW = [(case, version) for version in ("2.3", "3.0") for case in all_cases() if case.slow]
ROWS = [
    (case, version)
    for version in VERSIONS
    for case in all_cases()
    if version in case.versions and not case.slow
]


@pytest.fixture(scope="module")
def asked(service: Service, caller: Partner) -> Iterator[dict[str, Host]]:
    """The host in each version; what it lists is asked for once."""
    who = service.client_id, service.secret
    with client_for(trusting(service.certificate)) as http:
        hidden = {"hidden_id": service.hidden_id, "partner": caller}
        yield {version: Host(service.base, *who, version, http, **hidden) for version in VERSIONS}


@pytest.mark.parametrize(("case", "version"), ROWS, ids=[f"{v}-{c.number}" for c, v in ROWS])
def test_the_gateway_passes(asked: dict[str, Host], case: Case, version: str) -> None:
    case.try_on(asked[version])


@pytest.mark.full
@pytest.mark.skipif(not os.environ.get("CBAMGW_FULL"), reason="waits for minutes (make test-full)")
@pytest.mark.parametrize(("case", "version"), SLOW, ids=[f"{v}-{c.number}" for c, v in SLOW])
def test_the_gateway_passes_what_takes_long(asked: dict[str, Host], case: Case, version: str) -> None:
    case.try_on(asked[version])
