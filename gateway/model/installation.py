"""Installation data of the record: sites, goods, processes, source streams, energy flows, precursors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field

from gateway.model.parts import Address, Name, Part, key, key_part


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
    direct_emissions: Decimal | None = None
    indirect_emissions: Decimal | None = None
    electricity_consumed: Decimal | None = None
    zero_rated_fuels: bool | None = None
    zero_rated_demonstration: str | None = None
    waste_gases_used: bool | None = None
    cogeneration: bool | None = None
    separate_generation: bool | None = None
    electricity_origin: str | None = None
    other_processes: str | None = None
    other_goods: str | None = None
    monitoring_months: int | None = None
    data_gaps: str | None = None


class QualifyingParameter(Part):
    id: str | None = key()
    value: str | None = None
    scope: str | None = key_part()
    name: str | None = None
    value_type: str | None = None
    determination: str | None = None
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
    production_method_name: str | None = None
    steel_mill_number: str | None = None
    production_method_note: str | None = None
    clinker_share: Decimal | None = None
    nitrogen_content: Decimal | None = None
    produced: Decimal | None = None
    parameters: tuple[QualifyingParameter, ...] = ()
    specific_free_allocation: Decimal | None = None
    benchmark_confirmed: bool | None = None
    free_allocation_method: str | None = None


class Included(Part):
    """A goods category that is made inside a process and not counted on its own, with its route."""

    category: str | None = key()
    route: str | None = None


class Process(Part):
    """生产工序: one production process of one installation, over the accounting period."""

    id: str | None = key()
    name: Name | None = None
    installation: str | None = None
    goods_category: str | None = None
    route: str | None = None
    includes: tuple[Included, ...] = ()
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
    electricity_criteria: bool | None = None
    electricity_default_share: Decimal | None = None
    electricity_factor_code: str | None = None
    electricity_other_source: str | None = None
    methodology: str | None = None
    other_source: str | None = None
    electricity_produced: Decimal | None = None
    electricity_produced_factor: Decimal | None = None
    electricity_exported: Decimal | None = None
    co2_captured: Decimal | None = None
    co2_receiver: str | None = None
    co2_receiver_contact: str | None = None
    electricity_supplier: str | None = None
    electricity_country: str | None = None


class SourceStream(Part):
    """源流: a fuel, a material, or a measured source.

    ``installation``, ``process``, ``energyUnit``: whose emissions they are. ``standardFactor`` names a value
    that the act prints; without it nothing is looked up. Carbon content is in t C/t unless its unit says else.
    """

    id: str | None = key()
    name: str | None = None
    installation: str | None = None
    process: str | None = None
    energy_unit: str | None = None
    method: str | None = None
    direction: str | None = None
    gas: str | None = None
    waste_gas: bool | None = None
    amount: Decimal | None = None
    unit: str | None = None
    ncv: Decimal | None = None
    ncv_unit: str | None = None
    emission_factor: Decimal | None = None
    emission_factor_unit: str | None = None
    factor_kind: str | None = None
    standard_factor: str | None = None
    gas_reference: str | None = None
    carbon_content: Decimal | None = None
    carbon_content_unit: str | None = None
    oxidation_factor: Decimal | None = None
    conversion_factor: Decimal | None = None
    biomass_share: Decimal | None = None
    zero_rating: str | None = None
    transfer_purpose: str | None = None
    evidence: str | None = None
    concentration: Decimal | None = None
    flue_gas_flow: Decimal | None = None
    operating_hours: Decimal | None = None
    gas_mass: Decimal | None = None
    emissions: Decimal | None = None


class Pfc(Part):
    """全氟化碳: primary aluminium electrolysis (2025/2547 Annex II B.7)."""

    id: str | None = key()
    process: str | None = None
    method: str | None = None
    cell_type: str | None = None
    technology: str | None = None
    anode_effects: Decimal | None = None
    anode_effect_minutes: Decimal | None = None
    slope_factor: Decimal | None = None
    overvoltage: Decimal | None = None
    current_efficiency: Decimal | None = None
    overvoltage_factor: Decimal | None = None
    weight_fraction: Decimal | None = None
    collection_efficiency: Decimal | None = None
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


class HeatFlow(EnergyFlow):
    """热力: ``energyUnit`` is the unit of the installation that makes it, whose factor then counts."""

    energy_unit: str | None = None


class EnergyUnit(Part):
    """供能装置: a boiler, a cogeneration unit or a power plant whose fuels are source streams.

    ``netHeat`` in TJ, ``netElectricity`` in MWh, efficiencies as fractions. Flue gas cleaning is a source stream
    of its own that names the unit.
    """

    id: str | None = key()
    name: str | None = None
    installation: str | None = None
    kind: str | None = None
    net_heat: Decimal | None = None
    net_electricity: Decimal | None = None
    efficiency: Decimal | None = None
    heat_efficiency: Decimal | None = None
    electricity_efficiency: Decimal | None = None
    reference_heat: Decimal | None = None
    reference_electricity: Decimal | None = None


class Precursor(Part):
    """前体: a precursor that a process consumes, made by an own process or purchased."""

    id: str | None = key()
    process: str | None = None
    name: str | None = None
    category: str | None = None
    cn8: str | None = None
    taric: str | None = None
    own_process: str | None = None
    amount: Decimal | None = None
    unit: str | None = None
    clinker_share: Decimal | None = None
    nitrogen_content: Decimal | None = None
    supplier: str | None = None
    country: str | None = None
    period: str | None = None
    see_direct: Decimal | None = None
    see_indirect: Decimal | None = None
    see_unit: str | None = None
    see_kind: str | None = None
    embedded_electricity: Decimal | None = None
    determination: str | None = None
    default_share: Decimal | None = None
    supplier_installation: str | None = None
    supplier_registry_id: str | None = None
    period_basis: str | None = None
    averaging: str | None = None


class CarbonMarket(Part):
    """碳市场: one compliance year of one installation under one instrument.

    Amounts in t CO2e, prices in the stated currency per t.
    """

    year: int | None = Field(None, json_schema_extra={"key": True})
    emissions: Decimal | None = None
    free_allocation: Decimal | None = None
    surrendered: Decimal | None = None
    price_paid: Decimal | None = None
    currency: str | None = None
    installation: str | None = key_part()
    instrument: str | None = key_part()
    legal_act: str | None = None
    country: str | None = None
    purchased: Decimal | None = None
    rebate: Decimal | None = None
    exchange_rate: Decimal | None = None
    exchange_rate_date: date | None = None
    exchange_rate_source: str | None = None
