"""What the verbs that work on the store share: where it is, and the secret of this host."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.formats.installed import user_data

if TYPE_CHECKING:
    from gateway.store.database import Store
    from gateway.store.secret import HostSecret

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        envvar="CBAMGW_DATABASE_URL",
        help="sqlite:///FILE or postgresql://USER@HOST/NAME; by default a file of this user.",
        show_default=False,
    ),
]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file",
        envvar="CBAMGW_SECRET_FILE",
        help="The secret of this host; made where there is none.",
        show_default=False,
    ),
]
PublicBaseUrl = Annotated[
    str,
    typer.Option(
        "--public-base-url", envvar="CBAMGW_PUBLIC_BASE_URL", help="Where partners reach this host: https://…"
    ),
]


def store_of(url: str | None, *, create: bool = True) -> Store:
    """The store that a verb works on."""
    from gateway.store.database import open_store  # a database library is loaded by the verbs that need it

    return open_store(url, create=create)


def secret_of(file: Path | None) -> HostSecret:
    """The secret of this host: the named file, or ``host.secret`` among the data of this user."""
    from gateway.store.secret import load_secret

    return load_secret(file or user_data() / "host.secret")
