"""The canonical product carbon footprint record: every group of the Chinese record, typed and frozen.

The engine moves plain trees (dict, list, text); this model says which paths exist, what each leaf is,
and gives methods a typed view. Keys of the tree are the camelCase names of the fields. Figures are
``Decimal`` and keep the digits they were written with. Every group is optional here: what a standard
asks for is a rule, not a type.

Clauses: GB/T 24067-2024 report template; ISO 14067:2018 7.2, 7.3; CBAM QReport 23.00.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from gateway.model.catenax import (
    Catenax,
    CatenaxAttestation,
    CatenaxShares,
    CatenaxStage,
)
from gateway.model.cbam import (
    Cbam,
    CbamEmissions,
    CbamGood,
    CbamInstallation,
    CbamLot,
    CbamMethod,
    CbamOperator,
    CbamParameter,
)
from gateway.model.declaration import (
    Actor,
    CarbonPrice,
    Confirmations,
    Consignment,
    CoveredProduct,
    Declaration,
    Document,
    InwardProcessing,
    Lot,
    Measure,
    Quantity,
    Remark,
)
from gateway.model.installation import (
    CarbonMarket,
    EnergyFlow,
    EnergyUnit,
    Good,
    HeatFlow,
    Included,
    Installation,
    Pfc,
    Precursor,
    Process,
    QualifyingParameter,
    SourceStream,
)
from gateway.model.parts import Address, Contact, Name, Part, key
from gateway.model.results import (
    Certificate,
    GasResult,
    Interpretation,
    Quality,
    Results,
    StageResult,
    Verification,
)


class Head(Part):
    """记录: the report as a document."""

    id: str | None = None
    report_number: str | None = None
    version: str | None = None
    report_date: date | None = None
    issuer: Name | None = None
    language: str | None = None
    status: str | None = None
    preceding_ids: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    comment: str | None = None
    revision: int | None = None
    updated: date | None = None
    status_comment: str | None = None
    legal_statement: str | None = None


class Producer(Part):
    """生产者: the legal entity; for CBAM the operator of the installation."""

    name: Name | None = None
    uscc: str | None = None
    lei: str | None = None
    domain: str | None = None
    ids: tuple[str, ...] = ()
    operator_id: str | None = None
    address: Address | None = None
    contacts: tuple[Contact, ...] = ()


class Product(Part):
    """产品: the subject of the footprint."""

    name: Name | None = None
    model: str | None = None
    description: str | None = None
    ids: tuple[str, ...] = ()
    cpc: str | None = None
    hs6: str | None = None
    customs_code: str | None = None
    cn8: str | None = None
    classifications: tuple[str, ...] = ()
    net_mass: Decimal | None = None
    fossil_carbon_content: Decimal | None = None
    biogenic_carbon_content: Decimal | None = None
    recycled_carbon_content: Decimal | None = None
    carbon_content_total: Decimal | None = None


class ProductRule(Part):
    operator: str | None = None
    operator_name: str | None = None
    names: tuple[str, ...] = ()


class Basis(Part):
    """量化依据."""

    standard: str | None = None
    standards: tuple[str, ...] = ()
    product_standard: str | None = None
    product_rules: tuple[ProductRule, ...] = ()
    purpose: str | None = None
    gwp_sets: tuple[str, ...] = ()
    performance_tracking: str | None = None
    allocation_summary: str | None = None
    biogenic_accounting: str | None = None
    pcf_type: str | None = None
    waste_incineration: str | None = None
    recycled_carbon: str | None = None
    mass_balancing_used: bool | None = None
    mass_balancing_free_attribution: str | None = None
    mass_balancing_scheme: str | None = None


class Unit(Part):
    """单位: functional or declared unit, and the reference flow."""

    kind: str | None = None
    description: str | None = None
    amount: Decimal | None = None
    unit: str | None = None
    reference_flow_amount: Decimal | None = None
    reference_flow_unit: str | None = None


class Stage(Part):
    stage: str | None = key()
    included: bool | None = None
    description: str | None = None


class Exclusion(Part):
    item: str | None = None
    reason: str | None = None


class Boundary(Part):
    """边界."""

    type: str | None = None
    description: str | None = None
    stages: tuple[Stage, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    cut_off_single: Decimal | None = None
    cut_off_total: Decimal | None = None
    cut_off_description: str | None = None
    packaging_included: bool | None = None
    ccs_included: bool | None = None
    distribution_included: bool | None = None


class Time(Part):
    """时间: both dates inclusive."""

    period_start: date | None = None
    period_end: date | None = None
    representative_period: str | None = None
    emission_timing: str | None = None


class Geography(Part):
    """地域: exactly one of the three; none means global."""

    country: str | None = None
    subdivision: str | None = None
    region: str | None = None


class Activity(Part):
    """活动数据."""

    id: str | None = key()
    stage: str | None = None
    process: str | None = None
    name: str | None = None
    direction: str | None = None
    amount: Decimal | None = None
    unit: str | None = None
    data_type: str | None = None
    derivation: str | None = None
    factor: str | None = None
    source: str | None = None


class Factor(Part):
    """排放因子: ``kind`` keeps a footprint factor apart from a CO2 emission factor."""

    id: str | None = key()
    name: str | None = None
    value: Decimal | None = None
    unit: str | None = None
    year: int | None = None
    kind: str | None = None
    database: str | None = None
    database_version: str | None = None
    geography: str | None = None


class Electricity(Part):
    """电力."""

    id: str | None = key()
    process: str | None = None
    amount: Decimal | None = None
    unit: str | None = None
    source: str | None = None
    certificate: str | None = None
    factor: Decimal | None = None
    factor_unit: str | None = None
    factor_kind: str | None = None
    factor_year: int | None = None
    factor_source: str | None = None
    losses: Decimal | None = None


class Allocation(Part):
    """分配."""

    id: str | None = key()
    process: str | None = None
    method: str | None = None
    description: str | None = None
    reason: str | None = None
    recycled_treatment: str | None = None


class Note(Part):
    """来源说明: where a field comes from, and whether it is only illustrative."""

    path: str | None = key()
    source: str | None = None
    illustrative: bool | None = None


class Seal(Part):
    """签名: a signature that the record itself names (the file of the signature lies beside it)."""

    digest: str | None = None
    algorithm: str | None = None
    certificate: str | None = None
    time: datetime | None = None


class Record(Part):
    """中国产品碳足迹记录: the canonical record."""

    format: str | None = None
    record: Head | None = None
    producer: Producer | None = None
    installations: tuple[Installation, ...] = ()
    product: Product | None = None
    goods: tuple[Good, ...] = ()
    basis: Basis | None = None
    unit: Unit | None = None
    boundary: Boundary | None = None
    time: Time | None = None
    geography: Geography | None = None
    processes: tuple[Process, ...] = ()
    source_streams: tuple[SourceStream, ...] = ()
    pfc: tuple[Pfc, ...] = ()
    energy_units: tuple[EnergyUnit, ...] = ()
    heat: tuple[HeatFlow, ...] = ()
    waste_gas: tuple[EnergyFlow, ...] = ()
    activity_data: tuple[Activity, ...] = ()
    emission_factors: tuple[Factor, ...] = ()
    electricity: tuple[Electricity, ...] = ()
    precursors: tuple[Precursor, ...] = ()
    allocation: tuple[Allocation, ...] = ()
    results: Results | None = None
    quality: Quality | None = None
    interpretation: Interpretation | None = None
    verification: Verification | None = None
    certificate: Certificate | None = None
    carbon_market: tuple[CarbonMarket, ...] = ()
    declaration: Declaration | None = None
    consignments: tuple[Consignment, ...] = ()
    notes: tuple[Note, ...] = ()
    signature: Seal | None = None
    cbam: Cbam | None = None
    catenax: Catenax | None = None


__all__ = [
    "Activity",
    "Actor",
    "Address",
    "Allocation",
    "Basis",
    "Boundary",
    "CarbonMarket",
    "CarbonPrice",
    "Catenax",
    "CatenaxAttestation",
    "CatenaxShares",
    "CatenaxStage",
    "Cbam",
    "CbamEmissions",
    "CbamGood",
    "CbamInstallation",
    "CbamLot",
    "CbamMethod",
    "CbamOperator",
    "CbamParameter",
    "Certificate",
    "Confirmations",
    "Consignment",
    "Contact",
    "CoveredProduct",
    "Declaration",
    "Document",
    "Electricity",
    "EnergyFlow",
    "EnergyUnit",
    "Exclusion",
    "Factor",
    "GasResult",
    "Geography",
    "Good",
    "Head",
    "HeatFlow",
    "Included",
    "Installation",
    "Interpretation",
    "InwardProcessing",
    "Lot",
    "Measure",
    "Name",
    "Note",
    "Part",
    "Pfc",
    "Precursor",
    "Process",
    "Producer",
    "Product",
    "ProductRule",
    "QualifyingParameter",
    "Quality",
    "Quantity",
    "Record",
    "Remark",
    "Results",
    "Seal",
    "SourceStream",
    "Stage",
    "StageResult",
    "Time",
    "Unit",
    "Verification",
]
