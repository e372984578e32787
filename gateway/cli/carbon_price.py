"""``cbamgw calculate carbon-price``: what was effectively paid for the emissions of a record, and per good."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Annotated, Any

import typer

from gateway.check.catalog import message
from gateway.cli.common import EXIT_NOT_CONFORMING, language, print_findings
from gateway.cli.output import refuse_outputs, write_out
from gateway.methods.carbon_price import METHOD, CarbonPrices, Paid, carbon_prices, covered, sites_of, to_json
from gateway.methods.cbam_transitional import Calculation, calculate
from gateway.methods.trace import decimal_of, text_of
from gateway.model.finding import Refused, errors
from gateway.model.record import Record

WORDS = {
    "en": {
        "price": "effective price", "free": "share covered by free allocation", "goods": "Goods",
        "per": "EUR per tonne of goods, on the emissions of this installation",
        "draft": "The implementing act on Article 9 was a draft of 13 May 2026: to confirm. The evidence of payment "
        "must be certified by an independent person.",
    },
    "zh": {
        "price": "实际碳价", "free": "免费配额覆盖比例", "goods": "货物",
        "per": "欧元/吨货物，按本设施排放计",
        "draft": "第 9 条实施法规在 2026 年 5 月 13 日时为草案，有待确认；支付证据须经独立第三方证明。",
    },
}  # fmt: skip


def register(group: typer.Typer) -> None:
    """Add the computation to the group of ``calculate``."""
    group.command("carbon-price", epilog="Example: cbamgw calculate carbon-price record.json --json")(
        _carbon_price
    )


def _carbon_price(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A record; - reads standard input.")],
    trace: Annotated[
        str, typer.Option("--trace", metavar="TRACE.json", help="Write every equation to a file.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The result for machines.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing trace.")] = False,
) -> None:
    """The carbon price effectively paid in an emissions trading system."""
    from gateway.route import read_record

    refuse_outputs([trace], [file], force=force)
    record, found = read_record(file)
    if record is None:
        raise Refused(found)
    calculation = calculate(record)
    made = carbon_prices(record, calculation, euro=True)
    every = [*found, *calculation.findings, *made.findings]
    goods = per_good(record, calculation, made)
    result = {
        "method": METHOD,
        "prices": to_json(made),
        "goods": goods,
        "trace": made.trace.to_json()["steps"],
        "findings": [
            {"rule": f.rule, "severity": f.severity, "path": f.origin or f.path, "message": message(f)}
            for f in every
        ],
    }
    text = json.dumps(result, ensure_ascii=False, indent=2)
    if trace:
        write_out(trace, (text + "\n").encode(), force=force)
    typer.echo(text if as_json else "\n".join(to_text(made, goods, language())))
    print_findings(every)
    if errors(every):
        raise typer.Exit(EXIT_NOT_CONFORMING)


def per_good(record: Record, calculation: Calculation, made: CarbonPrices) -> list[dict[str, Any]]:
    """What was paid per tonne of each good, in EUR: covered emissions times the effective price."""
    sites = sites_of(record)
    goods: list[dict[str, Any]] = []
    for good in calculation.goods:
        rates = [paid.euro for paid in made.of(sites.get(good.process, ""))]
        emitted = covered(calculation, sites, good.process)
        if not rates or emitted is None or any(rate is None for rate in rates):
            continue
        euro = emitted * sum((rate.exact for rate in rates if rate is not None), Fraction(0))
        goods.append(
            {
                "good": good.good,
                "cn8": good.cn8,
                "coveredEmissions": shown(emitted),
                "euroPerTonne": shown(euro),
            }
        )
    return goods


def _heading(paid: Paid) -> list[str]:
    """Installation, year and, where it is stated, the instrument."""
    return [
        paid.installation,
        str(paid.entry.year),
        *([paid.entry.instrument] if paid.entry.instrument else []),
    ]


def shown(exact: Fraction) -> str:
    return text_of(decimal_of(exact))


def to_text(made: CarbonPrices, goods: list[dict[str, Any]], lang: str) -> list[str]:
    words = WORDS[lang]
    lines: list[str] = []
    for paid in made.paid:
        price = f"{text_of(paid.effective.result)} {paid.effective.unit}"
        if paid.euro is not None:
            price += f" = {text_of(paid.euro.result)} EUR/t CO2e"
        lines += [" ".join(_heading(paid)), f"  {words['price']}: {price}"]
        lines.append(f"  {words['free']}: {text_of(paid.free_share.result)}")
    if goods:
        lines.append(f"{words['goods']} ({words['per']}):")
        lines += [f"  {g['cn8'] or '-'}  {g['euroPerTonne']}  ({g['good'] or '-'})" for g in goods]
    return [*lines, words["draft"], "", made.trace.to_text()]
