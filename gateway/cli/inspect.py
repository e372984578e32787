"""``cbamgw inspect``: what a file is, and a summary."""

from __future__ import annotations

from typing import Any

import typer

from gateway.check.catalog import printable
from gateway.cli.common import language, open_document
from gateway.cli.output import write_out
from gateway.formats.json_reader import write_json
from gateway.formats.leaves import at, leaves
from gateway.formats.registry import Document, formats
from gateway.translate.engine import lift
from gateway.translate.mapping import plan

SUMMARY = (
    ("/record/reportNumber", "报告编号", "report number"),
    ("/producer/name/zh", "生产者", "producer (zh)"),
    ("/producer/name/en", "生产者（英文）", "producer"),
    ("/product/name/zh", "产品", "product (zh)"),
    ("/product/name/en", "产品（英文）", "product"),
    ("/basis/standard", "量化标准", "standard"),
    ("/unit/amount", "声明单位数量", "declared amount"),
    ("/unit/unit", "声明单位", "declared unit"),
    ("/results/total", "产品碳足迹", "footprint"),
    ("/results/unit", "结果单位", "unit of the footprint"),
    ("/time/periodStart", "核算期起", "period from"),
    ("/time/periodEnd", "核算期止", "period to"),
    ("/declaration/year", "申报年度", "year of import"),
    ("/declaration/period", "申报季度", "quarter of import"),
)


HOW = {
    "fits": (
        "文件未注明版本：这是其符合的最新模式",
        "the document does not say its version: the newest schema it fits",
    ),
    "structure": (
        "文件未注明版本：结构属此版本，但有错误的值",
        "the document does not say its version: it has this structure, and faulty values",
    ),
    "nearest": (
        "文件未注明版本且不符合任何版本：取最接近者",
        "the document does not say its version and fits none: this is the nearest",
    ),
    "ambiguous": (
        "文件未注明版本：多个版本同样接近，取最新者",
        "the document does not say its version: several are equally near, this is the newest",
    ),
}
"""How a version was found, where it had to be."""


def summary(document: Document) -> dict[str, Any]:
    """What is said of a document: format, syntax, leaves, and its main fields with what they hold."""
    record = lift(plan(document.format_id), document.tree).tree
    fields = {path: at(record, path) for path, _, _ in SUMMARY if at(record, path) is not None}
    lists = {name: len(value) for name, value in record.items() if isinstance(value, list)}
    for name, part in (record.get("cbam") or {}).items():
        if isinstance(part, list):
            lists[f"cbam {name}"] = len(part)
        else:  # a report of the operator, item by item
            items = part.get("items") or ()
            lists["items"] = len(items)
            lists["items missing"] = sum(item.get("state") == "missing" for item in items)
    return {
        "format": document.format_id,
        "versionFound": document.found,
        "syntax": document.syntax,
        "bytes": len(document.data),
        "leaves": sum(1 for _ in leaves(document.tree)),
        "fields": fields,
        "lists": lists,
    }


def register(app: typer.Typer) -> None:
    """Adds the verb."""

    @app.command("inspect", epilog="Example: cbamgw inspect footprint.json")
    def _inspect(
        file: str = typer.Argument(..., help="The document; - for standard input."),
        as_json: bool = typer.Option(False, "--json", help="For machines."),
    ) -> None:
        """Say what a file is, and what it holds."""
        document = open_document(file)
        facts = summary(document)
        if as_json:
            write_out("-", write_json(facts))
            return
        zh = language() == "zh"
        title = formats()[document.format_id.partition("@")[0]].title[language()]
        counted = f"{facts['leaves']} 个字段" if zh else f"{facts['leaves']} leaves"
        typer.echo(f"{printable(file)}: {document.format_id} ({title}), {document.syntax}, {counted}")
        if document.found in HOW:
            typer.echo(f"  {'版本' if zh else 'version'}: {HOW[document.found][0 if zh else 1]}")
        for path, chinese, english in SUMMARY:
            if path in facts["fields"]:
                typer.echo(f"  {chinese if zh else english}: {printable(str(facts['fields'][path]))}")
        for name, count in facts["lists"].items():
            typer.echo(f"  {name}: {count}")
