"""The public verbs: read, translate, check, sign, verify. The command line calls the same.

They stand in a module of their own, since ``gateway.translate`` and ``gateway.check`` are packages.

>>> from gateway.api import Wish, read, translate
>>> journey = translate(read(b'{"format": "cn.pcf@1"}'), Wish("pact.footprint@3.0"))
>>> journey.conforms
False
"""

from __future__ import annotations

from gateway.check.recognise import read_recognised as read
from gateway.route import Journey, Wish, check, translate
from gateway.trust.signing import sign_document as sign
from gateway.trust.verifying import verify_document as verify

__all__ = ["Journey", "Wish", "check", "read", "sign", "translate", "verify"]
