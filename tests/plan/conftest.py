"""One service and one node of the caller for all tests of the plan."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plan.partner import Partner
from plan.service import Service, running
from plan.serving import self_signed, served


@pytest.fixture(scope="session")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    """The caller's own node, which gives out tokens and receives events."""
    certificate, key = self_signed(tmp_path_factory.mktemp("caller"))
    partner = Partner(certificate=certificate)
    with served(partner.app(), certificate, key) as partner.base:
        yield partner


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, caller: Partner) -> Iterator[Service]:
    """The gateway in its own process, with footprints on offer."""
    with running(tmp_path_factory.mktemp("service"), caller) as started:
        yield started
