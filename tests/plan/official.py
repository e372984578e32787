"""The official OpenAPI documents of PACT as validators. They are read where they lie and are not part of this project."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
import yaml
from shared_files import SHARED

from plan.host import Broken

FOLDER = SHARED / "official" / "pact"
FILES = {"2.0": "2.0", "2.1": "2.1", "2.2": "2.2", "2.3": "2.3", "3.0": "3.0.3"}
VERSIONS = tuple(FILES)


def present() -> bool:
    """Whether the official documents are at hand."""
    return all((FOLDER / f"openapi-{name}.yaml").is_file() for name in FILES.values())


@cache
def document(version: str) -> dict[str, Any]:
    """The official OpenAPI document of a version."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"openapi-{FILES[version]}.yaml").read_text("utf-8"))
    return loaded


def must_conform(version: str, name: str, value: object) -> None:
    """Broken with the first place where a value departs from a schema of that version's document."""
    error = next(iter(_validator(version, name).iter_errors(value)), None)
    if error is not None:
        where = "/".join(map(str, error.instance_path)) or "."
        raise Broken(f"expected {name} of PACT {version}; at {where}: {error.message[:300]}")


def mended(version: str) -> dict[str, Any]:
    """The official document as tools can read it, with two additions.

    ``NoSuchFootprint`` in version 2: its documents name that code in a comment only, its suite expects it. 415 for an
    event that is no CloudEvent by its media type: ``an HTTP 4xx status code if the event is invalid``.
    """
    made: dict[str, Any] = _mended(document(version), document(version))
    if version.startswith("2."):
        made["components"]["schemas"]["Error"]["properties"]["code"]["enum"].append("NoSuchFootprint")
    for path, methods in made["paths"].items():
        if path.endswith("/events"):
            methods["post"]["responses"]["415"] = methods["post"]["responses"]["400"]
    return made


@cache
def _validator(version: str, name: str) -> jsonschema_rs.Draft202012Validator:
    components = _mended(document(version)["components"], document(version))
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _mended(node: Any, whole: dict[str, Any]) -> Any:
    """3.0.3 refers to a table of properties from inside one, which no validator reads: put them in its place.

    Descriptions that are references go too; every other reference stays.
    """
    if isinstance(node, list):
        return [_mended(item, whole) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _mended(value, whole) for key, value in node.items() if key != "description"}
    table = made.get("properties")
    if isinstance(table, dict) and isinstance(table.get("$ref"), str):
        target: Any = whole
        for step in table.pop("$ref").removeprefix("#/").split("/"):
            target = target[step]
        made["properties"] = {**_mended(target, whole), **table}
    return made
