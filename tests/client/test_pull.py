"""Pulling into the store: everything is kept as it came, once, with what was found; and nothing is missed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from gateway.model.finding import Finding
from gateway.pact.client import Footprint, Query
from gateway.pact.judge import Circumstances, judge, receive
from gateway.store import log
from gateway.store.database import Store
from gateway.store.received import all_received, keep_received
from gateway.store.tables.received import pulls
from tests.client.hosts import BASE, HOST, JSON, FakeHost, Time, footprint, page_of, pf_id
from tests.client.pulls import contents, counts, newest, pulled, rules

ALL = [footprint(number) for number in range(5)]


def test_everything_is_kept_byte_for_byte_and_told_in_the_log(on_both: Store) -> None:
    summary = pulled(on_both, FakeHost(ALL))
    assert counts(summary) == (5, 0, 0)
    assert contents(on_both) == ALL
    assert summary.fault is None
    with on_both.read() as connection:
        assert log.length(connection) == 6  # five footprints and the pull
        assert log.verify_log(connection) is None
        told = list(all_received(connection))
    assert {each.verdicts["schema"] for each in told} == {"valid"}
    assert {each.verdicts["signature"] for each in told} == {"none"}
    assert {each.source for each in told} == {HOST}


def test_a_second_pull_keeps_nothing_twice_and_asks_for_every_page(on_both: Store) -> None:
    host = FakeHost(ALL)
    pulled(on_both, host)
    host.footprints = [*ALL, footprint(9)]
    assert counts(pulled(on_both, host)) == (1, 5, 0)
    assert contents(on_both) == host.footprints
    assert host.listed == ["", "after=2", "after=4"] * 2


def test_a_wrong_footprint_is_kept_with_its_findings_and_the_others_beside_it(on_both: Store) -> None:
    minus = {**BASE["pcf"], "declaredUnitAmount": "-1"}
    wrong = [
        footprint(1, pcf=minus),
        b'{"id": "' + pf_id(2).encode() + b'", "id": "other"}',
        b'{"id": "../../etc/passwd", "specVersion": "3.0.0"}',
        b"null",
        b'{"id": "' + pf_id(3).encode() + b'", "companyName": "\xff"}',
        footprint(4, specVersion="9.1.0"),
        footprint(5),
    ]
    summary = pulled(on_both, FakeHost(wrong, size=9))
    assert counts(summary) == (7, 0, 5)
    assert contents(on_both) == wrong
    with on_both.read() as connection:
        found = [rules(each.findings) for each in all_received(connection)]
        verdicts = [each.verdicts["schema"] for each in all_received(connection)]
    assert "PACT-AMOUNT" in found[0] or verdicts[0] == "invalid"
    assert "READ-DUPLICATE-KEY" in found[1]
    assert "PULL-NO-ID" in found[2]
    assert "PULL-NO-ID" in found[3]
    assert "READ-NOT-UTF8" in found[4]
    assert found[5] == ["PULL-MODEL"]
    assert verdicts[5] == "not checked"
    assert verdicts[6] == "valid"


def test_a_second_pull_still_counts_the_errors_of_what_is_known(kept: Store) -> None:
    host = FakeHost([b'{"id": "' + pf_id(1).encode() + b'"}'])
    assert counts(pulled(kept, host)) == (1, 0, 1)
    assert counts(pulled(kept, host)) == (0, 1, 1)


def test_a_footprint_that_changed_under_its_id_is_kept_beside_the_first_and_named(on_both: Store) -> None:
    host = FakeHost([footprint(1)])
    pulled(on_both, host)
    host.footprints = [footprint(1, productDescription="another")]
    assert counts(pulled(on_both, host)) == (1, 0, 1)
    told = newest(on_both, 1)
    assert rules(told.findings) == ["PULL-CHANGED"]
    assert told.findings[0].values["digest"] == Footprint(footprint(1)).digest
    assert told.verdicts["rules"] == "broken"
    assert len(contents(on_both)) == 2


def test_a_deprecation_is_no_change_and_its_way_back_is_one(kept: Store) -> None:
    host = FakeHost([footprint(1)])
    pulled(kept, host)
    host.footprints = [footprint(1, status="Deprecated")]
    assert counts(pulled(kept, host)) == (1, 0, 0)
    assert rules(newest(kept, 1).findings) == []
    host.footprints = [footprint(1, status="Active", comment="back again")]
    pulled(kept, host)
    assert rules(newest(kept, 1).findings) == ["PULL-CHANGED"]


def test_an_edition_of_data_model_2_may_follow_under_the_same_id_and_no_other_change(kept: Store) -> None:
    def edition(**members: Any) -> bytes:
        return footprint(1, **({"specVersion": "2.2.0", "version": 0} | members))

    host = FakeHost([edition()], api="2")
    pulled(kept, host)
    host.footprints = [edition(version=1, comment="mended")]
    pulled(kept, host)
    assert "PULL-CHANGED" not in rules(newest(kept, 1).findings)
    host.footprints = [edition(version=1, comment="mended again")]
    pulled(kept, host)
    assert "PULL-CHANGED" in rules(newest(kept, 1).findings)


def test_the_same_content_in_another_order_of_members_is_known(kept: Store) -> None:
    host = FakeHost([footprint(1)])
    pulled(kept, host)
    host.footprints = [json.dumps(dict(reversed(json.loads(footprint(1)).items()))).encode()]
    assert counts(pulled(kept, host)) == (0, 1, 0)


def test_a_listing_that_repeats_a_footprint_keeps_it_once_and_says_so(kept: Store) -> None:
    summary = pulled(kept, FakeHost([ALL[0], ALL[1], ALL[1], ALL[2]]))
    assert counts(summary) == (3, 0, 0)
    assert rules(summary.findings) == ["PULL-DOUBLE"]


# cut short


def failing_at(host: FakeHost, query: str) -> None:
    host.instead = lambda request: (
        httpx.Response(200, stream=httpx.ByteStream(page_of(ALL)[:-9]), headers=JSON)
        if request.url.path == "/3/footprints" and request.url.query.decode() == query
        else None
    )


def test_a_pull_that_was_cut_short_goes_on_where_it_stopped(kept: Store) -> None:
    host = FakeHost(ALL)
    failing_at(host, "after=4")
    first = pulled(kept, host)
    assert first.fault is not None
    assert rules(first.fault.findings) == ["PULL-JSON"]
    assert contents(kept) == ALL[:4]
    host.instead, host.calls = None, []
    second = pulled(kept, host)
    assert second.resumed
    assert second.fault is None
    assert host.listed == ["after=4"]
    assert counts(second) == (5, 0, 0)
    assert contents(kept) == ALL


def test_a_place_that_no_longer_holds_is_left_and_the_pull_begins_anew(kept: Store) -> None:
    host = FakeHost(ALL)
    failing_at(host, "after=4")
    pulled(kept, host)
    host.calls = []
    ended = iter([httpx.Response(400, json={"code": "BadRequest", "message": "cursor"})])
    host.instead = lambda request: next(ended, None) if request.url.path == "/3/footprints" else None
    again = pulled(kept, host)
    assert host.listed == ["after=4", "", "after=2", "after=4"]
    assert counts(again) == (1, 4, 0)
    assert not again.resumed
    assert contents(kept) == ALL


def test_a_pull_of_yesterday_is_begun_anew(kept: Store, time: Time) -> None:
    host = FakeHost(ALL)
    failing_at(host, "after=4")
    pulled(kept, host)
    host.instead, host.calls = None, []
    time.now += timedelta(days=1)
    pulled(kept, host)
    assert host.listed == ["", "after=2", "after=4"]


def test_another_question_is_another_pull(kept: Store) -> None:
    host = FakeHost(ALL)
    failing_at(host, "after=4")
    pulled(kept, host)
    host.instead, host.calls = None, []
    pulled(kept, host, Query(status="Active"))
    assert host.listed[0] == "status=Active"


def test_killed_between_two_pages_nothing_is_half_kept(on_both: Store) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    host = FakeHost(ALL)
    with pytest.raises(Killed):
        pulled(on_both, host, heard=die)
    assert contents(on_both) == ALL[:2]
    host.calls = []
    assert counts(pulled(on_both, host)) == (5, 0, 0)
    assert host.listed == ["after=2", "after=4"]
    assert contents(on_both) == ALL


def test_a_footprint_of_a_page_that_leads_elsewhere_is_kept_and_the_pull_is_not_finished(kept: Store) -> None:
    host = FakeHost(ALL, headers={"link": "<https://evil.example/>; rel=next"}, size=5)
    summary = pulled(kept, host)
    assert summary.fault is not None
    assert rules(summary.fault.findings) == ["PULL-LINK-HOST"]
    assert contents(kept) == ALL
    with kept.read() as connection:
        assert connection.execute(select(func.count()).where(pulls.c.finished.is_not(None))).scalar() == 0


# conditional


def test_an_unchanged_first_page_is_not_sent_again_where_its_304_names_the_next(kept: Store) -> None:
    host = FakeHost(ALL, headers={"etag": '"one"'})
    pulled(kept, host)
    link = {"link": f'<{HOST}/3/footprints?after=2>; rel="next"', "etag": '"one"'}
    host.instead = lambda request: (
        httpx.Response(304, headers=link) if request.headers.get("if-none-match") == '"one"' else None
    )
    host.calls = []
    assert counts(pulled(kept, host)) == (0, 5, 0)
    assert host.listed == ["", "after=2", "after=4"]


def test_a_304_that_names_no_next_page_is_not_taken_for_the_end(kept: Store) -> None:
    """A host makes its ETag of the body; a page that has been added since shows only in the Link header."""
    host = FakeHost(ALL[:4], headers={"etag": '"one"'})
    pulled(kept, host)
    host.footprints = ALL
    host.instead = lambda request: (
        httpx.Response(304) if request.headers.get("if-none-match") == '"one"' else None
    )
    assert counts(pulled(kept, host)) == (1, 4, 0)
    assert contents(kept) == ALL


@pytest.mark.parametrize("etag", ['W/"one"', "one", '"' + "a" * 300 + '"'])
def test_an_etag_that_does_not_stand_for_the_bytes_is_not_used(kept: Store, etag: str) -> None:
    host = FakeHost(ALL, headers={"etag": etag})
    pulled(kept, host)
    pulled(kept, host)
    assert not any("if-none-match" in call.headers for call in host.calls)


# as it comes by event


def test_a_footprint_of_an_event_is_kept_in_the_same_way(on_both: Store) -> None:
    how = Circumstances("https://supplier.example", "3", "event-1", clock=on_both.clock)
    for new in (True, False):
        with on_both.write() as connection:
            arrival, was_new = receive(connection, on_both.now(), Footprint(ALL[0]), how)
        assert was_new is new
        assert arrival.verdicts["schema"] == "valid"
    told = newest(on_both, 0)
    assert (told.via, told.source, told.content) == ("event-1", "https://supplier.example", ALL[0])


def test_a_footprint_of_version_2_over_api_3_is_named(kept: Store) -> None:
    how = Circumstances(HOST, "2", clock=kept.clock)
    found: tuple[Finding, ...] = judge(Footprint(ALL[0]), how).findings
    assert rules(found) == ["PULL-OTHER-API"]


def test_two_processes_that_bring_the_same_keep_it_once(on_both: Store) -> None:
    arrival = judge(Footprint(ALL[0]), Circumstances(HOST, "3", clock=on_both.clock))
    with on_both.write() as connection:
        assert keep_received(connection, on_both.now(), arrival)
        assert not keep_received(connection, on_both.now(), arrival)  # the other one had looked before
        assert log.length(connection) == 1
    assert contents(on_both) == [ALL[0]]


def only_over(api: str) -> Any:
    """A host that answers over one version of the API and has footprints there."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        if request.url.path in ("/2/footprints", "/3/footprints"):
            there = request.url.path.startswith(f"/{api}/")
            return httpx.Response(200, content=page_of(ALL[:2] if there else []), headers=JSON)
        return None

    return answer


