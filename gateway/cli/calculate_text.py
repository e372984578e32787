"""The result of a method for people: goods first, each figure with its unit, then every equation."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.check.catalog import message
from gateway.cli.streams_view import streams_text
from gateway.methods.calculation import Calculation, Figure, GoodFigures, PrecursorFigures
from gateway.methods.cbam_definitive import METHOD as DEFINITIVE
from gateway.methods.trace import text_of
from gateway.model.finding import errors

WORDS = {
    "en": {
        "method": "Method", "basis": "Basis", "goods": "Goods", "processes": "Equations by process",
        "process": "process", "none": "No figure could be computed.", "unknown": "not known",
        "direct": "SEE direct", "indirect": "SEE indirect", "total": "SEE total",
        "electricity": "embedded electricity", "factor": "electricity factor",
        "share": "share of default values", "determination": "determination",
        "basis_text": "per tonne of product, transitional period (communication template v2.1): "
        "cement per tonne of cement, not of clinker",
        "definitive_text": "per functional unit, definitive period (2025/2547 Article 4): tonne; cement per "
        "tonne of clinker contained; fertilisers per kg of nitrogen contained; electricity per kWh",
        "charged": "SEE indirect, charged", "information": "SEE indirect, for information, NOT CHARGED",
        "total_charged": "SEE total, direct and charged indirect",
        "share_direct": "share of default values, direct", "share_indirect": "share of default values, indirect",
        "composition": "contains", "per_tonne": "the same per tonne of this good (eq. 64-66)",
        "precursors": "precursors", "own": "own process", "purchased": "purchased",
        "exempt-origin": "counts as zero (origin)", "scrap": "counts as zero (scrap)",
        "actual": "actual value", "default": "default value", "refused": "Refused", "good": "Goods",
    },
    "zh": {
        "method": "方法", "basis": "计量基准", "goods": "货物", "processes": "各工序计算式",
        "process": "工序", "none": "未能得出任何数值。", "unknown": "未知",
        "direct": "直接隐含排放强度", "indirect": "间接隐含排放强度", "total": "隐含排放强度合计",
        "electricity": "隐含电力", "factor": "电力排放因子",
        "share": "默认值占比", "determination": "确定方式",
        "basis_text": "每吨产品（过渡期，沟通模板 v2.1）：水泥按每吨水泥计，而非每吨熟料",
        "definitive_text": "每功能单位（正式期，2025/2547 第 4 条）：吨；水泥按所含熟料吨数；"
        "化肥按所含氮千克数；电力按千瓦时",
        "charged": "间接隐含排放强度（计收）", "information": "间接隐含排放强度（仅供参考，不计收）",
        "total_charged": "隐含排放强度合计（直接 + 计收的间接）",
        "share_direct": "默认值占比（直接）", "share_indirect": "默认值占比（间接）",
        "composition": "含量", "per_tonne": "折合每吨本货物（公式 64-66）",
        "precursors": "前体", "own": "自产工序", "purchased": "外购",
        "exempt-origin": "按零计（原产地）", "scrap": "按零计（废料）",
        "actual": "实际值", "default": "默认值", "refused": "未计算", "good": "货物",
    },
}  # fmt: skip


def to_text(result: Calculation, lang: str = "en") -> str:
    """The result for people: the goods first, then every equation, process by process and good by good."""
    words = WORDS[lang]
    definitive = result.method == DEFINITIVE
    basis = words["definitive_text" if definitive else "basis_text"]
    lines = [f"{words['method']}: {result.method}", f"{words['basis']}: {basis}", "", f"{words['goods']}:"]
    for good in result.goods:
        lines += definitive_lines(good, words) if definitive else good_lines(good, words)
    if not result.goods:
        lines.append(f"  {words['none']}")
    if definitive and not result.complete:
        lines += [f"  {words['refused']}: {message(f, lang)}" for f in errors(result.findings)]
    if result.processes:
        lines += ["", f"{words['processes']}:"]
    for process in result.processes:
        title = f"{words['process']} {process.process} | {process.category or '-'} | {process.route or '-'}"
        lines += ["", on_one_line(title), "", steps_of(result, process.process)]
    for good in result.goods:
        if good.composition is not None:
            owner = good.composition.step.rpartition(":")[0]
            lines += ["", f"{words['good']} {good.cn8 or good.good or '-'}", "", steps_of(result, owner)]
    streams = streams_text(result.streams, lang)
    return "\n".join(printable(line) for line in ([*lines, streams] if streams else lines))


def steps_of(result: Calculation, owner: str) -> str:
    return "\n\n".join(step.to_text() for step in result.trace.of(owner))


def heading(good: GoodFigures, words: Mapping[str, str]) -> str:
    return on_one_line(
        f"  {good.cn8 or '-'}  {good.name or good.good or ''}  ({words['process']} {good.process})"
    )


def good_lines(good: GoodFigures, words: Mapping[str, str]) -> list[str]:
    """One good: its figures per tonne of product, each with its unit and the step that explains it."""
    rows = (
        ("direct", good.see_direct), ("indirect", good.see_indirect), ("total", good.see_total),
        ("electricity", good.embedded_electricity), ("factor", good.electricity_factor),
        ("share", good.default_share),
    )  # fmt: skip
    lines = [heading(good, words), *(f"    {words[name]}: {shown(value, words)}" for name, value in rows)]
    source = good.electricity_factor_source
    return [
        *lines,
        on_one_line(f"    {words['determination']}: {good.determination or '-'}, {source or '-'}"),
    ]


def definitive_lines(good: GoodFigures, words: Mapping[str, str]) -> list[str]:
    """One good by the definitive method: per functional unit; what is not charged is marked as such."""
    rows: list[tuple[str, Figure | None]] = [
        ("direct", good.see_direct), ("charged", good.see_indirect), ("total_charged", good.see_total),
    ]  # fmt: skip
    if good.see_indirect_information is not None or not good.indirect_charged:
        rows.append(("information", good.see_indirect_information))
    if good.composition is not None:
        rows += [("composition", good.composition), ("per_tonne", good.per_tonne_total)]
    rows += [
        ("share_direct", good.default_share_direct), ("share_indirect", good.default_share_indirect),
        ("share", good.default_share),
    ]  # fmt: skip
    lines = [heading(good, words), *(f"    {words[name]}: {shown(value, words)}" for name, value in rows)]
    if good.precursors:
        lines += [f"    {words['precursors']}:", *(precursor_line(p, words) for p in good.precursors)]
    return lines


def precursor_line(precursor: PrecursorFigures, words: Mapping[str, str]) -> str:
    """A precursor in one line: what, from where, how much, and what it counted with."""
    origin = (
        f"{words['own']} {precursor.own_process}"
        if precursor.own_process is not None
        else f"{words['purchased']}, {precursor.country or '-'}"
    )
    parts = [precursor.cn8 or "-", precursor.name or precursor.precursor or precursor.path, origin]
    if precursor.treatment != "counted":
        parts.append(words[precursor.treatment])
    elif precursor.determination is not None and precursor.determination in words:
        parts.append(words[precursor.determination])
    if precursor.default is not None:
        parts.append(f"{precursor.default.act}, {precursor.default.row}, +{precursor.default.mark_up} %")
    amount = precursor.amount or precursor.mass
    parts.append(f"{text_of(amount.value)} {amount.unit}")
    if precursor.see_direct is not None:
        parts.append(f"{words['direct']} {text_of(precursor.see_direct.value)} {precursor.see_direct.unit}")
    if precursor.see_indirect is not None and precursor.indirect_counted:
        parts.append(
            f"{words['charged']} {text_of(precursor.see_indirect.value)} {precursor.see_indirect.unit}"
        )
    return on_one_line("      " + " | ".join(parts))


def shown(figure: Figure | None, words: Mapping[str, str]) -> str:
    if figure is None:
        return words["unknown"]
    unit = "" if figure.unit == "1" else f" {figure.unit}"
    return f"{text_of(figure.value)}{unit}  [{figure.step}]"


def printable(text: str) -> str:
    """The text with control characters of the record shown escaped, never sent to the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def on_one_line(text: str | None) -> str:
    """A text of the record as part of a line: a line break in it must not look like a line of ours."""
    return printable(text or "").replace("\n", "\\u000a")
