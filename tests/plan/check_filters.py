"""Cases about filters: the parameters of version 3 and the ``$filter`` of version 2.

What a filter must find is worked out from the footprints that the host lists, so that a missing one shows too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from plan.expected import (
    Footprint,
    ids,
    moment,
    valid_after,
    valid_before,
    valid_on,
    validity,
    values_of,
    with_any,
    within,
)
from plan.host import Host, NotShown, expect
from plan.official import must_conform

NEVER = {
    "productId": "urn:pact:example.com:product-id:there-is-none",
    "companyId": "urn:pact:example.com:company:there-is-none",
    "geography": "XX",
    "classification": "urn:cpc:00000",
    "status": "Bogus",
}


def _found(host: Host, wanted: set[str], *pairs: tuple[str, str]) -> None:
    """Exactly the wanted footprints, each conforming; for a country its subdivisions may come too."""
    came = host.pages(*pairs)
    beside = within(host.everything(), "geography", [value for name, value in pairs if name == "geography"])
    for footprint in came:
        must_conform(host.version, "ProductFootprint", footprint)
    missing, more = wanted - ids(came), ids(came) - wanted - beside
    expect(
        not missing and not more,
        f"{len(wanted)} for {pairs}; missing {sorted(missing)[:3]}, not wanted {sorted(more)[:3]}",
    )


def _values(host: Host, parameter: str) -> list[str]:
    """Values that some footprints have; first one by which the host's footprints can be told apart."""
    everything = host.everything()
    values = list(dict.fromkeys(v for f in everything for v in values_of(f, parameter)))
    if not values:
        raise NotShown(f"no footprint has a value for {parameter}")
    values.sort(key=lambda v: len(with_any(everything, parameter, [v])) == len(everything))
    return values


def one(host: Host, parameter: str) -> None:
    value = _values(host, parameter)[0]
    _found(host, with_any(host.everything(), parameter, [value]), (parameter, value))


def either(host: Host, parameter: str) -> None:
    """Several values of one parameter: any of them."""
    values = ([*_values(host, parameter), NEVER[parameter]])[:2]
    _found(host, with_any(host.everything(), parameter, values), *((parameter, v) for v in values))


def any_case(host: Host, parameter: str) -> None:
    value = _values(host, parameter)[0]
    wanted = with_any(host.everything(), parameter, [value])
    _found(host, wanted, (parameter, value.upper()))
    _found(host, wanted, (parameter, value.lower()))


def none(host: Host, parameter: str) -> None:
    response = host.list((parameter, NEVER[parameter]))
    expect(response.status_code == 200, f"200 for {parameter}={NEVER[parameter]}", response)
    expect(response.json() == {"data": []}, 'just {"data":[]}', response)


def empty(host: Host, parameter: str) -> None:
    """An empty value is no filter."""
    _found(host, ids(host.everything()), (parameter, ""))


