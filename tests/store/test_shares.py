"""Who sees what: shares given, taken back and overlapping; footprints that come later; clients that are revoked."""

import time

import pytest
from sqlalchemy import text

from gateway.model.finding import Refused
from gateway.store.clients import (
    authenticate,
    count_seen,
    find_client,
    revoke_client,
    share,
    shares_of,
    unshare,
)
from gateway.store.database import open_store
from gateway.store.footprints import Body, body_of, publish
from gateway.store.log import entries, length
from gateway.store.pages import Query, page
from tests.store.offers import client, numbers, offer, pf_id, published


@pytest.fixture
def filled(store):
    published(store, *(offer(number) for number in range(9)))
    return store


def seen(store, who):
    """What a client sees: by pages and one by one, which must agree."""
    with store.read() as connection:
        listed = numbers(page(connection, who.number, Query(), 100).contents)
        single = [n for n in range(40) if body_of(connection, who.number, pf_id(n), "3.0")]
    assert listed == single
    return listed


def give(store, who, kind, value=""):
    with store.write() as connection:
        return share(connection, who, kind, value, store.now())


def take(store, who, kind, value=""):
    with store.write() as connection:
        return unshare(connection, who, kind, value, store.now())


def test_a_client_sees_nothing_until_something_is_shared(filled):
    buyer = client(filled)
    assert seen(filled, buyer) == []
    assert give(filled, buyer, "footprint", pf_id(4).upper()) == 1
    assert seen(filled, buyer) == [4]
    assert give(filled, buyer, "product", "URN:p:2") == 3
    assert seen(filled, buyer) == [2, 4, 5, 8]


def test_what_another_share_still_gives_stays_visible(filled):
    buyer = client(filled, "Buyer", ("product", "urn:p:1"), ("footprint", pf_id(4)), ("footprint", pf_id(5)))
    assert take(filled, buyer, "product", "urn:p:1")
    assert seen(filled, buyer) == [4, 5]
    assert give(filled, buyer, "all") == 9
    assert seen(filled, buyer) == list(range(9))
    assert take(filled, buyer, "footprint", pf_id(4))
    assert seen(filled, buyer) == list(range(9))
    assert take(filled, buyer, "all")
    assert seen(filled, buyer) == [5]


def test_taking_back_what_was_never_shared_changes_nothing_and_says_so(filled):
    buyer = client(filled, "Buyer", ("footprint", pf_id(5)))
    with filled.read() as connection:
        before = length(connection)
    assert not take(filled, buyer, "product", "urn:p:2")
    assert seen(filled, buyer) == [5]
    with filled.read() as connection:
        assert length(connection) == before


def test_a_footprint_published_later_is_seen_by_whom_it_was_promised_to_alone(filled):
    everything = client(filled, "All", ("all", ""))
    some, other = (
        client(filled, "Some", ("product", "urn:p:1")),
        client(filled, "Other", ("product", "urn:p:2")),
    )
    published(filled, offer(10), offer(11))
    assert seen(filled, everything) == [*range(9), 10, 11]
    assert seen(filled, some) == [1, 4, 7, 10]
    assert seen(filled, other) == [2, 5, 8, 11]


def test_a_product_can_be_shared_before_it_has_a_footprint_but_not_an_unknown_footprint(filled):
    buyer = client(filled)
    assert give(filled, buyer, "product", "urn:new") == 0
    published(filled, offer(20, terms=frozenset({("product", "urn:NEW")})))
    assert seen(filled, buyer) == [20]
    with pytest.raises(Refused, match="SHARE-UNKNOWN"):
        give(filled, buyer, "footprint", pf_id(99))


def test_sharing_twice_is_one_share_in_the_log(filled):
    buyer = client(filled, "Buyer", ("product", "urn:p:1"), ("product", "urn:p:1"))
    with filled.read() as connection:
        assert [entry["kind"] for entry in entries(connection)].count("shared") == 1
    assert take(filled, buyer, "product", "urn:p:1")
    assert seen(filled, buyer) == []


