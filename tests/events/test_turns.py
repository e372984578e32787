"""Whose events are handled next: each client has its turn."""

import pytest

from tests.events.desks import Office, event


@pytest.fixture
def office(store):
    return Office(store)


def test_a_client_with_many_events_does_not_hold_up_another(office):
    flood, _ = office.buyer(("all", ""), name="Flood", url="https://flood.example")
    quiet, _ = office.buyer(("all", ""), name="Quiet", url="https://quiet.example")
    for number in range(40):
        office.post(flood, event(id=f"f{number}", source="https://flood.example"))
    office.post(quiet, event(id="q1", source="https://quiet.example"))
    assert office.desk.work() == 16
    done = [row["event_id"] for row in office.inbox() if row["state"] == "done"]
    assert "q1" in done
    assert done[:2] == ["f0", "f1"]
    assert len(done) == 16
    assert [office.desk.work() for _ in range(3)] == [16, 9, 0]
