"""The equations that prepare a figure: each worked by hand, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli.calculate import register
from gateway.methods.streams.equations import equations, solve
from gateway.model.finding import Refused

CASES = [
    ("oxidation-factor", {"Cash": "12", "Ctotal": "600"}, Fraction("0.98")),  # eq. 7
    ("gas-concentration", {"Others": "87.5"}, Fraction("12.5")),  # eq. 17
    ("substitute-concentration", {"C": "10", "Sigma": "1.5"}, Fraction(13)),  # eq. 19
    (  # eq. 27: (1000 - 100) x 0.8 - 50 + 20 - 10
        "clinker-production",
        {"Cemdeliv": "1000", "CemSV": "100", "CCR": "0.8", "Clis": "50", "Clid": "20", "CliSV": "10"},
        Fraction(680),
    ),
    # eq. 28: 0.525/1.525 x 0.5 = 21/122; (21/122)/(101/122)
    ("kiln-dust-factor", {"EFCli": "0.525", "d": "0.5"}, Fraction(21, 101)),
    # eq. 29: 1000 x 0.7905/0.93
    ("nitric-acid-flue-gas", {"Vair": "1000", "O2flue": "0.07"}, Fraction("790.5") / Fraction("0.93")),
    ("mass-flow", {"V": "2", "v": "0.2"}, Fraction(10)),  # eq. 30
    ("heat-flow", {"hflow": "2800", "hreturn": "377", "m": "10"}, Fraction(24230)),  # eq. 31
    ("heat-from-fuel", {"Eta": "0.7", "EIn": "100"}, Fraction(70)),  # eq. 32, method 3
    ("load-factor", {"EIn": "80", "EMax": "100"}, Fraction("0.8")),  # eq. 34
    ("wet-calorific-value", {"NCVdry": "19", "w": "0.15"}, Fraction("15.79")),  # 19 x 0.85 - 2.4 x 0.15
    ("grid-factor-of-a-year", {"Em": "580000", "Eel": "1000000"}, Fraction("0.58")),  # eq. 39
    (  # eq. 40: (0.60 + 0.59 + 0.58 + 0.57 + 0.56) / 5
        "grid-factor-of-five-years",
        {"E2": "0.56", "E3": "0.57", "E4": "0.58", "E5": "0.59", "E6": "0.60"},
        Fraction("0.58"),
    ),
    # eq. 41 and 42: meters of 60 and 44 beside one of 100; 60 x 100/104
    ("reconciled-value", {"DPP": "60", "DInst": "100", "Sum": "104"}, Fraction(6000, 104)),
    # A.2.2, further rules: 30 of 90 TJ used take a third of 10 TJ of losses
    ("heat-with-losses", {"Q": "30", "Loss": "10", "Used": "90"}, Fraction(100, 3)),
    # eq. 43: 17 t NH3 are 1 Mmol beside 3 Mmol of others
    ("molar-share", {"Emtotal": "100", "m": "17", "M": "17", "Others": "3"}, Fraction(25)),
]


@pytest.mark.parametrize(("name", "values", "expected"), CASES, ids=[case[0] for case in CASES])
def test_an_equation_gives_what_a_hand_calculation_gives(
    name: str, values: dict[str, str], expected: Fraction
) -> None:
    step = solve(name, values)
    assert step.exact == expected
    assert step.clause.startswith("EU-2025-2547:annex-")
    for symbol in values:
        assert symbol in step.equation


def test_every_equation_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(equations())


@pytest.mark.parametrize(
    ("name", "values", "rule"),
    [
        ("oxidation", {}, "METHOD-EQUATION-UNKNOWN"),
        ("oxidation-factor", {"Cash": "12"}, "METHOD-EQUATION-INPUT"),
        ("oxidation-factor", {"Cash": "12", "Ctotal": "600", "x": "1"}, "METHOD-EQUATION-INPUT"),
        ("oxidation-factor", {"Cash": "1,2", "Ctotal": "600"}, "METHOD-EQUATION-INPUT"),
        ("oxidation-factor", {"Cash": "1E999999", "Ctotal": "600"}, "METHOD-EQUATION-INPUT"),
        ("oxidation-factor", {"Cash": "12", "Ctotal": "0"}, "METHOD-EQUATION-RANGE"),
        ("molar-share", {"Emtotal": "1", "m": "0", "M": "17", "Others": "0"}, "METHOD-EQUATION-UNDEFINED"),
        # 95, 70, 90, 15 and 3 are per cent where a fraction is asked for
        ("nitric-acid-flue-gas", {"Vair": "50000", "O2flue": "3"}, "METHOD-EQUATION-PERCENT"),
        ("kiln-dust-factor", {"EFCli": "0.525", "d": "90"}, "METHOD-EQUATION-PERCENT"),
        ("wet-calorific-value", {"NCVdry": "19", "w": "15"}, "METHOD-EQUATION-PERCENT"),
        (
            "clinker-production",
            {"Cemdeliv": "1000", "CemSV": "0", "CCR": "95", "Clis": "0", "Clid": "0", "CliSV": "0"},
            "METHOD-EQUATION-PERCENT",
        ),
        ("heat-from-fuel", {"Eta": "70", "EIn": "100"}, "METHOD-EQUATION-PERCENT"),
        ("heat-from-fuel", {"Eta": "-0.7", "EIn": "100"}, "METHOD-EQUATION-RANGE"),
        ("nitric-acid-flue-gas", {"Vair": "50000", "O2flue": "1"}, "METHOD-EQUATION-RANGE"),  # exclusive
        ("gas-concentration", {"Others": "101"}, "METHOD-EQUATION-RANGE"),
        ("oxidation-factor", {"Cash": "700", "Ctotal": "600"}, "METHOD-EQUATION-RESULT"),  # 1 - 7/6 < 0
        ("wet-calorific-value", {"NCVdry": "19", "w": "0.95"}, "METHOD-EQUATION-RESULT"),  # 0.95 - 2.28
    ],
)
def test_what_cannot_be_worked_out_is_refused(name: str, values: dict[str, str], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        solve(name, values)
    assert [finding.rule for finding in refused.value.findings] == [rule]


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    made.callback()(lambda: None)
    return made


def test_the_command_shows_the_step_and_lists_all(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["calculate", "equation", "oxidation-factor", "Cash=12", "Ctotal=600"])
    assert done.exit_code == 0
    assert "OF = 1 - Cash / Ctotal" in done.stdout
    assert "= 0.98    [EU-2025-2547:annex-II-B.3.1.1 eq. 7]" in done.stdout
    machine = CliRunner().invoke(app, ["calculate", "equation", "mass-flow", "V=2", "v=0.2", "--json"])
    assert json.loads(machine.stdout)["result"] == "10"
    everything = CliRunner().invoke(app, ["calculate", "equation"])
    assert all(name in everything.stdout for name in equations())
