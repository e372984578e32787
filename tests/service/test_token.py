"""The token endpoint, and what becomes of tokens that are not ours."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from collections import Counter

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from gateway.store.clients import revoke_client
from gateway.store.secret import HostSecret
from tests.service.houses import BASE_URL, House, named

GRANT = {"grant_type": "client_credentials"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """A try costs some 50 ms on purpose; what is counted and refused here is the same at any cost."""
    monkeypatch.setattr("gateway.store.clients._COST", 2**4)


@pytest.fixture
def house(store):
    return House(store)


@pytest.fixture
def one(local_store):
    return House(local_store)


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def test_a_client_gets_a_token_with_its_id_and_secret_and_asks_with_it(house):
    buyer = house.account("Buyer", ("all", ""))
    house.publish(named(1))
    answer = house.web.post("/auth/token", data=GRANT, auth=(buyer.client.client_id, buyer.secret))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    listed = house.web.get("/3/footprints", headers={"Authorization": f"bearer {body['access_token']}"})
    assert listed.json() == {"data": [{"n": "1"}]}


def test_a_wrong_secret_and_an_unknown_client_get_the_same_answer_in_about_the_same_time(one):
    buyer = one.account("Buyer")
    answers, times = [], []
    for client_id, secret in [("nobody", "x"), (buyer.client.client_id, "x"), ("nobody", "x")]:
        begun = time.perf_counter()
        answers.append(one.web.post("/auth/token", data=GRANT, auth=(client_id, secret)))
        times.append(time.perf_counter() - begun)
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["error"] == "invalid_client"
    assert answers[0].headers["www-authenticate"].startswith("Basic ")
    assert times[2] > times[1] / 5  # an unknown client is not turned away before the work


def test_id_and_secret_of_basic_are_percent_decoded(one, monkeypatch):
    for source in ("token_hex", "token_urlsafe"):
        monkeypatch.setattr(f"gateway.store.clients.secrets.{source}", lambda size: f"a b+c%:ä{size}")
    buyer = one.account("Buyer")
    header = basic("a+b%2Bc%25%3A%C3%A412", "a+b%2Bc%25%3A%C3%A432")
    assert one.web.post("/auth/token", data=GRANT, headers=header).status_code == 200
    assert buyer.secret == "a b+c%:ä32"


def test_credentials_in_the_form_count_too_but_not_twice(one):
    buyer = one.account("Buyer")
    form = {**GRANT, "client_id": buyer.client.client_id, "client_secret": buyer.secret}
    assert one.web.post("/auth/token", data=form).status_code == 200
    twice = one.web.post("/auth/token", data=form, auth=(buyer.client.client_id, buyer.secret))
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")


def test_a_secret_in_the_query_is_refused_even_where_it_is_right(one):
    buyer = one.account("Buyer")
    query = f"?client_id={buyer.client.client_id}&client_secret={buyer.secret}&grant_type=client_credentials"
    answer = one.web.post(f"/auth/token{query}", data=GRANT)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert buyer.secret not in answer.text


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
        ({}, "invalid_request"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
    ],
)
def test_only_client_credentials_are_granted(one, form, error):
    buyer = one.account("Buyer")
    answer = one.web.post("/auth/token", data=form, auth=(buyer.client.client_id, buyer.secret), headers=FORM)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!!", "Basic " + base64.b64encode(b"no colon").decode(), "Bearer abc", "Basic /w=="],
)
def test_a_header_that_is_no_basic_credentials_is_an_unknown_client(one, header):
    answer = one.web.post("/auth/token", data=GRANT, headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("sent", [{"json": GRANT}, {}])
def test_a_token_request_that_is_no_form_is_answered_with_400_as_oauth_has_it(one, sent):
    answer = one.web.post("/auth/token", **sent)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_ten_wrong_secrets_in_a_minute_stop_further_tries_until_the_minute_is_over(one):
    buyer = one.account("Buyer")
    for _ in range(10):
        assert one.web.post("/auth/token", data=GRANT, auth=(buyer.client.client_id, "x")).status_code == 401
    stopped = one.web.post("/auth/token", data=GRANT, auth=(buyer.client.client_id, buyer.secret))
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) == 60
    one.clock.go_on(60)
    assert (
        one.web.post("/auth/token", data=GRANT, auth=(buyer.client.client_id, buyer.secret)).status_code
        == 200
    )


def test_wrong_secrets_of_one_client_do_not_stop_its_neighbour_behind_the_same_address(one):
    buyer, neighbour = one.account("Buyer"), one.account("Neighbour")
    for _ in range(11):
        one.web.post("/auth/token", data=GRANT, auth=(buyer.client.client_id, "x"))
    answer = one.web.post("/auth/token", data=GRANT, auth=(neighbour.client.client_id, neighbour.secret))
    assert answer.status_code == 200


def test_a_hundred_wrong_secrets_from_one_address_stop_it_whatever_names_it_tries(one):
    buyer = one.account("Buyer")
    for number in range(100):
        one.web.post("/auth/token", data=GRANT, auth=(f"guess-{number // 9}", "x"))
    answer = one.web.post("/auth/token", data=GRANT, auth=(buyer.client.client_id, buyer.secret))
    assert answer.status_code == 429


@pytest.mark.parametrize(
    ("one_address", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
    ],
)
def test_a_caller_with_a_whole_network_of_addresses_counts_as_one(one_address, other, same):
    from gateway.service.throttle import neighbourhood

    assert (neighbourhood(one_address) == neighbourhood(other)) is same


def test_many_wrong_secrets_at_once_leave_the_threads_to_others_and_wait_in_a_bounded_queue(one, monkeypatch):
    """However many addresses they come from: two are checked at a time, and who would wait too long hears so."""
    working, most, lock = 0, 0, threading.Lock()

    def slow(_connection, _client_id, _secret):
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        time.sleep(0.002)
        with lock:
            working -= 1

    monkeypatch.setattr("gateway.service.routes.token.authenticate", slow)
    transport = [httpx.ASGITransport(one.app, client=(f"198.51.100.{number}", 1)) for number in range(120)]

    async def try_it(way):
        async with httpx.AsyncClient(transport=way, base_url="https://pcf.example.com") as web:
            return await web.post("/auth/token", data=GRANT, auth=("guess", "x"))

    async def all_at_once():
        return await asyncio.gather(*map(try_it, transport))

    one.host.throttle._limit = one.host.wide_throttle._limit = 1000
    answers = asyncio.run(all_at_once())
    statuses = Counter(answer.status_code for answer in answers)
    assert most == 2
    assert statuses == {401: 102, 503: 18}
    busy = next(answer for answer in answers if answer.status_code == 503)
    assert busy.headers["retry-after"] == "5"
    assert one.web.post("/auth/token", data=GRANT, auth=("guess", "x")).status_code == 401


def test_good_secrets_are_not_counted_as_tries(one):
    buyer = one.account("Buyer")
    for _ in range(12):
        answer = one.web.post("/auth/token", data=GRANT, auth=(buyer.client.client_id, buyer.secret))
        assert answer.status_code == 200


def test_the_memory_of_tries_is_bounded():
    from gateway.service.throttle import Throttle

    throttle = Throttle(10)
    for number in range(30_000):
        throttle.begin((f"address {number}",), 0)
    assert len(throttle._tries) == 20_000


def test_a_token_expires_after_its_time_and_says_so(one):
    buyer = one.account("Buyer")
    one.clock.go_on(3599)
    assert one.ask(buyer, "/3/footprints").status_code == 200
    one.clock.go_on(1)
    answer = one.ask(buyer, "/3/footprints")
    assert (answer.status_code, answer.json()["code"]) == (401, "TokenExpired")


def test_a_revoked_client_is_out_at_once_with_its_tokens(one):
    buyer = one.account("Buyer", ("all", ""))
    assert one.ask(buyer, "/3/footprints").status_code == 200
    with one.store.write() as connection:
        revoke_client(connection, "Buyer", one.store.now())
    answer = one.ask(buyer, "/3/footprints")
    assert (answer.status_code, answer.json()["code"]) == (401, "BadRequest")
    again = one.web.post("/auth/token", data=GRANT, auth=(buyer.client.client_id, buyer.secret))
    assert again.json()["error"] == "invalid_client"


def claims_of(header: dict[str, str]) -> dict:
    coded = header["Authorization"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))


def forged(one, buyer, how: str) -> str:
    """A token that looks like ours and is not."""
    claims, ours = claims_of(buyer.headers), one.host.tokens.jwk
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": ours["kid"]}
    other = OKPKey.import_key(Ed25519PrivateKey.generate())
    right = one.host.tokens._key.jose
    if how == "none":
        head, body = (
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
            for part in ({**header, "alg": "none"}, claims)
        )
        return f"{head}.{body}."
    if how == "HS256 with the public key":
        public = OctKey.import_key(base64.urlsafe_b64decode(ours["x"] + "="))
        return jwt.encode({**header, "alg": "HS256"}, claims, public, ["HS256"])
    if how == "another key":
        return jwt.encode(header, claims, other, ["Ed25519"])
    if how == "key in the header":
        return jwt.encode({**header, "jwk": other.as_dict(private=False)}, claims, other, ["Ed25519"])
    if how == "another issuer":
        return jwt.encode(
            header,
            {**claims, "iss": "https://evil.example", "aud": "https://evil.example"},
            right,
            ["Ed25519"],
        )
    if how == "another audience":
        return jwt.encode(header, {**claims, "aud": "https://evil.example"}, right, ["Ed25519"])
    if how == "another type":
        return jwt.encode({**header, "typ": "vc+jwt"}, claims, right, ["Ed25519"])
    if how == "a key name that is a path":
        return jwt.encode({**header, "kid": "../../dev/null"}, claims, other, ["Ed25519"])
    if how.startswith("without "):
        return jwt.encode(header, {k: v for k, v in claims.items() if k != how[8:]}, right, ["Ed25519"])
    if how == "an end that is no number":
        return jwt.encode(header, {**claims, "exp": str(claims["exp"])}, right, ["Ed25519"])
    if how == "another host's secret":
        from gateway.service.tokens import Tokens

        return Tokens(HostSecret(b"\x02" * 32), 3600).issue(buyer.client, BASE_URL, one.store.now())
    return buyer.headers["Authorization"].removeprefix("Bearer ") + how


FORGERIES = (
    "none", "HS256 with the public key", "another key", "key in the header", "another issuer", "another audience",
    "another type", "another host's secret", "a key name that is a path", "without exp",
    "without aud", "without iss", "without client", "without client_id", "an end that is no number",
    "=", "x", ".", "\u00e9",
)  # fmt: skip


@pytest.mark.parametrize("how", FORGERIES)
def test_a_token_that_this_host_did_not_issue_is_refused(one, how):
    buyer = one.account("Buyer", ("all", ""))
    assert one.ask(buyer, "/3/footprints").status_code == 200
    token = f"Bearer {forged(one, buyer, how)}".encode("latin-1")
    answer = one.web.get("/3/footprints", headers={"Authorization": token})
    assert (answer.status_code, answer.json()["code"]) == (401, "BadRequest")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_signature_with_other_spare_bits_is_not_the_same_token(one):
    buyer = one.account("Buyer")
    token = buyer.headers["Authorization"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]
    assert one.web.get("/3/footprints", headers={"Authorization": other}).status_code == 401


def test_a_token_for_another_client_id_under_the_same_number_does_not_count(one):
    from dataclasses import replace

    buyer = one.account("Buyer", ("all", ""))
    stranger = one.headers_of(replace(buyer.client, client_id="of-a-restored-database"))
    assert one.web.get("/3/footprints", headers=stranger).status_code == 401


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic abc"}, {"Authorization": ""}])
def test_without_a_token_there_is_one_clear_challenge(one, headers):
    answer = one.web.get("/3/footprints", headers=headers)
    assert answer.status_code == 401
    assert answer.headers.get_list("www-authenticate") == [answer.headers["www-authenticate"]]
    assert answer.headers["www-authenticate"].startswith('Bearer realm="pact"')
    assert set(answer.json()) == {"code", "message"}


def test_a_token_in_the_query_is_not_looked_at(one):
    buyer = one.account("Buyer")
    token = buyer.headers["Authorization"].removeprefix("Bearer ")
    assert one.web.get(f"/3/footprints?access_token={token}").status_code == 401


def test_tokens_outlive_a_restart_and_end_with_the_secret(one):
    buyer = one.account("Buyer")
    again = House(one.store)
    assert again.web.get("/3/footprints", headers=buyer.headers).status_code == 200


def test_discovery_names_the_token_endpoint_under_the_host_that_was_asked(one):
    document = one.web.get("/.well-known/openid-configuration").json()
    assert document["issuer"] == BASE_URL
    assert document["token_endpoint"] == f"{BASE_URL}/auth/token"
    keys = one.web.get(document["jwks_uri"].removeprefix(BASE_URL)).json()["keys"]
    assert [set(key) for key in keys] == [{"kty", "crv", "x", "kid", "use", "alg"}]


def test_anyone_can_verify_a_token_with_the_published_key(one):
    buyer = one.account("Buyer")
    key = OKPKey.import_key(one.web.get("/.well-known/jwks.json").json()["keys"][0])
    read = jwt.decode(buyer.headers["Authorization"].removeprefix("Bearer "), key, algorithms=["Ed25519"])
    assert read.claims["exp"] - read.claims["iat"] == 3600
    assert (read.claims["iss"], read.claims["aud"]) == (BASE_URL, BASE_URL)


def test_the_public_base_url_is_the_issuer_whatever_name_was_used(local_store):
    house = House(local_store, public_base_url="https://gw.example.org/pcf")
    document = house.web.get("/.well-known/openid-configuration").json()
    assert document["token_endpoint"] == "https://gw.example.org/pcf/auth/token"
    buyer = house.account("Buyer")
    assert house.ask(buyer, "/3/footprints").status_code == 401
    good = house.headers_of(buyer.client, "https://gw.example.org/pcf")
    assert house.web.get("/3/footprints", headers=good).status_code == 200
