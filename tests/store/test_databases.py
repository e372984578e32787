"""Both databases open, are brought to the newest form, and keep what is written."""

import pytest

from gateway.model.finding import Refused
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


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("sqlite://", "STORE-URL"),
        ("sqlite:///:memory:", "STORE-URL"),
        ("mysql://root@localhost/x", "STORE-URL"),
        ("no url", "STORE-URL"),
        ("postgresql://someone:hunter2@127.0.0.1:1/none", "STORE-UNREACHABLE"),
        ("sqlite:////proc/none/gateway.db", "WRITE-FAILED"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_finding_without_its_password(url, rule):
    with pytest.raises(Refused) as refused:
        open_store(url)
    assert [found.rule for found in refused.value.findings] == [rule]
    assert "hunter2" not in str(refused.value.findings)
