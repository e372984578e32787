"""The events that the published specifications print as examples are read; their schemas and ours ask for the same."""

from __future__ import annotations

import json
import re

import pytest

from gateway.model.finding import Refused
from gateway.pact.events import TYPES, read_event
from tests.events.desks import event, in_bytes
from tests.template_files import SHARED

VERSIONS = {"2": ("2.0", "2.1", "2.2", "2.3"), "3": ("3.0.3",)}
NAMES = {
    "published": "PublishedEvent",
    "created": "RequestCreatedEvent",
    "fulfilled": "RequestFulfilledEvent",
    "rejected": "RequestRejectedEvent",
}
DATA = {
    "published": {"pfIds": []},
    "created": {"pf": {}},
    "fulfilled": {"requestEventId": "r", "pfs": [{}]},
    "rejected": {"requestEventId": "r", "error": {"code": "NotFound", "message": "m"}},
}


def text_of(version):
    file = SHARED / "official" / "pact" / f"openapi-{version}.yaml"
    if not file.exists():
        pytest.skip(f"{file.name} is not at hand (CBAMGW_SHARED names the folder of official files)")
    return file.read_text(encoding="utf-8")


def schemas(version):
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(text_of(version))["components"]["schemas"]


def test_the_printed_examples_of_version_3_are_read():
    found = re.findall(
        r"^        (\{\n          \"type\": \"org\.wbcsd.*?^        \})", text_of("3.0.3"), re.M | re.S
    )
    examples = [text for text in found if "/*" not in text]  # the footprints of one are left out by a remark
    kinds = {read_event(in_bytes(json.loads(text)), "3").kind for text in examples}
    assert kinds == {"published", "created", "rejected"}


@pytest.mark.parametrize(("api", "version"), [(api, each) for api, some in VERSIONS.items() for each in some])
@pytest.mark.parametrize("kind", NAMES)
def test_the_types_are_those_of_the_published_schemas(api, version, kind):
    assert schemas(version)[NAMES[kind]]["properties"]["type"]["const"] == TYPES[api][kind]


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("version", VERSIONS["2"])
def test_what_a_published_schema_of_version_2_requires_is_required_here(version, kind):
    made = schemas(version)[NAMES[kind]]
    sound = event(kind, DATA[kind], "2")
    read_event(in_bytes(sound), "2")
    for name in made.get("required", []):
        with pytest.raises(Refused):
            read_event(in_bytes({key: value for key, value in sound.items() if key != name}), "2")
    for name in made["properties"]["data"].get("required", []):
        inner = {key: value for key, value in sound["data"].items() if key != name}
        with pytest.raises(Refused):
            read_event(in_bytes({**sound, "data": inner}), "2")


@pytest.mark.parametrize("name", ["type", "specversion", "id", "source", "time", "data"])
def test_what_the_published_schema_of_version_3_requires_is_required_here(name):
    assert name in schemas("3.0.3")["BaseEvent"]["required"]
    sound = event("published", DATA["published"])
    with pytest.raises(Refused):
        read_event(in_bytes({key: value for key, value in sound.items() if key != name}), "3")
