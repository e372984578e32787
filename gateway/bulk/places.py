"""Where one element of a long list stands: carried alone it is the first, in the document it is the k-th."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from gateway.model.finding import Finding
from gateway.translate.ledger import Entry


class Places:
    """The lists that run beside each other: that of the source, its views, and that of the target.

    An element that leaves nothing in the target has no number there, so the two are counted apart.
    """

    def __init__(self, source: str, views: tuple[str, ...], target: str) -> None:
        self.source, self.target = source, target
        self._near = re.compile(f"(?:{'|'.join(map(re.escape, (source, *views)))})/0(?=/|$)")
        self._far = re.compile(f"{re.escape(target)}/0(?=/|$)")

    def moved(self, path: str, near: int, far: int) -> str:
        """A path of the element carried alone as a path of the whole document."""
        if path.startswith("/"):
            if (met := self._near.match(path)) is not None:
                return f"{met[0][:-1]}{near}{path[met.end() :]}"
            if (met := self._far.match(path)) is not None:
                return f"{met[0][:-1]}{far}{path[met.end() :]}"
        return path

    def is_own(self, path: str) -> bool:
        """Whether a path leads into the element, on either side."""
        return self._near.match(path) is not None or self._far.match(path) is not None

    def entry(self, entry: Entry, near: int, far: int) -> Entry:
        """An entry of the ledger at its place in the whole document."""
        return entry._replace(
            source=tuple(self.moved(path, near, far) for path in entry.source),
            target=tuple(self.moved(path, near, far) for path in entry.target),
        )

    def finding(self, item: Finding, near: int, far: int) -> Finding:
        """A finding at its place in the whole document."""
        values: Mapping[str, str] = {k: self._said(v, near, far) for k, v in item.values.items()}
        path, origin = self.moved(item.path, near, far), self.moved(item.origin, near, far)
        return replace(item, path=path, origin=origin, values=values)

    def _said(self, value: str, near: int, far: int) -> str:
        """A value of a message: a path, or an element called by the name of its list and its number."""
        alone = {f"{self.source[1:]}/0": near, f"{self.target[1:]}/0": far}
        return f"{value[:-1]}{alone[value]}" if value in alone else self.moved(value, near, far)

    def concerns(self, item: Finding) -> bool:
        """Whether a finding is about this element, rather than about what all elements share."""
        return self.is_own(item.path) or self.is_own(item.origin)
