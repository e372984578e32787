"""What the verbs that work on the store share: where it is, and the secret of this host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.formats.installed import user_data
from gateway.store.database import Store, open_store
from gateway.store.secret import HostSecret, load_secret

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


def store_of(url: str | None, *, create: bool = True) -> Store:
    """The store that a verb works on."""
    return open_store(url, create=create)


def secret_of(file: Path | None) -> HostSecret:
    """The secret of this host: the named file, or ``host.secret`` among the data of this user."""
    return load_secret(file or user_data() / "host.secret")
