"""What a request may cost, what its failure tells, and what is logged of it."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
import structlog
from starlette.requests import Request
from starlette.responses import Response

from gateway.service.limits import read_body
from gateway.service.logs import request_id, set_up_logs
from gateway.store.clients import add_client
from tests.service.houses import House
from tests.store.offers import offer, pf_id


@pytest.fixture
def house(local_store):
    made = House(local_store, max_body=2000, request_seconds=1)

    async def echo(request: Request) -> Response:
        return Response(str(len(await read_body(request, "application/json"))))

    async def fail(_request: Request) -> Response:
        raise RuntimeError("SELECT secret FROM /etc/passwd")

    async def sleep(_request: Request) -> Response:
        await asyncio.sleep(60)
        return Response()

    for path, work in (("/3/echo", echo), ("/3/fail", fail), ("/fail", fail), ("/3/sleep", sleep)):
        made.app.add_route(path, work, methods=["GET", "POST"])
    return made


JSON = {"Content-Type": "application/json"}


def test_a_body_that_is_announced_as_too_large_is_refused_unread(house):
    answer = house.web.post("/3/echo", content=b"x" * 2001, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "BadRequest")
    assert answer.headers["connection"] == "close"
    assert house.web.post("/3/echo", content=b"x" * 2000, headers=JSON).text == "2000"


def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(house):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 100
            yield b"x" * 100

    answer = house.web.post("/3/echo", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert sent <= 2200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x"])
def test_a_compressed_body_is_refused_before_it_is_unpacked(house, coding):
    answer = house.web.post("/3/echo", content=b"x", headers={**JSON, "Content-Encoding": coding})
    assert (answer.status_code, answer.json()["code"]) == (415, "BadRequest")


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "application/xml",
        "text/json",
        "application/json; charset=utf-16",
        "application/json; charset=gbk",
        "*/*",
    ],
)
def test_a_body_of_another_kind_or_charset_is_refused(house, kind):
    assert house.web.post("/3/echo", content=b"{}", headers={"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_a_body_of_the_right_kind_is_taken(house, kind):
    assert house.web.post("/3/echo", content=b"{}", headers={"Content-Type": kind}).status_code == 200


def test_a_defect_of_ours_tells_the_caller_nothing_but_an_id(house):
    for path in ("/3/fail", "/fail"):
        answer = house.web.get(path)
        assert answer.status_code == 500
        for word in ("SELECT", "passwd", "Traceback", "RuntimeError", ".py"):
            assert word not in answer.text
        assert len(answer.headers["x-request-id"]) == 32
    assert house.web.get("/3/fail").json()["code"] == "InternalError"
    assert house.web.get("/fail").headers["content-type"] == "application/problem+json"


def test_a_database_without_its_tables_is_a_500_without_a_word_of_sql(house):
    buyer = house.account("Buyer", ("all", ""))
    with house.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE bodies")
    answer = house.ask(buyer, f"/3/footprints/{pf_id(1)}")
    assert (answer.status_code, answer.json()["code"]) == (500, "InternalError")
    assert "bodies" not in answer.text


def test_a_request_that_takes_too_long_is_ended(house):
    begun = time.perf_counter()
    answer = house.web.get("/3/sleep")
    assert (answer.status_code, answer.json()["code"]) == (503, "InternalError")
    assert time.perf_counter() - begun < 5


def test_unknown_paths_and_methods_are_answered_in_the_form_of_their_part(house):
    for path, code in (("/3/nothing", "NotFound"), ("/2/footprints/a/b/c", "NotFound")):
        answer = house.web.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    problem = house.web.get("/nothing")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == 404
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        answer = house.web.request(method, "/3/footprints")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_head_answers_like_get_without_the_body(house):
    buyer = house.account("Buyer", ("all", ""))
    house.publish(offer(1))
    got = house.ask(buyer, "/3/footprints")
    head = house.web.request("HEAD", "/3/footprints", headers=buyer.headers)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_every_answer_has_a_request_id_and_a_senders_id_only_where_it_is_sane(house):
    good = house.web.get("/health", headers={"X-Request-ID": "trace-0123456789"})
    assert good.headers["x-request-id"] == "trace-0123456789"
    for bad in ("short", "a" * 65, "with space and so on", "<script>alert(1)</script>", "éééééééé"):
        answer = house.web.get("/health", headers={"X-Request-ID": bad.encode("latin-1")})
        assert answer.headers["x-request-id"] != bad
        assert len(answer.headers["x-request-id"]) == 32
    assert request_id(b"abcdefgh\r\nSet-Cookie: x") != "abcdefgh"


@pytest.fixture
def logged(capsys):
    """What a host writes on standard error, line by line."""
    set_up_logs()
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    structlog.reset_defaults()


def test_the_log_holds_no_secret_no_token_and_no_query(house, logged):
    buyer = house.account("Buyer", ("all", ""))
    house.web.post(
        "/auth/token", data={"grant_type": "client_credentials"}, auth=(buyer.client.client_id, buyer.secret)
    )
    house.web.post(f"/auth/token?client_secret={buyer.secret}")
    house.ask(buyer, "/3/footprints?productId=urn:secret:project&access_token=abc")
    house.web.get("/3/fail")
    lines = logged()
    assert [line["status"] for line in lines if line["event"] == "request"] == [200, 400, 200, 500]
    assert lines[2]["client"] == buyer.client.client_id
    text = json.dumps(lines)
    token = buyer.headers["Authorization"].removeprefix("Bearer ")
    for word in (buyer.secret, token, "urn:secret", "access_token", "passwd", "Traceback"):
        assert word not in text
    (defect,) = [line for line in lines if line["event"] == "defect"]
    assert defect["error"] == "RuntimeError"
    assert defect["at"].startswith("test_limits.py:")


def test_a_secret_that_somebody_puts_into_a_path_is_not_logged(house, logged):
    """Of a path only what is a word of ours, a version or the UUID of a footprint is written down."""
    buyer = house.account("Buyer", ("all", ""))
    token = buyer.headers["Authorization"].removeprefix("Bearer ")
    for path in (
        f"/auth/token/{buyer.secret}",
        f"/{buyer.secret}",
        f"/3/footprints/{buyer.secret}",
        f"/3/footprints/{token}/signature",
        f"/3/fail/{buyer.secret}/",
        f"/rules/{buyer.secret}",
    ):
        house.ask(buyer, path)
    house.ask(buyer, f"/3/footprints/{pf_id(1)}/signature")
    lines = logged()
    assert buyer.secret not in json.dumps(lines)
    assert token not in json.dumps(lines)
    paths = [line["path"] for line in lines]
    assert paths[0] == "/auth/token/…"
    assert paths[2] == "/3/footprints/…"
    assert paths[-1] == f"/3/footprints/{pf_id(1)}/signature"


def test_a_line_break_in_a_path_or_a_name_makes_no_line_in_the_log_and_no_header(house, logged):
    with house.store.write() as connection:
        client, _ = add_client(connection, 'Evil\r\n{"event":"forged"}', house.store.now())
    answer = house.web.get("/3/footprints/%0d%0aSet-Cookie:%20a=b", headers=house.headers_of(client))
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    assert [line["event"] for line in logged()] == ["request"]


def test_a_company_name_with_a_line_break_changes_no_header(house):
    from gateway.store.footprints import Body

    house.publish(offer(1, bodies={"3.0": Body(b'{"companyName":"A\\r\\nSet-Cookie: x=1"}')}))
    buyer = house.account("Buyer", ("all", ""))
    answer = house.ask(buyer, f"/3/footprints/{pf_id(1)}")
    assert answer.json()["data"]["companyName"] == "A\r\nSet-Cookie: x=1"
    assert "set-cookie" not in answer.headers


def test_answers_cannot_be_taken_for_something_else_by_a_browser(house):
    answer = house.web.get("/nothing")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'"
