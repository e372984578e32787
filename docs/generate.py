"""Everything that is generated from the tables: run it after changing one, ``--check`` to see what is stale."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gateway.data import load_toml  # noqa: E402
from gateway.formats.json_reader import write_json  # noqa: E402
from gateway.formats.record_schema import build_extension_schema, build_record_schema  # noqa: E402
from gateway.model.paths import canonical_leaves  # noqa: E402


def record_schema() -> bytes:
    """``cn.pcf@1`` as a JSON Schema."""
    return write_json(build_record_schema("urn:cbam-gateway:schema:cn.pcf:1"))


def extension_schema() -> bytes:
    """The part of the record that travels in a PACT extension."""
    table = load_toml("mappings", "pact.footprint.toml")
    taken = {path for row in table["field"] for path in _listed(row["canonical"])}
    carries = table["extension"]["carries"]
    paths = [
        path
        for path in canonical_leaves()
        if path in carries or (path not in taken and any(path.startswith(p + "/") for p in carries))
    ]
    return write_json(build_extension_schema("urn:cbam-gateway:schema:cn.pcf-extension:1", paths))


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


GENERATED: list[tuple[str, Callable[[], bytes]]] = [
    ("schemas/cn.pcf/1/record.schema.json", record_schema),
    ("schemas/cn.pcf-extension/1/extension.schema.json", extension_schema),
]


def _pin(path: Path, data: bytes) -> bytes:
    """The SOURCE.toml beside a generated schema, with the digest of what was generated."""
    text = path.read_text(encoding="utf-8")
    digest = hashlib.sha256(data).hexdigest()
    return re.sub(r'^sha256 = ".*"$', f'sha256 = "{digest}"', text, flags=re.MULTILINE).encode()


def main(check: bool) -> int:
    stale = []
    for name, make in GENERATED:
        path = ROOT / name
        data = make()
        files = [(path, data)]
        if path.with_name("SOURCE.toml").is_file():
            files.append((path.with_name("SOURCE.toml"), _pin(path.with_name("SOURCE.toml"), data)))
        for file, wanted in files:
            if not file.is_file() or file.read_bytes() != wanted:
                stale.append(file.relative_to(ROOT))
                if not check:
                    file.write_bytes(wanted)
    for name in stale:
        print(f"{'stale' if check else 'written'}: {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
