"""The signature of a served footprint, verified by strangers with the scripts of docs/trust.md, and by our client."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from cryptography.exceptions import InvalidSignature

from gateway.data import data_path
from gateway.pact.client import Credentials, Footprint, PactClient
from gateway.pact.fetch import Fetcher
from gateway.pact.judge import Circumstances, receive
from gateway.pact.offer import prepare, put_on_offer
from gateway.pact.pull import pull
from gateway.pact.signatures import Signatures
from gateway.store.database import open_store
from gateway.store.erasure import erase, find
from gateway.store.partners import NewPartner, add_partner
from gateway.store.received import find_received
from gateway.trust.issuers import Issuer, TrustStore
from gateway.trust.keys import new_key
from gateway.trust.verifying import verify_document
from tests.client.hosts import Time
from tests.service.houses import BASE_URL, SECRET, House

PAGE = (Path(__file__).parents[2] / "docs" / "trust.md").read_text("utf-8")
CEMENT = data_path("examples", "cement.json").read_bytes()
KEY = new_key()
TRUST = TrustStore((Issuer(KEY.public.did, "Example Cement", KEY.public),))
node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def script(language: str) -> str:
    """The script of the page that cuts a footprint out of an answer."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if "answer.json" in block)
    return str(found)


@pytest.fixture(scope="module")
def prepared():
    return prepare(CEMENT, KEY)


@pytest.fixture
def house(local_store, prepared):
    made = House(local_store)
    with made.store.write() as connection:
        put_on_offer(connection, prepared, made.store.now(), KEY)
    return made


@pytest.fixture
def buyer(house):
    return house.account("Buyer", ("all", ""))


@pytest.fixture
def served(house, buyer, prepared, tmp_path, monkeypatch):
    """What a stranger gets of version 2, as files."""
    monkeypatch.chdir(tmp_path)
    there = f"/2/footprints/{prepared.offer.pf_id}"
    (tmp_path / "answer.json").write_bytes(house.ask(buyer, there).content)
    (tmp_path / "answer.jws").write_bytes(house.ask(buyer, f"{there}/signature").content)
    (tmp_path / "plant.key.pub.jwk").write_text(json.dumps(KEY.public.jwk()))
    return tmp_path


def header_of(token: bytes) -> dict:
    header = token.partition(b".")[0]
    return json.loads(base64.urlsafe_b64decode(header + b"=" * (-len(header) % 4)))


def test_version_2_is_signed_over_its_own_bytes_once_and_served_beside_it(house, buyer, prepared):
    there = f"/2/footprints/{prepared.offer.pf_id}"
    first, again = (house.ask(buyer, f"{there}/signature") for _ in range(2))
    assert first.headers["content-type"] == "application/jose"
    assert first.content == again.content == prepared.offer.bodies["2.3"].signature.encode()
    header = header_of(first.content)
    assert (header["canon"], header["pcf-gateway"]["format"]) == ("bytes", "pact.footprint@2.3")
    third = house.ask(buyer, f"/3/footprints/{prepared.offer.pf_id}/signature").content
    assert header_of(third)["canon"] == "RFC8785"
    content = prepared.offer.bodies["2.3"].content
    assert verify_document(content, first.content, store=TRUST).issuer == "trusted"
    assert verify_document(content, third, store=TRUST).signature == "invalid"
    assert house.ask(buyer, there).content == b'{"data":' + content + b"}"


def test_a_signature_of_version_2_that_is_not_there_or_not_shared_is_missing(house, prepared):
    there = f"/2/footprints/{prepared.offer.pf_id}/signature"
    stranger = house.account("Stranger")
    hidden, none = house.ask(stranger, there), house.ask(stranger, there.replace("6f6b0d6e", "00000000"))
    assert (hidden.status_code, hidden.json()["code"]) == (404, "NoSuchFootprint")
    assert hidden.content == none.content
    assert house.ask(stranger, "/2/footprints/x/signature").status_code == 400
    assert house.web.get(there).status_code == 401


