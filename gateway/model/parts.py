"""What every group of the record is made of: the frozen base, keys, names, addresses."""

from __future__ import annotations

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


def key_part() -> str | None:
    """Marks a field that completes the key: elements with the same key are told apart by it where it is stated."""
    field: str | None = Field(None, json_schema_extra={"keyPart": True})
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
