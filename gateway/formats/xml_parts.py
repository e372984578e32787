"""An XML document in parts: what stands around its long list, and the elements of the list one by one.

All bytes come from ``write_xml``, the one writer; here its output is only cut. Put together again the parts
are byte for byte what it writes for the whole tree.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from gateway.formats.registry import formats
from gateway.formats.shape import shape
from gateway.formats.xml_tree import write_xml
from gateway.model.finding import GatewayError

_HERE = "\ue000"
"""A private character in place of an element; whatever holds one itself is not cut."""


def frame(format_id: str, tree: Mapping[str, Any], name: str) -> tuple[bytes, bytes]:
    """The bytes before and after the elements of the list ``name``."""
    data = _written(format_id, {**tree, name: [_HERE]})
    before, _, after = data.partition(f"\n  <{name}>{_HERE}</{name}>".encode())
    if not after or _HERE.encode() in before + after:
        raise GatewayError(f"the place of {name} in {format_id} was not found")
    return before, after


def element(format_id: str, name: str, value: Any) -> bytes:
    """The bytes of one element of the list ``name``, with the line break before it."""
    before, after = frame(format_id, {}, name)
    return _written(format_id, {name: [value]})[len(before) : -len(after)]


def _written(format_id: str, tree: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    namespace = str(formats()[format_id.partition("@")[0]].body["namespace"])
    write_xml(tree, shape(format_id), namespace, out)
    return out.getvalue()