@pytest.mark.parametrize(("api", "other"), [("2", "3"), ("3", "2")])
def test_a_host_that_offers_only_the_other_version_is_told_of(on_both: Store, api: str, other: str) -> None:
    summary = pulled(on_both, FakeHost(api=api, instead=only_over(other)))
    assert counts(summary) == (0, 0, 0)
    assert rules(summary.findings) == ["PULL-OTHER-VERSION"]
    assert summary.findings[0].values == {"host": "host.example", "api": api, "other": other}


def test_that_there_may_be_more_over_api_3_is_told_after_a_pull_over_api_2_and_asks_for_one(
    on_both: Store,
) -> None:
    asked: list[str] = []

    def both(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/3/footprints":
            asked.append(request.url.query.decode())
            return httpx.Response(200, content=page_of(ALL[:1]), headers=JSON)
        return None

    summary = pulled(on_both, FakeHost(ALL[:2], api="2", instead=both))
    assert counts(summary)[0] == 2
    assert [(item.rule, item.severity) for item in summary.findings] == [("PULL-ALSO-IN-3", "info")]
    assert asked == ["limit=1"]
    assert "PULL-ALSO-IN-3" not in rules(pulled(on_both, FakeHost(ALL[:2], api="3", instead=both)).findings)


def test_a_host_of_version_2_alone_is_not_said_to_have_more(on_both: Store) -> None:
    assert pulled(on_both, FakeHost(ALL[:2], api="2")).findings == []


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_a_host_without_this_version_at_all_is_told_of_beside_what_it_answered(
    on_both: Store, status: int
) -> None:
    def answer(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/3/footprints":
            return httpx.Response(status, json={"code": "NotImplemented", "message": "no"})
        return None

    summary = pulled(on_both, FakeHost(ALL, api="2", instead=answer), api="3")
    assert summary.fault is not None
    assert rules(summary.findings) == ["PULL-OTHER-VERSION"]


def test_a_host_that_shows_nothing_at_all_is_told_of(on_both: Store) -> None:
    summary = pulled(on_both, FakeHost([]))
    assert (rules(summary.findings), summary.fault) == (["PULL-NOTHING"], None)
