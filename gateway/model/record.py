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

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Part(BaseModel):
    """A group of the record."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, str_min_length=1
    )


def key(default: None = None) -> str | None:
    """Marks the field that identifies an element of a list: elements are paired by it, never by position."""
    field: str | None = Field(default, json_schema_extra={"key": True})
    return field


class Name(Part):
    """A name in Chinese and in English."""

    zh: str | None = None
    en: str | None = None


class Address(Part):
    """An address; the parts in English as a foreign document needs them, the whole in Chinese."""

    full: str | None = None
    country: str | None = None
    subdivision: str | None = None
    city: str | None = None
    street: str | None = None
    street_additional: str | None = None
    number: str | None = None
    postcode: str | None = None
    po_box: str | None = None


class Contact(Part):
    name: str | None = None
    phone: str | None = None
    email: str | None = None


# --- who, what ---------------------------------------------------------------------------------------


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


class Installation(Part):
    """生产场所: one site, for CBAM one installation."""

    id: str | None = key()
    name: Name | None = None
    registry_id: str | None = None
    industry_code: str | None = None
    economic_activity: str | None = None
    address: Address | None = None
    plot: str | None = None
    unlocode: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    coordinates_type: str | None = None


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


class QualifyingParameter(Part):
    id: str | None = key()
    value: str | None = None
    scope: str | None = None
    note: str | None = None


class Good(Part):
    """货物: a good under one CN code that a production process makes."""

    id: str | None = key()
    name: Name | None = None
    hs6: str | None = None
    customs_code: str | None = None
    cn8: str | None = None
    cn8_confirmed_by: str | None = None
    process: str | None = None
    production_method: str | None = None
    steel_mill_number: str | None = None
    clinker_share: Decimal | None = None
    nitrogen_content: Decimal | None = None
    parameters: tuple[QualifyingParameter, ...] = ()


# --- how it was quantified -----------------------------------------------------------------------------


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


# --- installation data ---------------------------------------------------------------------------------


class Process(Part):
    """生产工序: one production process of one installation, over the accounting period."""

    id: str | None = key()
    name: Name | None = None
    installation: str | None = None
    goods_category: str | None = None
    route: str | None = None
    activity_level: Decimal | None = None
    activity_unit: str | None = None
    direct_emissions: Decimal | None = None
    determination: str | None = None
    electricity_consumed: Decimal | None = None
    electricity_factor: Decimal | None = None
    electricity_factor_kind: str | None = None
    electricity_factor_source: str | None = None
    electricity_factor_reference: str | None = None
    electricity_source: str | None = None
    electricity_determination: str | None = None
    electricity_produced: Decimal | None = None
    electricity_produced_factor: Decimal | None = None
    electricity_exported: Decimal | None = None
    co2_captured: Decimal | None = None
    co2_receiver: str | None = None


class SourceStream(Part):
    """源流: a fuel, a material, or a measured source."""

    id: str | None = key()
    name: str | None = None
    installation: str | None = None
    process: str | None = None
    method: str | None = None
    amount: Decimal | None = None
    unit: str | None = None
    ncv: Decimal | None = None
    ncv_unit: str | None = None
    emission_factor: Decimal | None = None
    emission_factor_unit: str | None = None
    carbon_content: Decimal | None = None
    oxidation_factor: Decimal | None = None
    conversion_factor: Decimal | None = None
    biomass_share: Decimal | None = None
    emissions: Decimal | None = None


class Pfc(Part):
    """全氟化碳: primary aluminium electrolysis (CBAM 2023/1773 Annex III B.7, to confirm)."""

    id: str | None = key()
    process: str | None = None
    method: str | None = None
    cell_type: str | None = None
    anode_effects: Decimal | None = None
    anode_effect_minutes: Decimal | None = None
    slope_factor: Decimal | None = None
    overvoltage: Decimal | None = None
    current_efficiency: Decimal | None = None
    overvoltage_factor: Decimal | None = None
    weight_fraction: Decimal | None = None
    production: Decimal | None = None
    emissions: Decimal | None = None


class EnergyFlow(Part):
    """热力、余气: an amount imported into or exported from a process."""

    id: str | None = key()
    process: str | None = None
    direction: str | None = None
    amount: Decimal | None = None
    unit: str | None = None
    emission_factor: Decimal | None = None
    emissions: Decimal | None = None
    supplier: str | None = None


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


class Precursor(Part):
    """前体: a precursor that a process consumes, made by an own process or purchased."""

    id: str | None = key()
    process: str | None = None
    name: str | None = None
    category: str | None = None
    cn8: str | None = None
    own_process: str | None = None
    amount: Decimal | None = None
    unit: str | None = None
    supplier: str | None = None
    country: str | None = None
    period: str | None = None
    see_direct: Decimal | None = None
    see_indirect: Decimal | None = None
    embedded_electricity: Decimal | None = None
    determination: str | None = None
    default_share: Decimal | None = None


class Allocation(Part):
    """分配."""

    id: str | None = key()
    process: str | None = None
    method: str | None = None
    description: str | None = None
    reason: str | None = None
    recycled_treatment: str | None = None


# --- results, quality, trust -----------------------------------------------------------------------------


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
    fossil: Decimal | None = None
    biogenic_uptake: Decimal | None = None
    biogenic_non_co2: Decimal | None = None
    land_use_change: Decimal | None = None
    indirect_land_use_change: Decimal | None = None
    land_management_fossil: Decimal | None = None
    land_management_biogenic: Decimal | None = None
    land_management_removals: Decimal | None = None
    land_occupation: Decimal | None = None
    aircraft: Decimal | None = None
    packaging: Decimal | None = None
    packaging_biogenic_carbon: Decimal | None = None
    outbound_logistics: Decimal | None = None
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


class Certificate(Part):
    """标识认证证书 (CNCA rule of 2025-03-17: valid two years)."""

    number: str | None = None
    body: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


class CarbonMarket(Part):
    """碳市场: one compliance year; amounts in t CO2e, prices in the stated currency per t."""

    year: int | None = Field(None, json_schema_extra={"key": True})
    emissions: Decimal | None = None
    free_allocation: Decimal | None = None
    surrendered: Decimal | None = None
    price_paid: Decimal | None = None
    currency: str | None = None


# --- the importer's side -----------------------------------------------------------------------------------


class Actor(Part):
    """A declarant, representative or importer: identified by EORI."""

    id: str | None = None
    name: str | None = None
    role: str | None = None
    address: Address | None = None


class Confirmations(Part):
    """The declarant's own statements. Never filled in by the gateway."""

    data_confirmed: bool | None = None
    use_confirmed: bool | None = None
    other_methodology: bool | None = None
    place: str | None = None
    name: str | None = None
    position: str | None = None


