"""``cbamgw calculate certificates``: the certificates due for an import, as an estimate with its assumptions."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import typer

from gateway.check.catalog import message
from gateway.check.numbers import decimal_fault
from gateway.cli import carbon_price
from gateway.cli import certificate_options as options
from gateway.cli.common import import_year, language, print_findings
from gateway.cli.output import refuse_outputs, write_out
from gateway.methods.certificate_inputs import SEE_UNITS
from gateway.methods.certificates import (
    METHOD,
    Estimate,
    Estimates,
    Import,
    estimate,
    payable_share,
    price_of,
)
from gateway.methods.default_values import DefaultValue, look_up
from gateway.methods.figures import Rate, routes, taric_splits
from gateway.methods.free_allocation import Factors, Precursor, factors_of
from gateway.methods.trace import text_of

QUARTERS = ("Q1", "Q2", "Q3", "Q4")

BOTH = 2
"""Readings whose equations are printed in full; where every route is offered, the first alone."""

WORDS = {
    "en": {
        "title": "ESTIMATE, not a declaration", "assumptions": "Assumptions", "reading": "Reading",
        "see": "embedded emissions", "sefa": "free allocation", "certificates": "certificates due",
        "cost": "cost", "payable": "Of the benchmark {share} % is payable in {year}",
        "two": "The act contradicts itself on the route of a default value's benchmark: point 5.1 takes the route of the "
        "row of the default value (questions and answers 3.8 say so too), point 4(d) that which 2025/2547 determines. "
        "Both are shown, neither is chosen.",
        "more": "The equations of the other readings stand in --json and --trace.",
        "actual": "actual values, column A", "5.1": "point 5.1, route of the default value",
        "4(d)": "point 4(d), route of the plant: {mark}",
    },
    "zh": {
        "title": "估算，不是申报", "assumptions": "假设", "reading": "解读",
        "see": "隐含排放", "sefa": "免费分配", "certificates": "应交证书",
        "cost": "费用", "payable": "{year} 年基准部分须付 {share} %",
        "two": "法规对默认值所用基准的路线前后矛盾：第 5.1 点采用默认值所在行的路线（问答 3.8 亦如此），"
        "第 4(d) 点采用按 2025/2547 确定的路线。两者均列出，系统不作选择。",
        "more": "其余解读的计算式见 --json 和 --trace。",
        "actual": "实际值，A 列", "5.1": "第 5.1 点，默认值所在行的路线",
        "4(d)": "第 4(d) 点，工厂路线：{mark}",
    },
}  # fmt: skip

ASSUMPTIONS = {
    "estimate": ("The text of 2025/2620 was not at hand; its equations are to be confirmed.",
                 "未查阅 2025/2620 原文，公式有待确认。"),
    "threshold": ("The importer exceeds 50 t in the year; below that no certificate is due.",
                  "进口商全年超过 50 吨；未超过则无需交付证书。"),
    "unit": ("The mass is the net mass of the goods in tonnes; emissions and benchmark are compared per tonne of goods.",
             "质量为货物净质量（吨）；排放与基准均按每吨货物比较。"),
    "correction": ("The cross-sectoral correction factor of 2026 and 2027 is 1, from one source.",
                   "2026、2027 年跨行业修正系数取 1（单一来源）。"),
    "factors": ("A factor of the year was stated by you; its source is yours to keep.",
                "当年某一系数由您填写，请自行保留出处。"),
    "verified": ("The embedded emissions stated are actual values of the reporting year and verified.",
                 "所填隐含排放为报告年度实际值并已核查。"),
    "default": ("Embedded emissions are the default value with the mark-up of the year.",
                "隐含排放采用默认值并含当年加成。"),
    "price": ("Every certificate costs the price shown; the price of the quarter of importation may differ.",
              "每张证书按所示价格计；实际以进口季度价格为准。"),
    "no-price": ("No price was stated, so no cost is given.", "未填写价格，因此不计算费用。"),
    "paid": ("The carbon price was effectively paid, after every rebate and free allocation, is certified, and "
             "converts by the price of a certificate; the act on this is a draft.",
             "碳价已实际支付（扣除一切返还和免费分配）并经证明，按证书价格折算；相关法规仍为草案。"),
    "not-paid": ("No carbon price paid abroad is deducted.", "不扣减在境外支付的碳价。"),
    "column-b": ("A precursor without its producer's free allocation counts with the benchmark of column B.",
                 "没有生产商免费分配数值的前体按 B 列基准计。"),
}  # fmt: skip


def register(group: typer.Typer) -> None:
    """Add the computation to the group of ``calculate``, and that of the carbon price that it deducts."""
    carbon_price.register(group)
    group.command(
        "certificates",
        epilog="Example: cbamgw calculate certificates --cn 72081000 --mass 1000 --see 2.1 --year 2026 "
        "--precursor 72071210:1.05:route=C --price 75.36. With default values: --country CN instead of --see.",
    )(_certificates)


def _certificates(
    cn: options.Cn,
    mass: options.Mass,
    year: options.Year,
    see: options.See = "",
    see_unit: options.SeeUnit = "",
    content: options.Content = "",
    country: options.Country = "",
    route: options.Route = "",
    indicator: options.Indicator = "",
    precursor: options.Precursor = None,
    no_precursors: options.NoPrecursors = False,
    price: options.Price = "",
    quarter: options.Quarter = "",
    carbon_price: options.CarbonPrice = "",
    cbam_factor: options.CbamFactor = "",
    correction_factor: options.CorrectionFactor = "",
    trace: options.Trace = "",
    as_json: options.AsJson = False,
    force: options.Force = False,
) -> None:
    """Certificates due for an import: an estimate, with every assumption and equation."""
    refuse_outputs([trace], [], force=force)
    import_year(year)
    contradictions(no_precursors, precursor, quarter, price)
    if bool(see) == bool(country):
        raise typer.BadParameter("exactly one of --see and --country", param_hint="--see")
    if see_unit and see_unit not in SEE_UNITS:
        raise typer.BadParameter(f"{see_unit!r}: t or functional", param_hint="--see-unit")
    named = {"--content": content, "--mass": mass, "--see": see, "--price": price, "--carbon-price": carbon_price,
             "--cbam-factor": cbam_factor, "--correction-factor": correction_factor}  # fmt: skip
    for option, text in named.items():
        figure(text, option)
    typed = tuple(precursor_of(text) for text in precursor or ())
    goods = import_of(cn, year, country, route, price_of(year, quarter.upper(), price))
    goods = replace(goods, mass=mass, see=see, indicator=indicator, precursors=typed,
                    no_precursors=no_precursors, carbon_price=carbon_price,
                    see_unit=see_unit, content=content)  # fmt: skip
    show(goods, factors_of(year, cbam_factor, correction_factor), trace, as_json=as_json, force=force)


def contradictions(
    no_precursors: bool, precursor: list[str] | None, quarter: str, price: str
) -> None:  # fmt: skip
    """What was typed and cannot both hold, or names a quarter that no year has."""
    zh = language() == "zh"
    if no_precursors and precursor:
        said = "与 --precursor 互相矛盾" if zh else "it contradicts --precursor"
        raise typer.BadParameter(said, param_hint="--no-precursors")
    if quarter and quarter.upper() not in QUARTERS:
        offered = "Q1, Q2, Q3, Q4"
        raise typer.BadParameter(f"{quarter!r}: {offered}", param_hint="--quarter")
    if quarter and price:
        said = "与 --price 只能填写一项" if zh else "either a quarter, for its price, or --price"
        raise typer.BadParameter(said, param_hint="--quarter")


def import_of(cn: str, year: int, country: str, route: str, price: Rate | None) -> Import:
    """The goods that were typed, with the default value of their country where one is given."""
    single, shares = routes_of(route)
    digits = cn.replace(" ", "")
    splits = {split.code: split.route for rows in taric_splits().values() for split in rows}
    single = single or splits.get(digits, "")  # ten digits say white or grey, and with that the route
    default = look_up(digits, country.upper(), year, single or None) if country else None
    code = digits[:8] if digits in splits else digits
    return Import(code, "0", year, "", default, single, shares=shares, price=price)


def show(goods: Import, factors: Factors, trace: str, *, as_json: bool, force: bool) -> None:
    """The estimate on the screen and, if asked for, in a file."""
    made = estimate(goods, factors)
    result = to_json(made, factors)
    if trace:
        write_out(trace, dumped(result).encode(), force=force)
    typer.echo(dumped(result).rstrip() if as_json else "\n".join(to_text(made, factors, language())))
    print_findings(made.findings)


def figure(text: str, option: str) -> None:
    """A figure that was typed: plain decimal text, not negative."""
    if text and (decimal_fault(text) or text.startswith("-")):
        raise typer.BadParameter(f"{text!r}: a plain decimal such as 2.1", param_hint=option)


def letter_of(text: str, option: str) -> str:
    """The letter of a production route; one that no act has would fit every benchmark without a letter."""
    letter = text.upper()
    if letter and letter not in routes():
        raise typer.BadParameter(f"{text!r}: {', '.join(routes())}", param_hint=option)
    return letter


def routes_of(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A route, or the shares of a mixture."""
    if "=" not in text:
        return letter_of(text, "--route"), ()
    shares = []
    for part in text.split(","):
        letter, _, share = part.partition("=")
        if not letter or not share:
            raise typer.BadParameter(f"{part!r}: such as A=0.6", param_hint="--route")
        figure(share, "--route")
        shares.append((letter_of(letter.strip(), "--route"), share))
    return "", tuple(shares)


