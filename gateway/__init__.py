"""A gateway for product carbon footprints: Chinese records to and from CBAM XML, ISO 14067 and PACT.

The public verbs are in ``gateway.api``. See docs/tour.md for a record's way through the code.
"""

from __future__ import annotations

__version__ = "0.1.0"
