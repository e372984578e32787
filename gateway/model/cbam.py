"""The view that a CBAM report needs: a join, assembled by a method, never written back."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from gateway.model.declaration import Actor, CarbonPrice, Document, Quantity, Remark
from gateway.model.operator_report import OperatorReport
from gateway.model.parts import Address, Contact, Part


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
    justification: str | None = None
    conditionality: str | None = None
    electricity_consumed: Decimal | None = None
    electricity_source: str | None = None


class CbamParameter(Part):
    sequence: int | None = Field(None, json_schema_extra={"key": True})
    determination: str | None = None
    id: str | None = None
    name: str | None = None
    description: str | None = None
    value_type: str | None = None
    value: str | None = None
    note: str | None = None


class CbamMethod(Part):
    sequence: int | None = None
    id: str | None = None
    name: str | None = None
    steel_mill_number: str | None = None
    information: str | None = None
    direct_parameters: tuple[CbamParameter, ...] = ()
    indirect_parameters: tuple[CbamParameter, ...] = ()


class CbamOtherMethod(CbamMethod):
    """A second and further production method of a lot: only reports up to 19.00 state more than one."""

    sequence: int | None = Field(None, json_schema_extra={"key": True})


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
    other_methods: tuple[CbamOtherMethod, ...] = ()
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
    """What CBAM documents state, each as its format needs it: views, never activity data.

    ``goods``: consignment x CN code x installation x method. The reports of the operator: item by item.
    """

    goods: tuple[CbamGood, ...] = ()
    operator_summary: OperatorReport | None = None
    operator_report: OperatorReport | None = None
