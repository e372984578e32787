"""A sandbox: the examples and made-up footprints in a new database, and a client that sees them all.

The figures are those of the examples; names, products, countries and dates are varied so that filters and pages have
something to do. Nobody can mistake it for real data: every made-up product says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from gateway.data import data_path
from gateway.formats.json_reader import read_json, write_compact
from gateway.pact.offer import Prepared, prepare, put_on_offer
from gateway.store.clients import Client, add_client, share
from gateway.store.database import Store, open_store
from gateway.store.footprints import has_v2
from gateway.store.secret import HostSecret, load_secret

MADE_UP = 120
EXAMPLES = ("aluminium", "cement", "steel")
_COUNTRIES = ("CN", "CN", "CN", "VN", "DE", "IN", "TR")
_PRODUCTS = 25
_NAMES = uuid.UUID("6f1c2d5e-0f0b-5c56-9a52-1d0c6a1f3b77")


def demo_store(folder: Path, base_url: str) -> tuple[Store, HostSecret, Client, str]:
    """The store of a sandbox, the secret of its host, its client and the client's secret."""
    store = open_store(f"sqlite:///{folder / 'demo.db'}")
    secret = load_secret(folder / "host.secret")
    offers = list(_offers(base_url))
    with store.write() as connection:
        now = store.now()
        client, password = add_client(connection, "demo", now)
        share(connection, client, "all", "", now)
        for offer in offers:
            put_on_offer(connection, offer, now)
    return store, secret, client, password


def _offers(base_url: str) -> Iterator[Prepared]:
    """The examples as they are, then footprints made up from the first that both versions of PACT can say."""
    examples = [data_path("examples", f"{name}.json").read_bytes() for name in EXAMPLES]
    offers = [prepare(document, base_url=base_url) for document in examples]
    yield from offers
    told_in_both = next(one.offer for one in offers if has_v2(one.offer.bodies))
    pattern = read_json(told_in_both.bodies["3.0"].content)
    for number in range(MADE_UP):
        yield prepare(write_compact(_varied(pattern, number)))


def _varied(pattern: dict[str, Any], number: int) -> dict[str, Any]:
    """A made-up footprint: another id, product, country and period; every tenth is deprecated."""
    product = number % _PRODUCTS
    begins = date(2023, 1, 1) + timedelta(days=7 * (number % 52))
    ends = begins + timedelta(days=365)
    made = {
        **pattern,
        "id": str(uuid.uuid5(_NAMES, str(number))),
        "created": _instant(ends + timedelta(days=30)),
        "status": "Deprecated" if number % 10 == 9 else "Active",
        "companyName": f"Made-up Works {number % 5}",
        "companyIds": [f"urn:pact:works{number % 5}.example:company:1"],
        "productIds": [f"urn:pact:works{number % 5}.example:product-id:{product}"],
        "productNameCompany": f"Made-up product {product}",
        "comment": "Made up for trying this service. Not a footprint of anything.",
        "pcf": {
            **pattern["pcf"],
            "geographyCountry": _COUNTRIES[number % len(_COUNTRIES)],
            "referencePeriodStart": _instant(begins),
            "referencePeriodEnd": _instant(ends),
        },
    }
    for name in ("extensions", "validityPeriodStart", "validityPeriodEnd"):
        made.pop(name, None)
    return made


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
