"""The importer's side of the record: the declaration, and the consignments with their lots."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from gateway.model.parts import Address, Part, key


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
    signed_on: str | None = None
    place: str | None = None
    name: str | None = None
    position: str | None = None


class Declaration(Part):
    """进口申报: what one declarant reports for one quarter."""

    submitted: datetime | None = None
    draft_report_id: str | None = None
    report_id: str | None = None
    period: str | None = None
    year: int | None = None
    declarant: Actor | None = None
    representative: Actor | None = None
    importer: Actor | None = None
    competent_authority: str | None = None
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
    exchange_rate: str | None = None
    euro: Decimal | None = None
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
