"""Results of the study, their quality and interpretation, verification and label."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from gateway.model.parts import Part, key


class StageResult(Part):
    stage: str | None = key()
    value: Decimal | None = None
    share: Decimal | None = None


class GasResult(Part):
    gas: str | None = key()
    mass: Decimal | None = None
    unit: str | None = None


class Results(Part):
    """结果: per declared or functional unit, in ``unit``; removals are negative."""

    unit: str | None = None
    total: Decimal | None = None
    total_excluding_uptake: Decimal | None = None
    total_excluding_biogenic: Decimal | None = None
    fossil: Decimal | None = None
    biogenic_uptake: Decimal | None = None
    biogenic_non_co2: Decimal | None = None
    land_use_change: Decimal | None = None
    indirect_land_use_change: Decimal | None = None
    land_management_fossil: Decimal | None = None
    land_management_biogenic: Decimal | None = None
    land_management_removals: Decimal | None = None
    land_management: Decimal | None = None
    other_biogenic: Decimal | None = None
    land_occupation: Decimal | None = None
    aircraft: Decimal | None = None
    packaging: Decimal | None = None
    packaging_including_uptake: Decimal | None = None
    packaging_biogenic_carbon: Decimal | None = None
    outbound_logistics: Decimal | None = None
    distribution_including_uptake: Decimal | None = None
    ccs_capture: Decimal | None = None
    capture_origin: str | None = None
    technological_removals: Decimal | None = None
    ccu_carbon: Decimal | None = None
    ccu_approach: str | None = None
    ccu_certification: str | None = None
    by_stage: tuple[StageResult, ...] = ()
    by_gas: tuple[GasResult, ...] = ()


class Quality(Part):
    """数据质量: ``scale`` says which end of the ratings is the best one."""

    scale: str | None = None
    technology: Decimal | None = None
    geography: Decimal | None = None
    time: Decimal | None = None
    completeness: Decimal | None = None
    reliability: Decimal | None = None
    coverage: Decimal | None = None
    primary_data_share: Decimal | None = None
    description: str | None = None
    uncertainty: str | None = None
    sensitivity: str | None = None


class Interpretation(Part):
    """结果解释."""

    conclusions: str | None = None
    limitations: str | None = None
    value_choices: str | None = None
    scope_changes: str | None = None


class Verification(Part):
    """核查."""

    body: str | None = None
    cnas_number: str | None = None
    standard: str | None = None
    level: str | None = None
    coverage: str | None = None
    statement_number: str | None = None
    completed: date | None = None
    comments: str | None = None
    assured: bool | None = None
    boundary: str | None = None


class Certificate(Part):
    """标识认证证书 (CNCA rule of 2025-03-17: valid two years)."""

    number: str | None = None
    body: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