def test_a_revoked_client_sees_nothing_gets_nothing_new_and_cannot_be_shared_with(filled):
    buyer = client(filled, "Buyer", ("product", "urn:p:1"))
    with filled.write() as connection:
        revoke_client(connection, "Buyer", 5)
    published(filled, offer(10))
    assert seen(filled, buyer) == []
    with filled.write() as connection:
        again = revoke_client(connection, "Buyer", 9)
        assert again.revoked == 5
        assert authenticate(connection, buyer.client_id, "whatever") is None
        with pytest.raises(Refused, match="CLIENT-REVOKED"):
            share(connection, find_client(connection, "Buyer"), "all", "", 9)


def test_the_same_bytes_again_change_nothing_and_other_bytes_are_refused(filled):
    with filled.write() as connection:
        before = length(connection)
        assert not publish(connection, offer(3), filled.now())
        assert length(connection) == before
        with pytest.raises(Refused, match="STORE-IMMUTABLE"):
            publish(connection, offer(3, bodies={"3.0": Body(b"other")}), filled.now())


def test_sharing_everything_takes_the_same_time_however_much_there_is(sqlite_store_of_many):
    """Nothing is copied for a client that sees all: no row for each footprint."""
    store = sqlite_store_of_many
    buyer = client(store)
    start = time.perf_counter()
    assert give(store, buyer, "all") == 3000
    assert take(store, buyer, "all")
    assert time.perf_counter() - start < 0.5
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM visible").scalar() == 0


@pytest.fixture
def sqlite_store_of_many(sqlite_url):
    from sqlalchemy import insert

    from gateway.store.database import open_store
    from gateway.store.tables.footprints import footprints, terms

    store = open_store(sqlite_url)
    instants = ("created", "updated", "period_start", "period_end", "valid_start", "valid_end", "validity")
    row = {"head": 1, "status": "Active", "has_v2": False, **dict.fromkeys(instants, 1)}
    with store.write() as connection:
        connection.execute(insert(footprints), [{**row, "pf_id": pf_id(n)} for n in range(3000)])
        connection.execute(
            insert(terms), [{"kind": "all", "value": "", "footprint": n} for n in range(1, 3001)]
        )
    yield store
    store.close()


def test_what_is_shared_is_shown_as_it_was_given_with_how_many_it_sees(filled):
    """Of nine footprints 2, 5 and 8 are of product 2; 8 is seen by two shares and counts once."""
    buyer = client(
        filled, "Buyer", ("product", "URN:p:2"), ("footprint", pf_id(8)), ("product", "urn:p:Later")
    )
    with filled.read() as connection:
        shown = [(each.kind, each.given, each.footprints) for each in shares_of(connection, buyer)]
        assert shown == [
            ("product", "URN:p:2", 3),
            ("footprint", pf_id(8), 1),
            ("product", "urn:p:Later", 0),
        ]
        assert count_seen(connection, buyer) == len([2, 5, 8])
    give(filled, buyer, "all")
    take(filled, buyer, "product", "URN:P:2")
    with filled.read() as connection:
        assert [(each.kind, each.given) for each in shares_of(connection, buyer)][-1] == ("all", "")
        assert count_seen(connection, buyer) == 9


def test_who_is_revoked_sees_none(filled):
    buyer = client(filled, "Buyer", ("all", ""))
    with filled.write() as connection:
        revoked = revoke_client(connection, "Buyer", 5)
        assert count_seen(connection, find_client(connection, "Buyer")) == 0
    assert revoked.number == buyer.number


def test_a_store_of_before_shows_what_was_given_from_its_log(store_url):
    store = open_store(store_url)
    buyer = client(store, "Buyer", ("product", "urn:P:One"), ("product", "urn:P:Two"), ("all", ""))
    take(store, buyer, "product", "urn:p:one")
    give(store, buyer, "product", "URN:P:one")
    with store.write() as connection:
        connection.execute(text("DROP TABLE successions"))
        connection.execute(text("ALTER TABLE shares DROP COLUMN given"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))
    store.close()
    store = open_store(store_url)
    with store.read() as connection:
        assert [each.given for each in shares_of(connection, buyer)] == ["urn:P:Two", "", "URN:P:one"]
    store.close()