def precursor_of(text: str) -> Precursor:
    """A precursor that was typed: ``72071210:1.05:route=C``."""
    cn, _, rest = text.partition(":")
    mass, *options = rest.split(":")
    named = dict(option.partition("=")[::2] for option in options)
    unknown = named.keys() - {"route", "indicator", "sefa", "eu"}
    if not cn or not mass or unknown:
        raise typer.BadParameter(f"{text!r}: such as 72071210:1.05:route=C", param_hint="--precursor")
    figure(mass, "--precursor")
    figure(named.get("sefa", ""), "--precursor")
    return Precursor(
        cn,
        mass,
        named.get("sefa", ""),
        letter_of(named.get("route", ""), "--precursor"),
        named.get("indicator", ""),
        "eu" in named,
    )


def to_text(made: Estimates, factors: Factors, lang: str) -> list[str]:
    """The estimate for people: result, assumptions, equations, reading by reading."""
    words = WORDS[lang]
    year = made.goods.year
    lines = [words["title"], words["payable"].format(share=payable_share(factors), year=year)]
    if made.goods.default is not None:
        lines += ["", words["two"]]
    for reading in made.readings:
        lines += ["", f"{words['reading']}: {name_of(reading, words)}", *figure_lines(reading, words)]
    lines += ["", f"{words['assumptions']}:", *(f"  - {said(key, lang)}" for key in made.assumptions)]
    shown = made.readings if len(made.readings) <= BOTH else made.readings[:1]
    for reading in shown:
        lines += ["", f"{words['reading']}: {name_of(reading, words)}", "", reading.trace.to_text()]
    return lines if shown == made.readings else [*lines, "", words["more"]]


