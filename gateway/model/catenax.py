"""What only a Catena-X footprint states: figures of its stages, shares of verified data, attestations.

No Chinese record has these fields. They are kept apart so that a step from one version of the data model to another
carries them; on the way to a record they are lost with their reason, and come home from the residue.
Figures are per declared unit of the record, in the unit of its results.
"""

from __future__ import annotations

from decimal import Decimal

from gateway.model.parts import Part


class CatenaxStage(Part):
    """The parts of the footprint of one stage: packaging, or distribution."""

    fossil: Decimal | None = None
    biogenic_non_co2: Decimal | None = None
    biogenic_uptake: Decimal | None = None
    land_use_change: Decimal | None = None
    land_management_biogenic: Decimal | None = None
    land_management_removals: Decimal | None = None
    land_use: Decimal | None = None
    aircraft: Decimal | None = None


class CatenaxAttestation(Part):
    """An attestation of conformance. Its time is kept as it was written: it may have no time zone."""

    type: str | None = None
    standard_name: str | None = None
    standard: str | None = None
    id: str | None = None
    provider_name: str | None = None
    provider_id: str | None = None
    link: str | None = None
    completed: str | None = None


class CatenaxShares(Part):
    """Per cent of the result that rests on certified suppliers or verified data."""

    program_certification: Decimal | None = None
    third_party: Decimal | None = None
    second_party: Decimal | None = None
    first_party: Decimal | None = None


class Catenax(Part):
    """The fields of `catenax.pcf` that no record has. ``land_use``: one sum of emissions and removals (7.0.0)."""

    land_use: Decimal | None = None
    packaging: CatenaxStage | None = None
    distribution: CatenaxStage | None = None
    shares: CatenaxShares | None = None
    attestations: tuple[CatenaxAttestation, ...] = ()
