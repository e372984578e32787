"""A footprint that another names as its past version is Deprecated, whichever came first, on both databases."""

import itertools
import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from gateway.data import data_path
from gateway.formats.json_reader import read_json, write_compact
from gateway.model.finding import Refused
from gateway.pact.offer import Published, prepare, put_on_offer
from gateway.store.database import open_store
from gateway.store.footprints import own_body
from gateway.store.log import entries
from gateway.trust.keys import new_key
from gateway.trust.verifying import verify_document

KEY = new_key()
A, B, C = (f"0b6f1c52-8f5d-4e0c-9d57-2a3f5f7f000{n}" for n in "abc")


@pytest.fixture(scope="module")
def document():
    return read_json(prepare(data_path("examples", "cement.json").read_bytes()).offer.bodies["3.0"].content)


def put(store, document, pf_id, *preceding, key=None, **other) -> Published:
    named = {"precedingPfIds": list(preceding)} if preceding else {}
    prepared = prepare(write_compact({**document, "id": pf_id, **named, **other}), key)
    with store.write() as connection:
        return put_on_offer(connection, prepared, store.now(), key)


def status(store, pf_id):
    with store.read() as connection:
        return json.loads(own_body(connection, pf_id).content)["status"]


@pytest.mark.parametrize("order", list(itertools.permutations("ABC")))
def test_of_a_chain_only_the_newest_is_active_in_whatever_order_it_was_published(store, document, order):
    chain = {"A": (A,), "B": (B, A), "C": (C, B)}
    done = [put(store, document, *chain[name]) for name in order]
    assert [status(store, each) for each in (A, B, C)] == ["Deprecated", "Deprecated", "Active"]
    assert sorted(itertools.chain(*(each.deprecated for each in done))) == [A, B]


def test_what_two_footprints_name_becomes_deprecated_once(store, document):
    put(store, document, B, A)
    put(store, document, C, A)
    assert put(store, document, A).deprecated == (A,)
    with store.read() as connection:
        assert [e["kind"] for e in entries(connection) if e["subject"] == A] == ["published", "deprecated"]


def test_the_id_is_compared_without_case(store, document):
    put(store, document, B, A.upper())
    assert put(store, document, A).deprecated == (A,)


@pytest.mark.parametrize(
    ("field", "other"),
    [("companyIds", ["urn:lei:5493006W3QUS5LMH6R84"]), ("productIds", ["urn:gtin:4712345060507"])],
)
@pytest.mark.parametrize("newer_first", [True, False])
def test_a_past_version_of_another_company_or_product_is_refused_and_leaves_nothing(
    store, document, field, other, newer_first
):
    """The second of the two is refused, whichever that is; the first stays as it was."""
    pair = [("older", A, (), {field: other}), ("newer", B, (A,), {})]
    (_, first, named, changed), (_, second, later, more) = reversed(pair) if newer_first else pair
    put(store, document, first, *named, **changed)
    with pytest.raises(Refused) as refused:
        put(store, document, second, *later, **more)
    (told,) = refused.value.findings
    assert (told.rule, dict(told.values)) == (
        "PUBLISH-OTHER-PRODUCT",
        {"older": A, "newer": B, "field": field},
    )
    assert status(store, first) == "Active"
    with store.read() as connection:
        assert own_body(connection, second) is None


def test_a_product_that_got_another_id_is_the_same_where_the_former_stands_beside_it(store, document):
    new = "urn:gtin:4712345060507"
    put(store, document, A)
    made = put(
        store, document, B, A, productIds=[new, document["productIds"][0].upper().replace("URN", "urn")]
    )
    assert made.deprecated == (A,)


def test_a_chain_that_leads_back_to_itself_is_refused(store, document):
    put(store, document, A, C)
    put(store, document, B, A)
    with pytest.raises(Refused, match="PUBLISH-TURNS-BACK"):
        put(store, document, C, B)
    assert [status(store, each) for each in (A, B)] == ["Deprecated", "Active"]


def test_a_signature_that_went_with_the_status_is_told_and_comes_back_with_a_key(store, document):
    put(store, document, A, key=KEY)
    assert put(store, document, B, A).bared == (A,)
    assert put(store, document, A, key=KEY).added == {"3.0": "signature", "2.3": "signature"}
    assert put(store, document, A, key=KEY).added == {}
    assert status(store, A) == "Deprecated"


def as_of_yesterday(store, url):
    """The same database in the form before: reopened, it is brought to the newest one."""
    with store.write() as connection:
        connection.execute(text("DROP TABLE successions"))
        connection.execute(text("ALTER TABLE shares DROP COLUMN given"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))
    store.close()
    return open_store(url)


def test_in_a_store_of_before_the_preceding_ids_are_found(store_url, document):
    store = open_store(store_url)
    put(store, document, B, A)
    store = as_of_yesterday(store, store_url)
    assert put(store, document, A).deprecated == (A,)
    store.close()


def test_a_past_version_that_was_left_active_before_is_deprecated_when_either_is_published_again(
    store_url, document
):
    store = open_store(store_url)
    put(store, document, B, A)
    with store.write() as connection:
        connection.execute(text("DELETE FROM successions"))
    put(store, document, A)
    assert status(store, A) == "Active"
    store = as_of_yesterday(store, store_url)
    again = put(store, document, B, A)
    assert (again.is_new, again.deprecated, status(store, A)) == (False, (A,), "Deprecated")
    store.close()


def without_v2(prepared):
    """As a program made it that had no version 2 for this footprint."""
    return replace(prepared, offer=replace(prepared.offer, bodies={"3.0": prepared.offer.bodies["3.0"]}))


def test_what_was_published_without_version_2_and_signature_gets_both_and_keeps_its_bytes(store, document):
    data = write_compact({**document, "id": A})
    with store.write() as connection:
        put_on_offer(connection, without_v2(prepare(data)), store.now())
        before = own_body(connection, A)
    signed = prepare(data, KEY)
    with store.write() as connection:
        made = put_on_offer(connection, signed, store.now(), KEY)
        assert (made.is_new, made.added) == (False, {"3.0": "signature", "2.3": "body"})
        assert own_body(connection, A).content == before.content
        assert own_body(connection, A, "2.3") == signed.offer.bodies["2.3"]
        assert verify_document(
            before.content, own_body(connection, A).signature.encode(), keys=[KEY.public]
        ).accepted(trust_asked=True)
        kinds = [e["kind"] for e in entries(connection) if e["subject"] == A]
    assert kinds == ["published", "completed"]


def test_a_signature_that_is_there_is_not_replaced_by_that_of_another_key(store, document):
    put(store, document, A, key=KEY)
    with store.read() as connection:
        before = own_body(connection, A)
    assert put(store, document, A, key=new_key()).added == {}
    with store.read() as connection:
        assert own_body(connection, A) == before
