"""Cases about tokens, OpenID discovery, and what is refused without them or without TLS."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from plan.host import NULL_ID, Host, expect, footprints_in
from plan.official import must_conform

EVENTS = {"Content-Type": "application/cloudevents+json"}
FORGED = (
    "not-a-token",
    "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhIiwiZXhwIjo0MTAyNDQ0ODAwfQ.",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwiZXhwIjo0MTAyNDQ0ODAwfQ.c2lnbmF0dXJl",
)


def valid(host: Host) -> None:
    _is_token(host.ask_token())


def _is_token(response: httpx.Response) -> None:
    expect(response.status_code == 200, "200 for valid credentials", response)
    body = response.json()
    expect(isinstance(body.get("access_token"), str) and body["access_token"], "an access_token", response)
    expect(str(body.get("token_type", "")).lower() == "bearer", "token_type bearer (RFC 6749, 5.1)", response)
    expect(
        "no-store" in response.headers.get("cache-control", ""),
        "Cache-Control: no-store (RFC 6749, 5.1)",
        response,
    )


def short_lived(host: Host) -> None:
    response = host.ask_token()
    seconds = response.json().get("expires_in")
    expect(isinstance(seconds, int) and 0 < seconds <= 3600, "expires_in of at most one hour", response)


def _refused(response: httpx.Response, *errors: str) -> None:
    expect(response.status_code in (400, 401), "400 or 401", response)
    error = response.json().get("error")
    expect(error in errors, f"the error {' or '.join(errors)} (RFC 6749, 5.2)", response)


def wrong_secret(host: Host) -> None:
    _refused(host.ask_token(secret="wrong-" + host.secret), "invalid_client")


def unknown_client(host: Host) -> None:
    _refused(host.ask_token(client_id="nobody-" + host.client_id), "invalid_client")


def other_grant(host: Host) -> None:
    _refused(host.ask_token(grant="password"), "unsupported_grant_type")


def secret_in_query(host: Host) -> None:
    query = {"client_id": host.client_id, "client_secret": host.secret, "grant_type": "client_credentials"}
    response = host.http.post(f"{host.auth}/auth/token", params=query)
    expect(response.status_code in (400, 401), "400 or 401 for a secret in the URL", response)
    expect("access_token" not in response.text, "no token", response)


def _discovered(host: Host) -> str:
    response = host.http.get(f"{host.auth}/.well-known/openid-configuration")
    expect(response.status_code == 200, "200 for the OpenID configuration", response)
    endpoint = response.json().get("token_endpoint", "")
    expect(str(endpoint).startswith("https://"), "an https token_endpoint", response)
    return str(endpoint)


def openid(host: Host) -> None:
    response = host.ask_token(url=_discovered(host))
    _is_token(response)
    token = {"Authorization": f"Bearer {response.json()['access_token']}"}
    expect(host.get(host.path("footprints?limit=1"), token).status_code == 200, "the token to open the list")


def openid_wrong(host: Host) -> None:
    _refused(host.ask_token(url=_discovered(host), secret="wrong-" + host.secret), "invalid_client")


def _shut(host: Host, response: httpx.Response) -> None:
    expect(response.status_code in (400, 401, 403), "400, 401 or 403", response)
    must_conform(host.version, "Error", response.json())
    expect(
        response.json()["code"] == "BadRequest", "the code BadRequest, which every version accepts", response
    )


def list_shut(host: Host) -> None:
    for token in FORGED:
        _shut(host, host.get(host.path("footprints"), {"Authorization": f"Bearer {token}"}))


def list_without(host: Host) -> None:
    _shut(host, host.get(host.path("footprints"), {}))


def get_shut(host: Host) -> None:
    known = host.everything()[0]["id"]
    for token in FORGED:
        _shut(host, host.get(host.path(f"footprints/{known}"), {"Authorization": f"Bearer {token}"}))


def get_shut_alike(host: Host) -> None:
    """Whether a footprint exists is not told to one without a token."""
    header = {"Authorization": f"Bearer {FORGED[0]}"}
    known = host.get(host.path(f"footprints/{host.everything()[0]['id']}"), header)
    unknown = host.get(host.path(f"footprints/{NULL_ID}"), header)
    expect(known.status_code == unknown.status_code, "one answer for a known and an unknown id", unknown)


def events_shut(host: Host) -> None:
    from plan.check_events import published

    for token in FORGED:
        _shut(host, host.send(published(host, [NULL_ID]), {"Authorization": f"Bearer {token}"}))


def tampered(host: Host) -> None:
    """A real token with one letter of its payload changed."""
    head, payload, mark = host.token().split(".")
    changed = payload[:-2] + ("A" if payload[-2] != "A" else "B") + payload[-1]
    _shut(host, host.get(host.path("footprints"), {"Authorization": f"Bearer {head}.{changed}.{mark}"}))


def _plainly(host: Host, ask: Callable[[], httpx.Response]) -> None:
    """Over plain HTTP nothing is served and nothing is redirected: a client would follow with its secret."""
    try:
        response = ask()
    except httpx.TransportError:
        return
    expect(response.status_code >= 400, "no success and no redirect over plain HTTP", response)
    expect("access_token" not in response.text, "no token over plain HTTP", response)


def plain_token(host: Host) -> None:
    _plainly(host, lambda: host.ask_token(url=f"{host.plain}/auth/token"))


def plain_list(host: Host) -> None:
    _plainly(host, lambda: host.get(f"{host.plain}/{host.major}/footprints"))


def plain_get(host: Host) -> None:
    known = [footprint["id"] for footprint in footprints_in(host.list(("limit", "1")))]
    for wanted in (NULL_ID, *known):
        _plainly(host, lambda wanted=wanted: host.get(f"{host.plain}/{host.major}/footprints/{wanted}"))  # type: ignore[misc]


def plain_events(host: Host) -> None:
    from plan.check_events import published

    event = published(host, [NULL_ID])
    url = f"{host.plain}/{host.major}/events"
    _plainly(host, lambda: host.http.post(url, json=event, headers=host.bearer() | EVENTS))
