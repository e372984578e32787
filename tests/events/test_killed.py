"""kill -9 at any moment: no accepted event is lost, none is answered twice or with two contents."""

import pytest

from tests.events.kills import killed_run


@pytest.mark.parametrize("seed", [1])
def test_a_service_that_is_killed_loses_no_accepted_event_and_says_nothing_twice(tmp_path, sqlite_url, seed):
    run = killed_run(tmp_path, sqlite_url, events=100, kills=3, seed=seed)
    assert run.faults == []
    assert len(run.accepted) == 100
    assert run.kills == 3
    assert run.to_partner > 100  # failures and kills made it hear some of them again