def name_of(reading: Estimate, words: dict[str, str]) -> str:
    return words[reading.reading].format(mark=reading.mark or "-")


def figure_lines(reading: Estimate, words: dict[str, str]) -> list[str]:
    rows = (
        ("see", reading.see),
        ("sefa", reading.sefa),
        ("certificates", reading.certificates),
        ("cost", reading.cost),
    )
    return [f"  {words[name]}: {text_of(step.result)} {step.unit}" for name, step in rows if step is not None]


def said(key: str, lang: str) -> str:
    """An assumption in one language."""
    return ASSUMPTIONS[key][lang == "zh"]


def to_json(made: Estimates, factors: Factors) -> dict[str, Any]:
    """The estimate for machines. Decimals are text; no reading is marked as the right one."""
    default: DefaultValue | None = made.goods.default
    return {
        "method": METHOD,
        "estimate": True,
        "cn8": made.goods.cn,
        "massTonnes": made.goods.mass,
        "year": made.goods.year,
        "cbamFactor": factors.cbam.text,
        "correctionFactor": factors.correction.text,
        "defaultValue": None if default is None else default.to_json(),
        "readings": [reading.to_json() for reading in made.readings],
        "assumptions": [said(key, "en") for key in made.assumptions],
        "findings": [{"rule": f.rule, "severity": f.severity, "message": message(f)} for f in made.findings],
    }


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
