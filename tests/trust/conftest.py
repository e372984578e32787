"""One key, one document and one clock for the tests of signing."""

from datetime import UTC, datetime

import pytest

from gateway.trust.envelope import new_statement
from gateway.trust.keys import new_key
from gateway.trust.signing import sign_document

DOCUMENT = '{"companyName": "示例钢铁", "pcf": {"declaredUnitAmount": "1", "n": 3}}'.encode()


@pytest.fixture
def now():
    return datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock(now):
    return lambda: now


@pytest.fixture(scope="session")
def key():
    return new_key()


@pytest.fixture(scope="session")
def stranger():
    return new_key()


@pytest.fixture
def statement(key, clock):
    return new_statement(key.public.did, clock, format="pact.footprint@3.0")


@pytest.fixture
def document():
    return DOCUMENT


@pytest.fixture
def token(key, statement):
    return sign_document(DOCUMENT, "application/json", key, statement)
