"""kill -9 between fetching an announced footprint and keeping it: it is fetched again, and kept once."""

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.pact.addresses import AddressPolicy
from gateway.pact.announced import announcements_of
from gateway.pact.delivery import Patience
from gateway.store.announced import list_announced
from gateway.store.database import open_store
from gateway.store.log import verify_log
from gateway.store.received import all_received, find_received
from gateway.store.secret import load_secret
from tests.client.hosts import footprint, pf_id
from tests.events.kills import Service
from tests.events.suppliers import Supplier, announced_by


@pytest.fixture
def supplier():
    made = Supplier()
    yield made
    made.close()


def test_a_footprint_whose_process_was_killed_before_it_was_kept_is_fetched_again_and_kept_once(
    tmp_path, sqlite_url, supplier
):
    store, secret = open_store(sqlite_url), load_secret(tmp_path / "host.secret")
    announced_by(store, secret, supplier)
    killed = threading.Event()
    service = Service(tmp_path, sqlite_url)

    def kill():
        service.process.kill()
        service.process.wait()
        killed.set()

    supplier.asked_for_signature = kill  # the footprint is fetched, and not kept yet
    assert killed.wait(30)
    service.stop()
    with store.read() as connection:
        assert list(all_received(connection)) == []
        assert [row["state"] for row in list_announced(connection)] == ["pending"]

    supplier.asked_for_signature = lambda: None
    later = replace(store, clock=lambda: store.clock() + timedelta(hours=1))  # the lease has run out
    policy = AddressPolicy(loopback=True, plain_http=True)

    async def once():
        made = announcements_of(later, secret, policy, None, None, Patience())
        await made.step()
        await made.finish()
        await made.close()

    asyncio.run(once())
    with store.read() as connection:
        assert [each.content for each in find_received(connection, pf_id(1))] == [footprint(1)]
        assert [row["state"] for row in list_announced(connection)] == ["fetched"]
        assert verify_log(connection) is None
    assert supplier.shown >= 2
    store.close()
