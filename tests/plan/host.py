"""The host under test as a buyer's software sees it: a base URL, a client id, a secret, and HTTP."""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

import httpx

if TYPE_CHECKING:
    from plan.partner import Partner

Query = Sequence[tuple[str, str]]
MOST_PAGES = 200
LONGEST_WAIT = 90
NULL_ID = "00000000-0000-4000-8000-00000000dead"


class Broken(AssertionError):
    """The host does not keep a case of the plan."""


class NotShown(Exception):
    """The host has nothing by which this case could be shown: no footprints of this version, no partner."""


def expect(holds: object, what: str, response: httpx.Response | None = None) -> None:
    """Broken with what was expected and what came, where it does not hold."""
    if not holds:
        came = f"; came: {response.status_code} {response.text[:300]!r}" if response is not None else ""
        raise Broken(f"expected {what}{came}")


@dataclass
class Host:
    """One host, asked in one version of PACT. ``hidden_id``: a footprint it has that this client must not see."""

    base: str
    client_id: str
    secret: str
    version: str
    http: httpx.Client
    auth: str = ""
    plain: str = ""
    hidden_id: str = ""
    partner: Partner | None = None
    _kept: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = self.base.rstrip("/")
        self.auth = (self.auth or self.base).rstrip("/")
        self.plain = (self.plain or "http://" + self.base.split("://", 1)[1]).rstrip("/")

    def in_version(self, version: str) -> Host:
        """The same host in another version of the protocol."""
        return replace(self, version=version, _kept={})

    @property
    def major(self) -> str:
        return self.version.split(".", maxsplit=1)[0]

    @property
    def authority(self) -> str:
        return urlsplit(self.base).netloc

    def path(self, rest: str) -> str:
        return f"{self.base}/{self.major}/{rest}"

    def ask_token(
        self,
        client_id: str | None = None,
        secret: str | None = None,
        url: str = "",
        grant: str = "client_credentials",
    ) -> httpx.Response:
        """A token request as RFC 6749 section 4.4 has it, with this client's credentials unless others are given."""
        who = self.client_id if client_id is None else client_id
        key = self.secret if secret is None else secret
        basic = base64.b64encode(f"{quote_plus(who)}:{quote_plus(key)}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}
        target, form = url or f"{self.auth}/auth/token", {"grant_type": grant}
        response = self.http.post(target, data=form, headers=headers)
        wait = response.headers.get("retry-after", "")
        if response.status_code == 429 and wait.isdigit() and int(wait) <= LONGEST_WAIT:
            time.sleep(int(wait) + 1)  # the plan itself tries many wrong secrets
            response = self.http.post(target, data=form, headers=headers)
        return response

    def token(self) -> str:
        if "token" not in self._kept:
            response = self.ask_token()
            expect(response.status_code == 200, "a token for valid credentials", response)
            self._kept["token"] = response.json()["access_token"]
        return str(self._kept["token"])

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}"}

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A GET with this client's token, or with just the given headers."""
        return self.http.get(url, headers=dict(self.bearer() if headers is None else headers))

    def list(self, *pairs: tuple[str, str]) -> httpx.Response:
        """One page of ListFootprints."""
        query = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in pairs)
        return self.get(self.path("footprints") + (f"?{query}" if query else ""))

    def pages(self, *pairs: tuple[str, str]) -> list[dict[str, Any]]:
        """Every footprint of a list, by its pagination links."""
        response, found = self.list(*pairs), []
        for _ in range(MOST_PAGES):
            expect(response.status_code == 200, f"200 for the list with {pairs}", response)
            found += footprints_in(response)
            link = next_link(response)
            if link is None:
                return found
            response = self.get(link)
        raise Broken(f"expected the pages to end; there were more than {MOST_PAGES}")

    def everything(self) -> list[dict[str, Any]]:
        """All footprints that this client sees, asked for once."""
        if "all" not in self._kept:
            self._kept["all"] = self.pages()
        found: list[dict[str, Any]] = self._kept["all"]
        if not found:
            raise NotShown("the host offers this client no footprint of this version")
        return found

    def send(self, event: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """An event to the host, in structured mode. Bytes are sent as they are."""
        kind = {"Content-Type": "application/cloudevents+json; charset=UTF-8"}
        sent = kind | dict(self.bearer() if headers is None else headers)
        if isinstance(event, bytes):
            return self.http.post(self.path("events"), content=event, headers=sent)
        content = httpx.Request("POST", "https://x", json=event).content
        return self.http.post(self.path("events"), content=content, headers=sent)


def footprints_in(response: httpx.Response) -> list[dict[str, Any]]:
    """``data`` of a list."""
    body = response.json()
    expect(
        isinstance(body, dict) and isinstance(body.get("data"), list),
        "a JSON object with the array data",
        response,
    )
    found: list[dict[str, Any]] = body["data"]
    return found


def next_link(response: httpx.Response) -> str | None:
    """The target of the Link with rel="next" (RFC 8288), as it was sent."""
    for link in response.headers.get_list("link"):
        for part in link.split(","):
            target, *parameters = part.split(";")
            if any(p.strip().replace('"', "").lower() == "rel=next" for p in parameters):
                return target.strip().removeprefix("<").removesuffix(">")
    return None


def client_for(trust: ssl.SSLContext | bool = True) -> httpx.Client:
    """No redirect is followed, no proxy of the surroundings is used."""
    return httpx.Client(verify=trust, timeout=20, follow_redirects=False, trust_env=False)
