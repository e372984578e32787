"""The options of ``cbamgw calculate certificates``, each with its help."""

from __future__ import annotations

from typing import Annotated

import typer

Cn = Annotated[str, typer.Option("--cn", metavar="CODE", help="CN code of the goods.")]
Mass = Annotated[str, typer.Option("--mass", metavar="T", help="Net mass of the goods in tonnes.")]
Year = Annotated[int, typer.Option("--year", help="Calendar year of importation.")]
See = Annotated[
    str, typer.Option("--see", metavar="VALUE", help="Actual embedded emissions, t CO2e per tonne.")
]
SeeUnit = Annotated[
    str,
    typer.Option(
        "--see-unit",
        metavar="t|functional",
        help="Cement and fertilisers: emissions per tonne of goods, or per t clinker or kg N (functional).",
    ),
]
Content = Annotated[
    str,
    typer.Option(
        "--content", metavar="SHARE", help="Clinker or nitrogen in the goods, mass fraction such as 0.46."
    ),
]
Country = Annotated[
    str, typer.Option("--country", metavar="CC", help="Country of origin: take its default value.")
]
Route = Annotated[
    str, typer.Option("--route", metavar="LETTER", help="Route A to L; a mixture as A=0.6,B=0.4.")
]
Indicator = Annotated[
    str, typer.Option("--indicator", metavar="N", help="Indicator of the benchmark, 1 or 2.")
]
Precursor = Annotated[
    list[str] | None,
    typer.Option(
        "--precursor",
        metavar="CODE:T[:route=C][:indicator=1][:sefa=VALUE][:eu]",
        help="A precursor: CN code and tonnes per tonne of goods; may be repeated.",
    ),
]
NoPrecursors = Annotated[bool, typer.Option("--no-precursors", help="No precursor was used.")]
Price = Annotated[str, typer.Option("--price", metavar="EUR", help="Price of a certificate in EUR.")]
Quarter = Annotated[
    str, typer.Option("--quarter", metavar="Q1", help="Quarter of importation, for its published price.")
]
CarbonPrice = Annotated[
    str,
    typer.Option("--carbon-price", metavar="EUR", help="Carbon price paid abroad, EUR per tonne of goods."),
]
CbamFactor = Annotated[
    str, typer.Option("--cbam-factor", metavar="VALUE", help="CBAM factor of a year not at hand.")
]
CorrectionFactor = Annotated[
    str,
    typer.Option("--correction-factor", metavar="VALUE", help="Correction factor of a year not at hand."),
]
Trace = Annotated[str, typer.Option("--trace", metavar="TRACE.json", help="Write every equation to a file.")]
AsJson = Annotated[bool, typer.Option("--json", help="The result for machines.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing trace.")]
