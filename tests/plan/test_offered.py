"""What is published comes out as the official documents have it, whatever liberty its sender took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from plan.documents import footprint_id, footprints_v3
from plan.host import Host, client_for
from plan.official import VERSIONS, must_conform, present
from plan.service import Service, running
from plan.serving import trusting

pytestmark = pytest.mark.skipif(
    not present(), reason="the official OpenAPI files are not at hand (CBAMGW_SHARED)"
)
Edit = dict[str, Any]
LIBERTIES: dict[str, tuple[Edit, Edit]] = {
    "an exponent": ({}, {"fossilGhgEmissions": "325e-2"}),
    "an explicit null": ({"comment": None}, {}),
    "a null in the figures": ({}, {"aircraftGhgEmissions": None}),
    "a time with an offset": ({"created": "2026-02-03T16:00:00+08:00"}, {}),
    "a time with fractions": ({"created": "2026-02-03T08:00:00.250Z"}, {}),
    "a property of its own": ({"x-house": {"a": 1}}, {}),
    "an id in capitals": ({"id": footprint_id(999).upper()}, {}),
    "a name with a line break": ({"companyName": "Works\r\nX-Evil: 1"}, {}),
}


@pytest.fixture(scope="module")
def own_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own: what is offered here must not stand in the lists of the other tests."""
    with running(tmp_path_factory.mktemp("offered"), count=0) as started:
        yield started


@pytest.fixture(scope="module")
def host(own_service: Service) -> Iterator[Host]:
    with client_for(trusting(own_service.certificate)) as http:
        yield Host(own_service.base, own_service.client_id, own_service.secret, "3.0", http)


@pytest.mark.parametrize("liberty", LIBERTIES)
def test_it_is_refused_or_served_as_every_version_has_it(
    own_service: Service, host: Host, liberty: str
) -> None:
    top, figures = LIBERTIES[liberty]
    document = footprints_v3(2)[1] | {"id": footprint_id(1000 + list(LIBERTIES).index(liberty))} | top
    document["pcf"] |= figures
    code, said = own_service.offer(document)
    if code != 0:
        assert "error [" in said
        return
    for version in VERSIONS:
        asked = host.in_version(version)
        response = asked.get(asked.path(f"footprints/{document['id']}"))
        assert response.status_code == 200, (version, response.text)
        must_conform(version, "ProductFootprint", response.json()["data"])
        assert "X-Evil" not in response.headers
        assert response.json()["data"]["created"].endswith("Z")
