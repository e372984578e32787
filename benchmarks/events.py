"""Events that never get lost: accepted and delivered while the service is killed again and again.

    python benchmarks/events.py                      10,000 events, three kills, SQLite
    python benchmarks/events.py --events 1000        fewer
    python benchmarks/events.py --database-url URL   another database, which must be empty

The service is ``cbamgw serve`` in a process of its own, killed with ``kill -9`` at random moments (seeded) while eight
threads post requests, each until it is answered with 200. One answer in ten of the partner is a failure: a 500, a
429, a 401, a line that is cut. At the end every event that was answered with 200 must be in the inbox once and have
one answer, and the partner must have got each answer, and never two contents under one id. Exit code 1 where not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.events.kills import killed_run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wait", type=float, default=900, help="seconds to wait for the last answers")
    parser.add_argument("--database-url", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cbamgw-events-") as name:
        folder = Path(name)
        url = asked.database_url or f"sqlite:///{folder / 'gateway.db'}"
        run = killed_run(
            folder, url, asked.events, asked.kills, fails_every=10, seed=asked.seed, wait=asked.wait
        )
    print(f"events accepted     {len(run.accepted)} ({run.posts} posts)")
    print(f"kills               {run.kills}")
    print(f"posts to partner    {run.to_partner}")
    print(
        f"accepted, answered and delivered in {run.seconds:.0f} s ({len(run.accepted) / run.seconds:.0f}/s)"
    )
    print(f"lost or told twice  {len(run.faults)}")
    for fault in run.faults[:20]:
        print(f"  {fault}")
    return 1 if run.faults else 0


if __name__ == "__main__":
    sys.exit(main())
