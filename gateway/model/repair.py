"""What was mended in a document before it was read: each repair, and where every leaf had stood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Repair(NamedTuple):
    """One repair. ``path``: where the leaf or group stood in the document as received.

    ``after`` is None for what was taken out, ``delta`` what rounding added.
    """

    rule: str
    path: str
    line: int | None
    before: str
    after: str | None
    delta: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mended:
    """The repairs of one document.

    ``received``: path to text of every leaf as it came. ``former``: path of a leaf in the mended document to
    the path that it came under.
    """

    repairs: tuple[Repair, ...]
    received: Mapping[str, str]
    former: Mapping[str, str]
