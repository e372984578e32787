"""Over what a request came, and which name of ours it used."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.check.catalog import message
from gateway.model.finding import Refused
from gateway.service.edge import Edge
from gateway.service.problem import HttpProblem
from gateway.service.settings import load_settings
from tests.service.houses import House
from tests.store.offers import offer


def scope(scheme: str = "https", peer: str = "203.0.113.9", **headers: str) -> dict:
    named = {"host": "pcf.example.com", **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in named.items()]
    return {"scheme": scheme, "client": (peer, 4711), "headers": pairs}


def edge(**settings) -> Edge:
    return Edge(load_settings(**{"allowed_hosts": ("pcf.example.com",), **settings}))


OURS = edge()


def test_a_host_header_of_a_stranger_gets_no_link_and_no_token_endpoint(local_store):
    house = House(local_store)
    buyer = house.account("Buyer", ("all", ""))
    house.publish(*map(offer, (1, 2)))
    for path in ("/3/footprints?limit=1", "/.well-known/openid-configuration", "/auth/token"):
        answer = house.web.get(path, headers={**buyer.headers, "Host": "evil.example"})
        assert answer.status_code == 400
        assert "evil" not in answer.text + str(answer.headers)
    forwarded = house.web.get(
        "/3/footprints?limit=1", headers={**buyer.headers, "X-Forwarded-Host": "evil.example"}
    )
    assert forwarded.headers["link"].startswith("<https://pcf.example.com/3/footprints?")


@pytest.mark.parametrize(
    "name", ["pcf.example.com", "PCF.example.COM", "pcf.example.com:8443", "pcf.example.com:443"]
)
def test_the_link_has_the_host_that_the_client_used(name):
    assert edge().look(scope(host=name)).base_url == f"https://{name.lower()}"


@pytest.mark.parametrize(
    "name",
    ["", "pcf.example.com.", "pcf.example.com:99999", "pcf.example.com:", "a@pcf.example.com", "pcf.example.com/x",
     "pcf.example.com, evil.example", "pcf.example.com evil", "xpcf.example.com", "pcf.example.com.evil", "[::1", "é"],
)  # fmt: skip
def test_a_host_that_is_not_just_ours_is_refused(name):
    with pytest.raises(HttpProblem) as refused:
        edge().look(scope(host=name))
    assert refused.value.status == 400


def test_two_host_headers_are_refused():
    asked = scope()
    asked["headers"].append((b"host", b"pcf.example.com"))
    with pytest.raises(HttpProblem):
        edge().look(asked)


def test_the_names_of_the_certificate_are_names_of_the_host():
    looked = Edge(load_settings(), ["*.example.org", "::1"])
    assert looked.look(scope(host="a.example.org")).base_url == "https://a.example.org"
    assert looked.look(scope(host="[::1]:8443")).base_url == "https://[::1]:8443"
    for other in ("a.b.example.org", "example.org"):
        with pytest.raises(HttpProblem):
            looked.look(scope(host=other))


def test_plain_http_is_refused_and_not_redirected(local_store):
    house = House(local_store)
    buyer = house.account("Buyer")
    answer = house.web.get("http://pcf.example.com/3/footprints", headers=buyer.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "BadRequest")
    assert "location" not in answer.headers
    assert answer.headers["connection"] == "close"


def test_only_a_configured_proxy_can_say_that_a_request_came_over_tls():
    proxied = edge(behind_proxy="10.0.0.0/24")
    said = {"x_forwarded_proto": "https"}
    assert proxied.look(scope("http", "10.0.0.5", **said)).base_url == "https://pcf.example.com"
    for asked in (
        scope("http", "10.0.1.5", **said),
        scope("http", "10.0.0.5"),
        scope("http", "10.0.0.5", x_forwarded_proto="http"),
        scope("http", "10.0.0.5", x_forwarded_proto="https, http"),
    ):
        with pytest.raises(HttpProblem) as refused:
            proxied.look(asked)
        assert refused.value.status == 403
    with pytest.raises(HttpProblem):
        edge().look(scope("http", "10.0.0.5", **said))


def test_behind_a_proxy_the_name_and_the_address_are_those_it_saw():
    proxied = edge(behind_proxy="10.0.0.0/24,10.9.0.1")
    asked = scope(
        "http", "10.0.0.5", host="backend:8080", x_forwarded_proto="https", x_forwarded_host="pcf.example.com",
        x_forwarded_for="1.2.3.4, 198.51.100.7, 10.9.0.1",
    )  # fmt: skip
    looked = proxied.look(asked)
    assert (looked.base_url, looked.address) == ("https://pcf.example.com", "198.51.100.7")


def test_who_is_no_proxy_cannot_choose_its_address():
    assert edge().look(scope(x_forwarded_for="1.2.3.4")).address == "203.0.113.9"


def test_a_base_url_with_a_path_leads_the_links(local_store):
    house = House(local_store, public_base_url="https://pcf.example.com/pcf")
    buyer = house.account("Buyer", ("all", ""))
    house.publish(*map(offer, (1, 2)))
    headers = house.headers_of(buyer.client, "https://pcf.example.com/pcf")
    answer = house.web.get("/3/footprints?limit=1", headers=headers)
    assert answer.headers["link"].startswith("<https://pcf.example.com/pcf/3/footprints?limit=1&")


@given(st.text(max_size=300))
def test_no_host_header_raises_anything_but_a_refusal(text):
    try:
        base_url = OURS.look(scope(host=text.encode("utf-8", "replace").decode("latin-1"))).base_url
    except HttpProblem:
        return
    assert base_url.startswith("https://pcf.example.com")


@pytest.mark.parametrize(
    "given_",
    [
        {"public_base_url": "http://pcf.example.com"},
        {"public_base_url": "https://user@pcf.example.com"},
        {"public_base_url": "https://pcf.example.com?x=1"},
        {"behind_proxy": "everyone"},
        {"token_seconds": 3601},
        {"cursor_seconds": 179},
        {"port": 70000},
    ],
)
def test_a_setting_that_would_weaken_the_host_is_refused_by_name(given_):
    with pytest.raises(Refused) as refused:
        load_settings(**given_)
    (found,) = refused.value.findings
    assert found.rule == "SERVE-SETTING"
    assert found.values["name"] in given_
    assert not re.search("[a-z]{4} ", message(found, "zh").replace(found.values["name"], ""))  # no English


def test_settings_come_from_the_command_line_then_the_environment_then_the_file(tmp_path, monkeypatch):
    file = tmp_path / "gateway.toml"
    file.write_text('port = 1\npage_size = 7\nallowed_hosts = ["a.example", "b.example"]\nmax_body = 2000\n')
    monkeypatch.setenv("CBAMGW_PAGE_SIZE", "8")
    monkeypatch.setenv("CBAMGW_MAX_BODY", "3000")
    settings = load_settings(file, max_body=4000)
    assert (settings.port, settings.page_size, settings.max_body) == (1, 8, 4000)
    assert settings.allowed_hosts == ("a.example", "b.example")


def test_an_unknown_setting_or_a_broken_file_is_refused_by_name(tmp_path):
    file = tmp_path / "gateway.toml"
    for text, name in (("verify_tls = false", "verify_tls"), ("port = ", str(file)), ("port = 'x'", "port")):
        file.write_text(text)
        with pytest.raises(Refused) as refused:
            load_settings(file)
        assert refused.value.findings[0].values["name"] == name


def test_no_pattern_that_callers_reach_is_slow_on_any_text():
    from gateway.pact.filters import moment_named
    from gateway.service import edge as edges
    from gateway.service import odata
    from gateway.service.routes import footprints

    long = (
        "a" * 100_000 + "!",
        "0" * 100_000,
        "2025-01-01T00:00:00." + "0" * 100_000,
        "'" * 100_001,
        "a." * 50_000,
        " " * 100_000 + "!",
    )
    for text in long:
        begun = time.process_time()
        assert moment_named(text) is None
        assert not edges._AUTHORITY.fullmatch(text)
        assert not footprints._UUID.fullmatch(text)
        assert not footprints._TAG.findall(text)
        odata._TOKEN.match(text)
        assert time.process_time() - begun < 0.05
