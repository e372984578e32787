"""What was erased from a received footprint does not come back with the next pull."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.pact_files import Folder
from gateway.store.database import Store
from gateway.store.erasure import erase, find
from tests.client.hosts import FakeHost, footprint
from tests.client.pulls import contents, counts, newest, pulled, rules

NAME = "Zhang San"
NAMED = footprint(1, comment=f"Ask {NAME}")


@pytest.fixture
def host() -> FakeHost:
    return FakeHost([footprint(0), NAMED])


@pytest.fixture
def erased(on_both: Store, host: FakeHost) -> Store:
    """A store that pulled a footprint with a person in it, who was erased."""
    pulled(on_both, host)
    with on_both.read() as connection:
        found = list(find(connection, NAME))
    assert len(erase(on_both, found).values) == 1
    return on_both


def is_named(store: Store) -> bool:
    return any(NAME.encode() in content for content in contents(store))


def test_what_was_erased_stays_erased_and_the_pull_says_so(
    erased: Store, host: FakeHost, tmp_path: Path
) -> None:
    summary = pulled(erased, host, beside=Folder(str(tmp_path / "out")).add)
    assert (counts(summary), summary.fault) == ((0, 1, 0), None)
    assert rules(summary.findings) == ["PULL-ERASED"]
    assert not is_named(erased)
    assert NAME not in "".join(file.read_text("utf-8") for file in (tmp_path / "out").iterdir())


def test_it_is_told_even_where_the_host_shows_nothing_else(erased: Store) -> None:
    assert rules(pulled(erased, FakeHost([NAMED])).findings) == ["PULL-ERASED"]


def test_it_is_taken_again_by_who_says_so_and_is_no_change_of_the_sender(
    erased: Store, host: FakeHost
) -> None:
    summary = pulled(erased, host, again=True)
    assert counts(summary) == (1, 1, 0)
    assert contents(erased)[-1] == NAMED
    assert newest(erased, 1).findings == ()


def test_its_deprecation_is_news_and_no_change_of_its_content(erased: Store) -> None:
    summary = pulled(erased, FakeHost([footprint(1, comment=f"Ask {NAME}", status="Deprecated")]))
    assert counts(summary) == (1, 0, 0)
    assert "PULL-CHANGED" not in rules(newest(erased, 1).findings)


def test_another_content_under_its_id_is_still_told(erased: Store) -> None:
    changed = footprint(1, comment=f"Ask {NAME}", productDescription="another")
    assert counts(pulled(erased, FakeHost([changed]))) == (1, 0, 1)
    assert "PULL-CHANGED" in rules(newest(erased, 1).findings)
