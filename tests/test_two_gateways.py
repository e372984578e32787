"""Two gateways on one machine, each a process with TLS of its own: one asks, the other answers, the first verifies.

The buyer's house asks the supplier's for a product by an event. The supplier's answers with an event. What came is
checked, its signature fetched and verified, and kept in the bytes that the supplier serves. All of it is done with the
command line.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.data import data_path
from gateway.pact.models import newest_v2
from gateway.store.database import open_store
from gateway.store.footprints import own_body
from gateway.store.log import verify_log
from tests.client.certificates import Authority
from tests.gateways import Gateway, until

PRODUCT = "urn:pact:aluminium.example:product-id:remelt-slab"
CEMENT = "urn:pact:cement.example:product-id:portland-cement"


@dataclass
class Houses:
    """A buyer and a supplier who know each other, and the footprint that the supplier has on offer."""

    buyer: Gateway
    supplier: Gateway
    pf_id: str
    client_id: str
    secret: Path

    @property
    def offered(self) -> bytes:
        """The bytes that the supplier serves."""
        store = open_store(self.supplier.database)
        with store.read() as connection:
            body = own_body(connection, self.pf_id)
        store.close()
        assert body is not None
        return body.content


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    folder = tmp_path_factory.mktemp("houses")
    authority = Authority(folder)
    buyer, supplier = (Gateway(folder, name, authority) for name in ("buyer", "supplier"))
    ports = {house.name: free_port() for house in (buyer, supplier)}
    pf_id = supplier.publish(data_path("examples", "aluminium.json"))
    supplier.publish(data_path("examples", "cement.json"))
    supplier_url, buyer_url = (f"https://localhost:{ports[name]}" for name in ("supplier", "buyer"))
    client_id, secret = supplier.client("buyer")
    buyer_id, buyer_secret = buyer.client("supplier")
    supplier.cli("share", "buyer", "--product", PRODUCT)
    for house, other, url, words in (
        (buyer, "supplier", supplier_url, (client_id, "--secret-file", secret, "--client", "supplier")),
        (supplier, "buyer", buyer_url, (buyer_id, "--secret-file", buyer_secret, "--client", "buyer")),
    ):
        house.cli("partners", "add", other, "--url", url, "--allow-loopback", "--client-id", *words)
    trust = folder / "partners.toml"
    trust.write_text(f'[[issuer]]\nid = "Example Aluminium"\nkey = "{supplier.key()}.pub.jwk"\n')
    for house, url in ((buyer, buyer_url), (supplier, supplier_url)):
        house.env |= {
            "CBAMGW_PUBLIC_BASE_URL": url,
            "CBAMGW_ALLOW_LOOPBACK": "1",
            "CBAMGW_CA_FILE": str(authority.file),
        }
    buyer.env["CBAMGW_TRUST"] = str(trust)
    supplier.start(port=ports["supplier"])
    buyer.start(port=ports["buyer"])
    yield Houses(buyer, supplier, pf_id, client_id, secret)
    buyer.stop()
    supplier.stop()


def test_one_asks_the_other_answers_and_the_first_verifies_and_keeps_it(houses: Houses) -> None:
    buyer = houses.buyer
    asked = buyer.cli("pact", "request", "supplier", "--product", PRODUCT).out.decode().split()[-1]
    (request,) = until(lambda: [row for row in buyer.rows("pact", "requests") if row["state"] != "open"])
    assert (request["id"], request["state"], request["partner"]) == (asked, "fulfilled", "supplier")
    assert [each["id"] for each in request["footprints"]] == [houses.pf_id]

    (received,) = until(
        lambda: [row for row in buyer.rows("pact", "list") if row["verdicts"]["signature"] != "none"]
    )
    assert received["verdicts"] == {
        "schema": "valid",
        "rules": "obeyed",
        "purpose": "usable",
        "signature": "valid",
        "issuer": "trusted",
        "status": "unknown",
    }
    assert received["source"] == houses.supplier.url
    assert buyer.cli("pact", "show", houses.pf_id).out == houses.offered


def test_a_product_that_does_not_exist_is_rejected_with_its_reason(houses: Houses) -> None:
    asked = (
        houses.buyer.cli("pact", "request", "supplier", "--product", "urn:pact:null").out.decode().split()[-1]
    )

    def answer() -> list[dict[str, object]]:
        rows = houses.buyer.rows("pact", "requests")
        return [row for row in rows if row["id"] == asked and row["state"] != "open"]

    (request,) = until(answer)
    assert (request["state"], request["footprints"]) == ("rejected", [])
    assert str(request["reason"]).startswith("NotFound")


def test_a_pull_brings_what_is_shared_and_nothing_else(houses: Houses, tmp_path: Path) -> None:
    words = ["--client-id", houses.client_id, "--secret-file", str(houses.secret), "--allow-loopback"]
    words += ["--ca-file", str(houses.buyer.ca), "--trust", houses.buyer.env["CBAMGW_TRUST"]]
    store = f"sqlite:///{tmp_path / 'another.db'}"
    pulled = houses.buyer.cli(
        "pact", "pull", houses.supplier.url, *words, "-o", tmp_path / "got", "--database-url", store
    )
    assert pulled.out.decode().startswith("1 new, 0 known; 0 with errors")
    file = tmp_path / "got" / f"{houses.pf_id}.json"
    assert file.read_bytes() == houses.offered
    verified = houses.buyer.cli("verify", file, "--trust", houses.buyer.env["CBAMGW_TRUST"])
    assert "issuer: trusted" in verified.out.decode()
    again = houses.buyer.cli("pact", "pull", houses.supplier.url, *words, "--database-url", store)
    assert again.out.decode().startswith("0 new, 1 known")


def test_what_one_publishes_comes_to_the_other_without_a_call_of_a_person(houses: Houses) -> None:
    supplier, buyer = houses.supplier, houses.buyer
    newer = json.loads(houses.offered) | {"id": "0b6f1c52-8f5d-4e0c-9d57-2a3f5f7f0002"}
    file = supplier.folder / "newer.json"
    file.write_text(json.dumps(newer))
    published = supplier.publish(file)
    got = until(lambda: [row for row in buyer.rows("pact", "list") if row["id"] == published])
    store = open_store(supplier.database)
    with store.read() as connection:
        body = own_body(connection, published)
    store.close()
    assert body is not None
    assert [row["source"] for row in got] == [supplier.url]
    assert buyer.cli("pact", "show", published).out == body.content


def test_an_answer_that_waits_for_a_house_that_was_killed_comes_when_it_is_back(houses: Houses) -> None:
    buyer, supplier = houses.buyer, houses.supplier
    before = len(buyer.rows("pact", "requests"))
    port = int(supplier.url.rsplit(":", 1)[1])
    supplier.stop(9)
    asked = buyer.cli("pact", "request", "supplier", "--product", PRODUCT).out.decode().split()[-1]
    time.sleep(0.5)
    supplier.start(port=port)

    def answers() -> list[dict[str, object]]:
        rows = buyer.rows("pact", "requests")
        return [row for row in rows if row["id"] == asked and row["state"] == "fulfilled"]

    assert until(answers)
    assert len(buyer.rows("pact", "requests")) == before + 1
    assert (
        len([row for row in buyer.rows("pact", "list") if row["id"] == houses.pf_id]) == 1
    )  # the same bytes


def test_the_same_over_version_2(houses: Houses, tmp_path: Path) -> None:
    if newest_v2() is None:
        pytest.skip("this gateway writes no footprint of version 2")
    buyer, supplier = houses.buyer, houses.supplier
    words = ["--client-id", houses.client_id, "--secret-file", str(houses.secret), "--allow-loopback"]
    supplier.cli("share", "buyer", "--product", CEMENT)
    buyer.cli("partners", "close", "supplier")
    again = ("--url", supplier.url, *words, "--client", "supplier", "--api", "2")
    buyer.cli("partners", "add", "supplier", *again)
    asked = buyer.cli("pact", "request", "supplier", "--product", CEMENT).out.decode().split()[-1]
    rows = until(
        lambda: [r for r in buyer.rows("pact", "requests") if r["id"] == asked and r["state"] != "open"]
    )
    assert rows[0]["state"] == "fulfilled"
    received = [row for row in buyer.rows("pact", "list") if row["model"] == newest_v2()]
    assert [row["verdicts"]["schema"] for row in received] == ["valid"]
    pf_id = str(received[0]["id"])
    (signed,) = until(
        lambda: [
            row
            for row in buyer.rows("pact", "list")
            if row["id"] == pf_id and row["verdicts"]["signature"] != "none"
        ]
    )
    assert (signed["verdicts"]["signature"], signed["verdicts"]["issuer"]) == ("valid", "trusted")
    words += ["--ca-file", str(buyer.ca), "--database-url", f"sqlite:///{tmp_path / 'another.db'}"]
    pulled = buyer.cli(
        "pact", "pull", supplier.url, *words, "--api", "2", "--product", CEMENT, "-o", tmp_path
    )
    assert pulled.out.decode().startswith("1 new, 0 known; 0 with errors")
    shown = buyer.cli("pact", "show", received[0]["digest"])
    assert (tmp_path / f"{pf_id}.json").read_bytes() == shown.out
    assert buyer.cli("verify", tmp_path / f"{pf_id}.json", "--key", f"{supplier.key()}.pub.jwk").code == 0


def test_the_logs_of_both_houses_hold(houses: Houses) -> None:
    for house in (houses.buyer, houses.supplier):
        store = open_store(house.database)
        with store.read() as connection:
            assert verify_log(connection) is None
        store.close()
        assert houses.secret.read_text().strip() not in (house.folder / "log").read_text()
