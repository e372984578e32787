"""How this host is set up: from the command line, ``CBAMGW_…`` variables and an optional TOML file, in this order.

Nothing here can switch off TLS checks or let the secret of a client be asked for in another way.
"""

from __future__ import annotations

import tomllib
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from gateway.formats.files import read_input
from gateway.formats.library_reasons import told
from gateway.model.finding import Refused, finding
from gateway.pact.own_address import own_address

MAX_SETTINGS_FILE = 64 * 1024

Network = IPv4Network | IPv6Network
Words = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Every setting of the host. Times are seconds, sizes bytes."""

    model_config = SettingsConfigDict(env_prefix="CBAMGW_", frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(8443, ge=0, le=65535)
    metrics_port: int | None = Field(None, ge=0, le=65535)
    """On 127.0.0.1 only; None: no metrics."""

    public_base_url: str = ""
    """``https://pcf.example.cn``: how others reach this host. Without it, the host that a request names."""
    allowed_hosts: Words = ()
    """Names that a request may give as its host, besides those of the base URL and of the certificate."""
    behind_proxy: Annotated[tuple[Network, ...], NoDecode] = ()
    """Networks of the TLS terminators in front; only they may say how a request came."""

    allow_loopback: bool = False
    allow_private: bool = False
    allow_http: bool = False
    """What partners' addresses may be besides public ones over https; for trying things out, or inside a company."""
    ca_file: Path | None = None
    """Certificates (PEM) of private authorities that partners' hosts may have."""
    trust: Path | None = None
    """Trust store, for the signatures of what partners send; without it every issuer is unknown."""
    event_seconds: int = Field(90, ge=1)
    """For one try to deliver an event. What a killed process had under way is free after twice as long."""
    event_wait_seconds: float = Field(5, gt=0, le=3600)
    """The most before an event is tried a second time; it doubles from try to try, up to an hour."""

    inbox_limit: int = Field(10_000, ge=1)
    """Events of one client that may wait to be handled; beyond it, 429 and nothing is kept."""

    token_seconds: int = Field(3600, ge=60, le=3600)
    cursor_seconds: int = Field(3600, ge=180, le=86_400)
    page_size: int = Field(100, ge=1, le=1000)
    max_page_size: int = Field(1000, ge=1, le=10_000)

    page_memory: int = Field(32_000_000, ge=0)
    """Pages that were served lately are kept up to that size."""

    max_body: int = Field(10_000_000, ge=1000)
    max_header: int = Field(16_384, ge=1024)
    header_seconds: int = Field(10, ge=1)
    """From the opening of a connection, or the first byte of a further request, to its last header."""
    body_seconds: int = Field(30, ge=1)
    idle_seconds: int = Field(30, ge=1)
    request_seconds: int = Field(60, ge=1)
    max_connections: int = Field(2000, ge=1)
    stop_seconds: int = Field(30, ge=1)
    bad_tries: int = Field(10, ge=1)
    """Wrong secrets within a minute for one client id from one address; ten times as many from one address, or for one
    client id from everywhere, so that neither a neighbour nor a stranger locks a client out easily."""

    @field_validator("allowed_hosts", "behind_proxy", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("public_base_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        try:
            return own_address(value) if value else value
        except Refused:
            raise ValueError("https://HOST, with a path where there is one, and nothing else") from None


def load_settings(file: Path | None = None, **given: Any) -> Settings:
    """The settings. ``given`` (where not None) goes before the environment, and that before the file.

    Raises Refused: SERVE-SETTING names the first setting that is wrong or unknown, READ-CANNOT-OPEN.
    """
    kept = _read(file) if file is not None else {}

    class Filed(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return named["init_settings"], named["env_settings"], InitSettingsSource(settings_cls, kept)

    try:
        return Filed(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"  # what follows is how pydantic is built
        raise Refused(finding("SERVE-SETTING", stage="serve", name=name, **told(first["msg"]))) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_input(str(file), MAX_SETTINGS_FILE).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(finding("SERVE-SETTING", stage="serve", name=file, **told(error))) from None
