"""Pages that were served lately are kept in memory: never an old one, never many."""

from __future__ import annotations

from gateway.store.clients import unshare
from gateway.store.footprints import Body, revise
from tests.service.houses import House, seen
from tests.store.offers import offer, pf_id


def test_a_page_that_is_remembered_is_never_older_than_the_last_change(store):
    house = House(store)
    one, two = house.account("One", ("all", "")), house.account("Two")
    house.publish(offer(1))
    for _ in range(2):
        assert seen(house.ask(one, "/3/footprints")) == [1]
        assert seen(house.ask(two, "/3/footprints")) == []
    house.publish(offer(2))
    assert seen(house.ask(one, "/3/footprints")) == [1, 2]
    with house.store.write() as connection:
        revise(connection, pf_id(1), "Deprecated", {"3.0": Body(b'{"n":"100"}')}, 1, "deprecated")
    assert seen(house.ask(one, "/3/footprints")) == [100, 2]
    with house.store.write() as connection:
        unshare(connection, one.client, "all", "", house.store.now())
    assert seen(house.ask(one, "/3/footprints")) == []


def test_the_memory_of_pages_is_bounded(local_store):
    house = House(local_store, page_memory=200)
    buyer = house.account("Buyer", ("all", ""))
    house.publish(*map(offer, range(1, 30)))
    for limit in range(1, 30):
        house.ask(buyer, f"/3/footprints?limit={limit}")
    pages = house.host.pages
    assert sum(len(kept.content) for kept in pages._pages.values()) == pages._held <= 200
