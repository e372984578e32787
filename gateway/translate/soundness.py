"""What must hold of a table before it runs: every path, clause and group is known, every leaf of both sides explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.data import data_path, load_toml
from gateway.formats.leaves import pattern_of
from gateway.formats.shape import Node, shape
from gateway.model.paths import canonical_keys, canonical_leaves
from gateway.translate.table import APPEND, Default, Drop, Law, Plan, Row


def problems(made: Plan) -> Iterator[str]:
    """Everything that is wrong with a plan, in words that name the row or the path."""
    yield from _duplicate_ids(made)
    yield from _unknown_canonical(made)
    yield from _uncovered_canonical(made)
    yield from _external_problems(made, shape(made.format_id))
    yield from _dangling(made, shape(made.format_id))
    yield from _unknown_clauses(made)
    yield from _wrong_groups(made)


def _duplicate_ids(made: Plan) -> Iterable[str]:
    seen: set[str] = set()
    items: tuple[Row | Law | Default | Drop, ...] = (*made.rows, *made.laws, *made.defaults, *made.drops)
    for item in items:
        if item.id in seen:
            yield f"id {item.id} stands twice"
        seen.add(item.id)


def _unknown_canonical(made: Plan) -> Iterable[str]:
    known = canonical_leaves()
    for row in made.rows:
        for path in (*row.canonical_paths, *row.lens.needs):
            if pattern_of(path) not in known:
                yield f"{row.id} names {path}, which the record does not have"
        if row.external and row.canonical[0].count("*") != sum(p in ("*", APPEND) for p in row.external[0]):
            single = row.external[0].count(APPEND) == 1 and not row.canonical[0].count("*")
            if not single:
                yield f"{row.id}: the two sides repeat differently"
    for drop in made.drops:
        if drop.path.startswith("/") and not any(_covers(drop.path, path) for path in known):
            yield f"{drop.id} drops {drop.path}, which the record does not have"


def _covers(prefix: str, path: str) -> bool:
    return path == prefix or path.startswith(prefix + "/") or path.startswith(prefix + "/*")


def _uncovered_canonical(made: Plan) -> Iterable[str]:
    carried = {path for row in made.rows for path in row.canonical_paths}
    dropped = [drop.path for drop in made.drops if drop.path.startswith("/")]
    for path in canonical_leaves():
        if path not in carried and not any(_covers(prefix, path) for prefix in dropped):
            yield f"{path} has neither a row nor a drop"


def _external_problems(made: Plan, root: Node) -> Iterable[str]:
    named = {path for row in made.rows for path in row.external_paths}
    named |= {law.external for law in made.laws} | {default.external for default in made.defaults}
    plain = {path.replace(APPEND, "*") for path in named}
    dropped = [drop.path for drop in made.drops if not drop.path.startswith("/")]
    whole = {default.external for default in made.defaults if isinstance(default.value, list)}
    for path in sorted(named) + dropped:
        if not _exists(root, path, leaf=path in named - whole):
            yield f"{path} is not in the schema"
    surely = {prefix for path in plain for prefix in _prefixes(pattern_of(path))}
    for path, required in root.leaves():
        covered = path in surely or any(_begins(path, d) for d in dropped)
        if not covered and not any(_matches(path, p) for p in plain):
            yield f"{path} ({'required' if required else 'optional'}) has no row, law, default or drop"


def _dangling(made: Plan, root: Node) -> Iterable[str]:
    """What a law adds up, and what a default waits for, must be in the schema."""
    for law in made.laws:
        for term in law.terms:
            if not _exists(root, term, leaf=law.kind != "count"):
                yield f"{law.id} adds up {term}, which is not in the schema"
    for default in made.defaults:
        if default.when and not _exists(root, default.when, leaf=False):
            yield f"{default.id} waits for {default.when}, which is not in the schema"


def _prefixes(path: str) -> Iterator[str]:
    """A path and all that it begins with; a selected element is any element of its list."""
    parts = ["*" if part.startswith("{") else part for part in path.split("/")]
    for end in range(1, len(parts) + 1):
        yield "/".join(parts[:end])


def _matches(leaf: str, named: str) -> bool:
    a, b = leaf.split("/"), named.split("/")
    same = (y == x or (x == "*" and (y.startswith("{") or y.isdigit())) for x, y in zip(a, b, strict=False))
    return all(same) and len(b) >= len(a)


def _begins(leaf: str, named: str) -> bool:
    """Whether a leaf is what a path names, or stands below it."""
    return _matches("/".join(leaf.split("/")[: named.count("/") + 1]), named)


def _exists(root: Node, path: str, *, leaf: bool = True) -> bool:
    node, parts = root, path.split("/")
    for part in parts:
        if node.open:
            return True
        if part in ("*", APPEND) or part.startswith("{") or part.isdigit():
            continue
        child = node.children.get(part)
        if child is None:
            return False
        node = child
    return not (leaf and node.children)


def _unknown_clauses(made: Plan) -> Iterable[str]:
    if not data_path("mappings", "sources.toml").is_file():
        return
    known = load_toml("mappings", "sources.toml")["standards"]
    items: tuple[Row | Law | Default, ...] = (*made.rows, *made.laws, *made.defaults)
    for item in items:
        if item.clause.partition(":")[0] not in known:
            yield f"{item.id} cites {item.clause or 'nothing'}, which mappings/sources.toml does not know"


def _wrong_groups(made: Plan) -> Iterable[str]:
    """A group names a foreign list, its key, and the canonical list: the row of the key must join the two."""
    for external, group in made.groups.items():
        ours = f"{group['canonical']}/*/{canonical_keys().get(group['canonical'])}"
        row = made.row_for_external(f"{external}/*/{group['key']}")
        if row is None or ours not in row.canonical_paths:
            yield f"the group {external} is not paired by {group['key']}"
