"""Nobody gets a byte of what is not shared with it at that moment: many clients, at random, against a plain model."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from gateway.pact.answers import Desk
from gateway.store.clients import revoke_client, share, unshare
from gateway.store.events import Incoming, accept
from gateway.store.footprints import Body
from gateway.store.partners import NewPartner, add_partner
from gateway.store.tables.events import outbox
from tests.events.desks import event, in_bytes
from tests.service.houses import BASE_URL, SECRET, Account, House
from tests.store.offers import offer, pf_id

MARK = re.compile(rb'"n":"(\d+)"')
KINDS = [("all", ""), *(("product", f"urn:p:{number}") for number in range(3))]


@dataclass
class Tenant:
    """A client as the model knows it: what was shared, and whether it still is one."""

    account: Account
    shared: set[tuple[str, str]] = field(default_factory=set)
    revoked: bool = False

    def sees(self, number: int) -> bool:
        mine = {("all", ""), ("product", f"urn:p:{number % 3}"), ("footprint", pf_id(number))}
        return not self.revoked and bool(mine & self.shared)


class World:
    """A host, its tenants, and what every one of them must and must not get."""

    def __init__(self, store: Any, chance: random.Random) -> None:
        self.house = House(store, page_memory=20_000)
        self.desk = Desk(self.house.store, BASE_URL)
        self.chance = chance
        self.published: list[int] = []
        self.cursors: list[tuple[Tenant, str]] = []
        self.tags: dict[int, str] = {}
        self.tenants: list[Tenant] = []
        self.events = 0
        for number in range(5):
            self._arrives(f"Client {number}")

    def _arrives(self, name: str) -> None:
        tenant = Tenant(self.house.account(name))
        url = f"https://partner{len(self.tenants)}.example"
        with self.house.store.write() as connection:
            new = NewPartner(name, url, url, "our id", "our secret", name)
            add_partner(connection, SECRET, new, self.house.store.now())
        self.tenants.append(tenant)

    def changes(self) -> None:
        """Something happens to what is shared."""
        deed = self.chance.choice(
            ["publish", "publish", "share", "share", "share", "unshare", "unshare", "revoke"]
        )
        tenant = self.chance.choice(self.tenants)
        now = self.house.store.now()
        if deed == "publish" or not self.published:
            number = len(self.published) + 1
            bodies = {"3.0": Body(b'{"n":"%d"}' % number, f"signature.{number}")}
            if number % 2:
                bodies["2.3"] = Body(b'{"n":"%d","v":2}' % number, f"signature.{number}.2")
            self.house.publish(offer(number, bodies=bodies))
            self.published.append(number)
        elif deed == "revoke" and self.chance.random() < 0.1:
            with self.house.store.write() as connection:
                revoke_client(connection, tenant.account.client.client_id, now)
            tenant.revoked = True
            self._arrives(f"Client {len(self.tenants)}")
        elif deed == "share" and not tenant.revoked:
            what = self.chance.choice([*KINDS, ("footprint", pf_id(self.chance.choice(self.published)))])
            with self.house.store.write() as connection:
                share(connection, tenant.account.client, *what, now)
            tenant.shared.add(what)
        elif tenant.shared:
            what = self.chance.choice(sorted(tenant.shared))
            with self.house.store.write() as connection:
                unshare(connection, tenant.account.client, *what, now)
            tenant.shared.discard(what)

    def lists(self, tenant: Tenant) -> None:
        """A list in either version, filtered or not, page by page: all that is shared, and nothing else."""
        version, product = self.chance.choice("23"), self.chance.choice([None, 0, 1, 2])
        path = f"/{version}/footprints?limit={self.chance.choice([1, 2, 100])}"
        if product is not None:
            asked = {
                "2": f"$filter=productIds/any(p:(p eq 'urn:p:{product}'))",
                "3": f"productId=URN:P:{product}",
            }
            path += "&" + asked[version]
        got: list[int] = []
        following: str | None = path
        while following:
            answer = self.house.ask(tenant.account, following)
            if tenant.revoked:
                assert answer.status_code == 401
                assert not MARK.search(answer.content)
                return
            got += map(int, MARK.findall(answer.content))
            following = answer.links["next"]["url"] if "next" in answer.links else None
            if following:
                self.cursors.append((tenant, following))
        wanted = [
            number
            for number in self.published
            if tenant.sees(number) and (version == "3" or number % 2) and product in (None, number % 3)
        ]
        assert sorted(got) == wanted

    def one(self, tenant: Tenant) -> None:
        """A single footprint, its signature, and the question whether it is still the same."""
        if not self.published:
            return
        number = self.chance.choice(self.published)
        version, tail = self.chance.choice([("3", ""), ("3", "/signature"), ("2", ""), ("2", "/signature")])
        known = {"If-None-Match": self.chance.choice(["*", self.tags.get(number, '"x"')])}
        answer = self.house.ask(tenant.account, f"/{version}/footprints/{pf_id(number)}{tail}", **known)
        if tenant.sees(number) and (version == "3" or number % 2):
            assert answer.status_code == (200 if tail else answer.status_code)
            assert answer.status_code in (200, 304)
            if version == "3" and not tail:
                self.tags[number] = answer.headers["etag"]
            return
        nothing = self.house.ask(tenant.account, f"/{version}/footprints/{pf_id(10**6)}{tail}", **known)
        assert (answer.status_code, answer.content) == (nothing.status_code, nothing.content)
        assert answer.status_code == (401 if tenant.revoked else 404)
        own = {"x-request-id"}
        assert {k: v for k, v in answer.headers.items() if k not in own} == {
            k: v for k, v in nothing.headers.items() if k not in own
        }

    def tries_a_cursor(self, tenant: Tenant) -> None:
        """A link of its own from before shows what is shared now; one of another shows nothing."""
        if not self.cursors:
            return
        owner, link = self.chance.choice(self.cursors)
        answer = self.house.ask(tenant.account, link)
        if owner is not tenant or tenant.revoked:
            assert answer.status_code in (400, 401)
        got = list(map(int, MARK.findall(answer.content)))
        assert all(tenant.sees(number) for number in got)

    def asks_by_event(self, tenant: Tenant) -> None:
        """The answer to an event holds what its sender sees when it is made, to the address of that sender."""
        self.events += 1
        place = f"https://partner{self.tenants.index(tenant)}.example"
        made = event(data={"companyId": ["urn:c:1"]}, id=f"e{self.events}", source=place)
        kept = Incoming(tenant.account.client.number, made["id"], place, made["type"], in_bytes(made))
        with self.house.store.write() as connection:
            accept(connection, kept, self.house.store.now())
        self.desk.work()
        with self.house.store.read() as connection:
            bodies = connection.execute(select(outbox.c.body).order_by(outbox.c.number)).scalars().all()
        answers = [json.loads(bytes(body)) for body in bodies]
        mine = [one for one in answers if one["data"].get("requestEventId") == made["id"]]
        got = sorted(int(pf["n"]) for one in mine for pf in one["data"].get("pfs", []))
        assert got == [number for number in self.published if tenant.sees(number)]


@pytest.mark.parametrize("seed", range(3))
def test_no_client_ever_gets_what_is_not_shared_with_it_now(local_store, seed):
    chance = random.Random(seed)
    world = World(local_store, chance)
    for _ in range(20):
        world.changes()
    for _ in range(120):
        if chance.random() < 0.4:
            world.changes()
        ask = chance.choice(
            [world.lists, world.lists, world.one, world.one, world.tries_a_cursor, world.asks_by_event]
        )
        ask(chance.choice(world.tenants))
    assert len(world.published) > 3
    assert world.cursors