class Declaration(Part):
    """进口申报: what one declarant reports for one quarter."""

    submitted: datetime | None = None
    report_id: str | None = None
    period: str | None = None
    year: int | None = None
    declarant: Actor | None = None
    representative: Actor | None = None
    importer: Actor | None = None
    confirmations: Confirmations | None = None
    remarks: str | None = None


class Document(Part):
    """A supporting document."""

    sequence: int | None = Field(None, json_schema_extra={"key": True})
    type: str | None = None
    country: str | None = None
    reference: str | None = None
    line_item: int | None = None
    authority: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    description: str | None = None
    filename: str | None = None
    uri: str | None = None
    mime: str | None = None
    content: str | None = None


class InwardProcessing(Part):
    member_state: str | None = None
    discharge_waiver: int | None = None
    authorisation: str | None = key()
    start: str | None = None
    end: str | None = None
    deadline: str | None = None


class Measure(Part):
    indicator: int | None = Field(None, json_schema_extra={"key": True})
    net_mass: Decimal | None = None
    supplementary: Decimal | None = None
    unit: str | None = None


class Quantity(Part):
    """A quantity of the consignment under one customs procedure."""

    sequence: int | None = Field(None, json_schema_extra={"key": True})
    procedure: str | None = None
    previous_procedure: str | None = None
    area: str | None = None
    inward_processing: tuple[InwardProcessing, ...] = ()
    measures: tuple[Measure, ...] = ()
    special_references: str | None = None


class CoveredProduct(Part):
    sequence: int | None = Field(None, json_schema_extra={"key": True})
    type: str | None = None
    cn: str | None = None
    quantity: Decimal | None = None
    free_allocation: Decimal | None = None
    supplementary_information: str | None = None
    information: str | None = None
    net_mass: Decimal | None = None
    supplementary: Decimal | None = None
    unit: str | None = None


