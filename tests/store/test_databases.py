"""Both databases open, are brought to the newest form, and keep what is written."""

import pytest

from gateway.store.clients import add_client, list_clients
from gateway.store.database import open_store


def test_a_client_that_was_added_is_there_after_the_store_is_opened_again(store_url):
    store = open_store(store_url)
    with store.write() as connection:
        add_client(connection, "采购方 GmbH", store.now())
    store.close()
    again = open_store(store_url)
    with again.read() as connection:
        assert [client.name for client in list_clients(connection)] == ["采购方 GmbH"]
    again.close()


def test_an_exception_takes_everything_of_its_transaction_back(store):
    def fail():
        with store.write() as connection:
            add_client(connection, "Half", store.now())
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    with store.read() as connection:
        assert list_clients(connection) == []
