"""That the plan can fail: a small host that keeps it passes, and each of its faults is caught by its cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from plan.cases import Case, all_cases, result_of
from plan.check_events import TYPES, types_are_official
from plan.documents import as_v2, footprints_v3
from plan.host import Host, client_for
from plan.official import VERSIONS, must_conform, present
from plan.partner import Partner
from plan.serving import self_signed, served, trusting
from plan.stub import CLIENT, SECRET, Stub

pytestmark = pytest.mark.skipif(
    not present(), reason="the official OpenAPI files are not at hand (CBAMGW_SHARED)"
)
CASES = [case for case in all_cases() if not case.slow]


@dataclass
class World:
    stub: Stub
    host: Host

    def in_version(self, version: str) -> Host:
        self.stub.faults = set()
        self.stub.__post_init__()
        fresh = self.host.in_version(version)
        fresh.token()
        return fresh


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    certificate, key = self_signed(tmp_path_factory.mktemp("tls"))
    trust = trusting(certificate)
    stub, partner = Stub(trust=trust), Partner()
    with (
        served(partner.app(), certificate, key) as partner.base,
        served(stub.app(), certificate, key) as stub.base,
        served(stub.app()) as plain,
        client_for(trust) as http,
    ):
        stub.partner_base, stub.partner_client, stub.partner_secret = (
            partner.base,
            partner.client_id,
            partner.secret,
        )
        yield World(
            stub,
            Host(
                stub.base, CLIENT, SECRET, "3.0", http, plain=plain, hidden_id=stub.hidden_id, partner=partner
            ),
        )


def _in_versions(cases: list[Case], *, newest_only: bool) -> list[tuple[Case, str]]:
    return [(c, v) for c in cases for v in c.versions if not newest_only or v in ("2.3", "3.0")]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_host_that_keeps_the_plan_passes_every_case(world: World, version: str) -> None:
    host = world.in_version(version)
    outcomes = [result_of(case, host) for case in CASES if version in case.versions]
    assert [(r.case.number, r.why) for r in outcomes if r.outcome != "passed"] == []


TWINS = [
    (case, version, twin) for case, version in _in_versions(CASES, newest_only=True) for twin in case.twins
]


@pytest.mark.parametrize(("case", "version", "twin"), TWINS, ids=[f"{c.number}-{v}-{t}" for c, v, t in TWINS])
def test_a_host_with_this_fault_fails_the_case(
    world: World, monkeypatch: pytest.MonkeyPatch, case: Case, version: str, twin: str
) -> None:
    monkeypatch.setattr("plan.check_events.ANSWER_SECONDS", 0)
    host = world.in_version(version)
    if twin not in ("shows-hidden", "only-active", "list-without-pcf", "list-null", "list-as-text"):
        host.everything()
    world.stub.faults = {twin}
    assert result_of(case, host).outcome in (
        ("failed", "not shown") if twin == "only-active" else ("failed",)
    )


def test_every_case_has_a_fault_that_it_catches() -> None:
    assert [case.number for case in CASES if not case.twins] == []


def test_numbers_are_unique() -> None:
    numbers = [case.number for case in all_cases()]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_event_types_are_those_of_the_official_document(version: str) -> None:
    assert types_are_official(version) == TYPES[version[0]]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_footprints_of_the_plan_are_valid_in_every_version(version: str) -> None:
    for document in footprints_v3(40):
        must_conform(version, "ProductFootprint", document if version == "3.0" else as_v2(document))