class CarbonPrice(Part):
    """A carbon price due in the country of origin."""

    sequence: int | None = Field(None, json_schema_extra={"key": True})
    instrument: str | None = None
    legal_act: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    country: str | None = None
    products: tuple[CoveredProduct, ...] = ()


class Remark(Part):
    sequence: int | None = Field(None, json_schema_extra={"key": True})
    text: str | None = None


class Lot(Part):
    """The part of a consignment that one production process made."""

    sequence: int | None = Field(None, json_schema_extra={"key": True})
    goods: str | None = None
    country: str | None = None
    net_mass: Decimal | None = None
    supplementary: Decimal | None = None
    unit: str | None = None
    documents: tuple[Document, ...] = ()
    carbon_prices: tuple[CarbonPrice, ...] = ()
    remarks: tuple[Remark, ...] = ()


class Consignment(Part):
    """出口批次: one item of the importer's declaration."""

    item: int | None = Field(None, json_schema_extra={"key": True})
    origin: str | None = None
    representative: Actor | None = None
    importer: Actor | None = None
    quantities: tuple[Quantity, ...] = ()
    net_mass: Decimal | None = None
    supplementary: Decimal | None = None
    unit: str | None = None
    documents: tuple[Document, ...] = ()
    remarks: str | None = None
    lots: tuple[Lot, ...] = ()


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


# --- the view that a CBAM report needs: a join, assembled by a method, never written back ------------------


class CbamEmissions(Part):
    """Direct or indirect specific embedded emissions of one lot, t CO2e per t."""

    determination: str | None = None
    electricity_determination: str | None = None
    methodology_type: str | None = None
    methodology: str | None = None
    see: Decimal | None = None
    other_source: str | None = None
    electricity_factor_source: str | None = None
    factor: Decimal | None = None
    electricity_imported: Decimal | None = None
    embedded_electricity_imported: Decimal | None = None
    unit: str | None = None
    factor_source_value: str | None = None
    conditionality: str | None = None
    electricity_consumed: Decimal | None = None
    electricity_source: str | None = None


class CbamParameter(Part):
    sequence: int | None = Field(None, json_schema_extra={"key": True})
    id: str | None = None
    value: str | None = None
    note: str | None = None


class CbamMethod(Part):
    sequence: int | None = None
    id: str | None = None
    steel_mill_number: str | None = None
    information: str | None = None
    direct_parameters: tuple[CbamParameter, ...] = ()
    indirect_parameters: tuple[CbamParameter, ...] = ()


class CbamOperator(Part):
    id: str | None = None
    name: str | None = None
    address: Address | None = None
    contacts: tuple[Contact, ...] = ()


class CbamInstallation(Part):
    id: str | None = None
    name: str | None = None
    economic_activity: str | None = None
    address: Address | None = None
    plot: str | None = None
    unlocode: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    coordinates_type: str | None = None


class CbamLot(Part):
    sequence: int | None = Field(None, json_schema_extra={"key": True})
    country: str | None = None
    operator: CbamOperator | None = None
    installation: CbamInstallation | None = None
    net_mass: Decimal | None = None
    supplementary: Decimal | None = None
    unit: str | None = None
    direct: CbamEmissions | None = None
    indirect: CbamEmissions | None = None
    method: CbamMethod | None = None
    documents: tuple[Document, ...] = ()
    carbon_prices: tuple[CarbonPrice, ...] = ()
    remarks: tuple[Remark, ...] = ()


class CbamGood(Part):
    item: int | None = Field(None, json_schema_extra={"key": True})
    representative: Actor | None = None
    importer: Actor | None = None
    hs6: str | None = None
    cn8: str | None = None
    description: str | None = None
    origin: str | None = None
    quantities: tuple[Quantity, ...] = ()
    net_mass: Decimal | None = None
    supplementary: Decimal | None = None
    unit: str | None = None
    documents: tuple[Document, ...] = ()
    remarks: str | None = None
    lots: tuple[CbamLot, ...] = ()


class Cbam(Part):
    """The goods of a CBAM report: consignment x CN code x installation x method."""

    goods: tuple[CbamGood, ...] = ()


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
    heat: tuple[EnergyFlow, ...] = ()
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
