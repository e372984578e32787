"""Where the definitive method finds default values: ``gateway.methods.default_values``, where it is there."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from gateway.methods.productions import LookUp


def default_table() -> LookUp | None:
    """The table of default values of the acts; None where this installation has none.

    Without it a precursor with a default value is refused (METHOD-DEFAULT-TABLE-MISSING), never guessed.
    """
    try:
        module = import_module("gateway.methods.default_values")
    except ModuleNotFoundError:
        return None
    return cast(LookUp, module.look_up)