def test_the_python_script_of_the_trust_page_verifies_what_version_2_serves(served):
    exec(script("python"), {})
    cut = (served / "footprint.json").read_bytes()
    assert verify_document(cut, (served / "answer.jws").read_bytes(), store=TRUST).issuer == "trusted"
    answer = (served / "answer.json").read_bytes()
    for other in (answer.replace(b"13", b"31", 1), answer.replace(b'{"data":{', b'{"data":{ ')):
        assert other != answer
        (served / "answer.json").write_bytes(other)
        with pytest.raises(InvalidSignature):
            exec(script("python"), {})


@node
def test_the_node_script_of_the_trust_page_verifies_what_version_2_serves(served):
    def says() -> str:
        done = subprocess.run(
            ["node", "-e", script("js")], cwd=served, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert says() == "true"
    answer = (served / "answer.json").read_bytes()
    (served / "answer.json").write_bytes(answer.replace(b'{"data":{', b'{"data":{ '))
    assert says() == "false"


def client_of(house, account, api: str = "2") -> PactClient:
    fetcher = Fetcher(pace=Time().pace, transport=httpx.ASGITransport(house.app))
    return PactClient(
        BASE_URL, Credentials(account.client.client_id, account.secret), fetcher=fetcher, api=api
    )


@pytest.fixture
def ours(migrated_file, tmp_path):
    store = open_store(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'ours.db')}")
    yield store
    store.close()


def newest(store, pf_id):
    with store.read() as connection:
        return find_received(connection, pf_id)[0]


def test_a_pull_of_version_2_fetches_verifies_and_keeps_the_signature(house, buyer, prepared, ours):
    async def take() -> None:
        async with client_of(house, buyer) as client:
            await pull(ours, client, trust=TRUST)

    asyncio.run(take())
    kept, body = newest(ours, prepared.offer.pf_id), prepared.offer.bodies["2.3"]
    assert (kept.content, kept.signature, kept.model) == (body.content, body.signature, "2.3")
    assert (kept.verdicts["signature"], kept.verdicts["issuer"]) == ("valid", "trusted")


def test_what_an_event_of_version_2_brought_is_verified_with_the_signature_of_its_host(
    house, buyer, prepared, ours
):
    with ours.write() as connection:
        add_partner(connection, SECRET, NewPartner("Supplier", BASE_URL, BASE_URL, "us", "x"), ours.now())
        how = Circumstances(BASE_URL, "2", "event 1", clock=ours.clock)
        receive(connection, ours.now(), Footprint(prepared.offer.bodies["2.3"].content), how)
    desk = Signatures(ours, lambda _, api: client_of(house, buyer, api), TRUST)
    assert asyncio.run(desk.step()) == 1
    assert newest(ours, prepared.offer.pf_id).verdicts["issuer"] == "trusted"


def test_an_erased_footprint_of_version_2_is_served_on_without_its_signature(house, buyer, prepared):
    there = f"/2/footprints/{prepared.offer.pf_id}"
    assert house.ask(buyer, f"{there}/signature").status_code == 200
    with house.store.read(long=True) as connection:
        wanted = [one for one in find(connection, "Illustrative record") if one.place == "bodies"]
    assert wanted
    erase(house.store, wanted)
    assert b"Illustrative record" not in house.ask(buyer, there).content
    assert house.ask(buyer, f"{there}/signature").status_code == 404


def test_what_was_published_without_a_key_has_no_signature_in_either_version(local_store):
    unsigned = prepare(CEMENT)
    assert {body.signature for body in unsigned.offer.bodies.values()} == {None}
    house = House(local_store)
    with house.store.write() as connection:
        put_on_offer(connection, unsigned, house.store.now())
    buyer = house.account("Buyer", ("all", ""))
    for api in "23":
        assert house.ask(buyer, f"/{api}/footprints/{unsigned.offer.pf_id}/signature").status_code == 404