def _text(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moments(host: Host, end: int) -> list[datetime]:
    """Starts (0) or ends (1) of the validity of the host's footprints, in order, whole seconds only."""
    found = sorted({validity(footprint)[end] for footprint in host.everything()})
    return [when for when in found if when.microsecond == 0]


Timed = Callable[[list[Footprint], datetime], set[str]]
_TIMED: dict[str, Timed] = {"validOn": valid_on, "validAfter": valid_after, "validBefore": valid_before}


def timed(host: Host, parameter: str) -> None:
    """Between two limits of validity, and exactly on each."""
    moments = _moments(host, 1 if parameter == "validBefore" else 0)
    inside = [when + timedelta(hours=1) for when in moments[:3]]
    for when in (*moments[:3], *inside, moments[-1]):
        _found(host, _TIMED[parameter](host.everything(), when), (parameter, _text(when)))


def timed_end(host: Host) -> None:
    """``start validity period <= validOn <= end validity period``, in the words of the document."""
    for when in _moments(host, 1)[:2]:
        _found(host, valid_on(host.everything(), when), ("validOn", _text(when)))


def timed_offset(host: Host, parameter: str) -> None:
    """The same moment in another time zone: an hour before a limit, which eight hours more would pass."""
    when = _moments(host, 1 if parameter == "validBefore" else 0)[0] - timedelta(hours=1)
    local = (when.astimezone(UTC) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S+08:00")
    _found(host, _TIMED[parameter](host.everything(), when), (parameter, local))


def timed_none(host: Host, parameter: str) -> None:
    when = "2999-01-01T00:00:00Z" if parameter == "validAfter" else "1901-01-01T00:00:00Z"
    response = host.list((parameter, when))
    expect(response.status_code == 200 and response.json() == {"data": []}, 'just {"data":[]}', response)


def timed_wrong(host: Host, parameter: str) -> None:
    for wrong in ("yesterday", "2025-13-45T00:00:00Z", "1", "2025-01-01T00:00:00Z' OR '1'='1"):
        response = host.list((parameter, wrong))
        expect(response.status_code == 400, f"400 for {parameter}={wrong}", response)
        must_conform(host.version, "Error", response.json())


def status_and_product(host: Host) -> None:
    footprint = host.everything()[0]
    product, status = footprint["productIds"][0], footprint["status"]
    everything = host.everything()
    both = with_any(everything, "productId", [product]) & with_any(everything, "status", [status])
    _found(host, both, ("status", status), ("productId", product))


def several(host: Host) -> None:
    """Every parameter at once: a footprint must match each."""
    everything, pairs = host.everything(), []
    wanted = ids(everything)
    footprint = next((f for f in everything if all(values_of(f, p) for p in NEVER)), None)
    if footprint is None:
        raise NotShown("no footprint has a product, a company, a geography and a classification")
    for parameter in NEVER:
        value = values_of(footprint, parameter)[0]
        pairs.append((parameter, value))
        wanted &= with_any(everything, parameter, [value])
    start = validity(footprint)[0].replace(microsecond=0) + timedelta(days=1)
    pairs.append(("validOn", _text(start)))
    _found(host, wanted & valid_on(everything, start), *pairs)


def several_none(host: Host) -> None:
    """One criterion that nothing meets empties the list, whatever the others say."""
    product = host.everything()[0]["productIds"][0]
    response = host.list(("productId", product), ("geography", NEVER["geography"]))
    expect(response.status_code == 200 and response.json() == {"data": []}, 'just {"data":[]}', response)


def paged(host: Host) -> None:
    """The pages of a filtered list stay filtered."""
    parameter = max(
        NEVER,
        key=lambda p: max((len(with_any(host.everything(), p, [v])) for v in _some(host, p)), default=0),
    )
    value = max(_some(host, parameter), key=lambda v: len(with_any(host.everything(), parameter, [v])))
    wanted = with_any(host.everything(), parameter, [value])
    if len(wanted) < 2:
        raise NotShown("no filter finds two footprints")
    _found(host, wanted, (parameter, value), ("limit", str(max(1, len(wanted) // 50))))


def _some(host: Host, parameter: str) -> list[str]:
    values = [v for f in host.everything() for v in values_of(f, parameter)]
    return [
        v
        for v in dict.fromkeys(values)
        if len(with_any(host.everything(), parameter, [v])) < len(host.everything())
    ]


# --- version 2


def _filtered(host: Host, text: str, holds: Callable[[Footprint], bool]) -> None:
    _found(host, ids([f for f in host.everything() if holds(f)]), ("$filter", text))


def _middle(host: Host, value: Callable[[Footprint], str | None]) -> str:
    """The value of a footprint in the middle, so that a comparison divides them."""
    found = sorted(v for f in host.everything() if (v := value(f)) is not None)
    if not found:
        raise NotShown("no footprint has that property")
    return found[len(found) // 2]


def odata_created(host: Host) -> None:
    when = _middle(host, lambda f: f["created"])
    at = moment(when)
    _filtered(host, f"created ge {when}", lambda f: moment(f["created"]) >= at)
    _filtered(host, f"created gt {when}", lambda f: moment(f["created"]) > at)
    _filtered(host, f"created le {when}", lambda f: moment(f["created"]) <= at)
    _filtered(host, f"created lt {when}", lambda f: moment(f["created"]) < at)
    _filtered(host, f"created eq {when}", lambda f: moment(f["created"]) == at)


def odata_period(host: Host) -> None:
    for name in ("referencePeriodStart", "referencePeriodEnd"):
        when = _middle(host, lambda f, name=name: f["pcf"][name])  # type: ignore[misc]
        at = moment(when)
        _filtered(host, f"pcf/{name} ge {when}", lambda f, name=name, at=at: moment(f["pcf"][name]) >= at)  # type: ignore[misc]
        _filtered(host, f"pcf/{name} lt {when}", lambda f, name=name, at=at: moment(f["pcf"][name]) < at)  # type: ignore[misc]


def odata_cpc(host: Host) -> None:
    cpc = _middle(host, lambda f: f["productCategoryCpc"])
    _filtered(host, f"productCategoryCpc eq '{cpc}'", lambda f: f["productCategoryCpc"] == cpc)


def odata_country(host: Host) -> None:
    country = _middle(host, lambda f: f["pcf"].get("geographyCountry"))
    _filtered(
        host, f"pcf/geographyCountry eq '{country}'", lambda f: f["pcf"].get("geographyCountry") == country
    )


def odata_any(host: Host, name: str) -> None:
    one_of = name.removesuffix("s")
    urn = _middle(host, lambda f: f[name][0])
    _filtered(host, f"{name}/any({one_of}:({one_of} eq '{urn}'))", lambda f: urn in f[name])


def odata_several(host: Host) -> None:
    cpc = _middle(host, lambda f: f["productCategoryCpc"])
    when = _middle(host, lambda f: f["created"])
    product = _middle(host, lambda f: f["productIds"][0] if f["productCategoryCpc"] == cpc else None)
    text = f"productCategoryCpc eq '{cpc}' and created le {when}"
    _filtered(host, text, lambda f: f["productCategoryCpc"] == cpc and moment(f["created"]) <= moment(when))
    text = f"(productCategoryCpc eq '{cpc}') and productIds/any(p:(p eq '{product}'))"
    _filtered(host, text, lambda f: f["productCategoryCpc"] == cpc and product in f["productIds"])


def odata_none(host: Host) -> None:
    nothing = (
        "productCategoryCpc eq '00000'",
        "created gt 2999-01-01T00:00:00Z",
        "pcf/geographyCountry eq 'XX'",
    )
    for text in (*nothing, "productIds/any(productId:(productId eq 'urn:pact:null'))"):
        response = host.list(("$filter", text))
        expect(response.status_code == 200, f"200 for {text}", response)
        expect(response.json() == {"data": []}, 'just {"data":[]}', response)


def odata_wrong(host: Host) -> None:
    """What is no filter is refused with 400, and never read as another filter."""
    wrong = (
        "created",
        "created ge",
        "nothing eq 'x'",
        "created ge 'x' or",
        "id eq 'x'' or 1=1",
        "; drop table footprints",
    )
    for text in (
        *wrong,
        "created ge 2020-01-01T00:00:00Z)",
        "(" * 3000,
        "productIds/any(p:(q eq 'x'))",
        "pcf/geographyCountry lt",
    ):
        response = host.list(("$filter", text))
        expect(response.status_code in (400, 414, 431), f"400 for the filter {text[:40]!r}", response)
        if response.status_code == 400:
            must_conform(host.version, "Error", response.json())


def odata_empty(host: Host) -> None:
    """``allowEmptyValue``: an empty $filter is none."""
    _found(host, ids(host.everything()), ("$filter", ""))


def odata_paged(host: Host) -> None:
    country = _middle(host, lambda f: f["pcf"].get("geographyCountry"))
    wanted = ids([f for f in host.everything() if f["pcf"].get("geographyCountry") == country])
    _found(
        host,
        wanted,
        ("$filter", f"pcf/geographyCountry eq '{country}'"),
        ("limit", str(max(1, len(wanted) // 50))),
    )
