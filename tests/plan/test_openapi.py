"""What the gateway says of itself at /openapi.json, held against the official documents."""

from __future__ import annotations

from typing import Any

import pytest

from plan.host import client_for
from plan.official import document, present
from plan.service import Service
from plan.serving import trusting

pytestmark = pytest.mark.skipif(
    not present(), reason="the official OpenAPI files are not at hand (CBAMGW_SHARED)"
)
Json = dict[str, Any]
OFFICIAL = ("2.3", "3.0")


def _operations() -> list[tuple[str, str, str]]:
    if not present():
        return []
    paths = [
        (version, path, found) for version in OFFICIAL for path, found in document(version)["paths"].items()
    ]
    return [(version, path, method) for version, path, found in paths for method in found]


OPERATIONS = _operations()
BEYOND = {"304", "404", "409", "413", "415", "429", "503"}
"""Statuses that the official documents do not name and any HTTP service may give."""


@pytest.fixture(scope="module")
def own(service: Service) -> Json:
    with client_for(trusting(service.certificate)) as http:
        found: Json = http.get(f"{service.base}/openapi.json").json()
    return found


def _resolved(node: Json, whole: Json) -> Json:
    while "$ref" in node:
        target: Any = whole
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _parameters(whole: Json, path: str, method: str) -> dict[str, Json]:
    found = [_resolved(p, whole) for p in whole["paths"][path][method].get("parameters", [])]
    return {parameter["name"]: parameter for parameter in found}


@pytest.mark.parametrize(("version", "path", "method"), OPERATIONS)
class TestOperation:
    """Each operation of the official documents."""

    def test_takes_the_official_parameters_in_the_same_place(
        self, own: Json, version: str, path: str, method: str
    ) -> None:
        ours, theirs = _parameters(own, path, method), _parameters(document(version), path, method)
        assert theirs.keys() <= ours.keys()
        for name, parameter in theirs.items():
            assert ours[name]["in"] == parameter["in"]
            assert ours[name].get("required", False) == parameter.get("required", False)
            assert ours[name]["schema"].get("type", "string") in (parameter["schema"]["type"], "array")

    def test_asks_for_no_parameter_of_its_own(self, own: Json, version: str, path: str, method: str) -> None:
        ours, theirs = _parameters(own, path, method), _parameters(document(version), path, method)
        assert [
            n for n, p in ours.items() if p.get("required") and n not in theirs and p["in"] != "header"
        ] == []

    def test_answers_with_the_official_statuses(
        self, own: Json, version: str, path: str, method: str
    ) -> None:
        ours = set(own["paths"][path][method]["responses"])
        theirs = set(document(version)["paths"][path][method]["responses"])
        assert theirs - ours <= ({"404"} if path == "/2/events" else set())  # it is never given there
        assert ours - theirs <= BEYOND

    def test_answers_in_the_official_media_types(
        self, own: Json, version: str, path: str, method: str
    ) -> None:
        described = own["paths"][path][method]["responses"]
        for status, response in document(version)["paths"][path][method]["responses"].items():
            if status not in described:
                continue
            theirs = _resolved(response, document(version)).get("content", {})
            ours = _resolved(described[status], own).get("content", {})
            assert theirs.keys() <= ours.keys() or (path.endswith("events") and status == "200")

    def test_takes_the_official_media_type(self, own: Json, version: str, path: str, method: str) -> None:
        theirs = document(version)["paths"][path][method].get("requestBody", {}).get("content", {})
        ours = own["paths"][path][method].get("requestBody", {}).get("content", {})
        assert theirs.keys() <= ours.keys()

    def test_asks_for_a_token(self, own: Json, version: str, path: str, method: str) -> None:
        (scheme,) = own["paths"][path][method]["security"][0]
        described = own["components"]["securitySchemes"][scheme]
        assert described["type"] == "oauth2"
        assert described["flows"].keys() == {"clientCredentials"}
        assert described["flows"]["clientCredentials"]["tokenUrl"] == "/auth/token"


@pytest.mark.parametrize("version", OFFICIAL)
def test_the_footprint_has_every_official_field_and_no_other_is_required(own: Json, version: str) -> None:
    path = f"/{version[0]}/footprints/{{id}}"
    enclosed = _resolved(
        own["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"], own
    )
    ours = _resolved(enclosed["properties"]["data"], own)
    theirs = document(version)["components"]["schemas"]["ProductFootprint"]
    assert set(theirs["properties"]) <= set(ours["properties"])
    assert set(theirs["required"]) == set(ours["required"])
    our_pcf, their_pcf = (
        _resolved(ours["properties"]["pcf"], own),
        document(version)["components"]["schemas"]["CarbonFootprint"],
    )
    assert set(their_pcf["properties"]) <= set(our_pcf["properties"])
    assert set(their_pcf["required"]) == set(our_pcf["required"])
