"""Run the plan against any host: ``python tests/plan/run.py --url https://HOST --client-id ID --secret-file FILE``.

A secret is the first line of a file or stands in a variable (PLAN_SECRET, PLAN_SOURCE_SECRET), never on the command
line, which every process of the machine can read.

Without ``--source`` the cases whose answers come to the caller's own node are not shown: the host must know this node
as a partner, with the id and secret given here, and be able to reach it.

Exit codes: 0 no case failed, 1 some failed, 2 wrong usage, 3 the plan could not be run: a file cannot be read, the
host cannot be reached.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import ssl
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plan.cases import Result, results
from plan.host import Host, client_for
from plan.official import VERSIONS, present
from plan.partner import Partner
from plan.report import FORMS, summary
from plan.serving import served


def main(arguments: Sequence[str] | None = None) -> int:
    """Whether a case failed decides the exit code; what could not be shown is told, and counts as no failure."""
    given = _parsed(arguments)
    if not present():
        return _cannot("the official OpenAPI files are not at hand; CBAMGW_SHARED names their folder")
    begun = datetime.now(UTC)
    done = []
    try:
        with contextlib.ExitStack() as stack:
            for result in _run(given, stack):
                print(line(result), flush=True)
                done.append(result)
    except (OSError, UnicodeDecodeError, IndexError) as error:
        return _cannot(f"a file cannot be read: {error}")
    except httpx.TransportError as error:
        return _cannot(f"{given.url} cannot be reached: {error!r}")
    print(summary(done))
    if given.report:
        try:
            given.report.write_text(FORMS[given.report.suffix](given.url, begun, done), "utf-8")
        except OSError as error:
            return _cannot(f"the report cannot be written: {error}")
    return 1 if any(result.outcome == "failed" for result in done) else 0


def _run(given: argparse.Namespace, stack: contextlib.ExitStack) -> Iterator[Result]:
    """Each case on the host. A host that cannot be reached at all is no host that fails: httpx.TransportError."""
    trust: ssl.SSLContext | bool = ssl.create_default_context(cafile=given.ca) if given.ca else True
    http = stack.enter_context(client_for(trust))
    host = Host(
        given.url,
        given.client_id,
        _secret(given.secret_file, "PLAN_SECRET"),
        given.versions[0],
        http,
        auth=given.auth_url,
        plain=given.plain_url,
        hidden_id=given.hidden_id,
        partner=_partner(given, stack),
    )
    http.get(host.path("footprints"))
    yield from results(host, versions=tuple(given.versions), slow=given.slow)


def _cannot(why: str) -> int:
    print(why, file=sys.stderr)
    return 3


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _arguments()
    given = parser.parse_args(arguments)
    if given.report and given.report.suffix not in FORMS:
        parser.error(f"--report must end in one of {', '.join(FORMS)}")
    return given


def line(result: Result) -> str:
    """One row of the table."""
    case = result.case
    row = f"{result.version}  {case.number:<6} {case.level:<9}  {result.outcome:<9}  {case.title}"
    return f"{row}\n        {result.why}" if result.why else row


def _secret(file: Path | None, variable: str) -> str:
    if file is None:
        return os.environ.get(variable, "")
    return file.read_text("utf-8").splitlines()[0].strip()


def _partner(given: argparse.Namespace, stack: contextlib.ExitStack) -> Partner | None:
    if not given.source:
        return None
    partner = Partner(
        client_id=given.source_client_id, secret=_secret(given.source_secret_file, "PLAN_SOURCE_SECRET")
    )
    stack.enter_context(served(partner.app(), given.source_cert, given.source_key, given.source_port))
    partner.base = given.source
    return partner


def _arguments() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--url", required=True, help="base URL of the host")
    made.add_argument("--auth-url", default="", help="base URL of its token endpoint, where it is another")
    made.add_argument(
        "--plain-url", default="", help="where plain HTTP would answer; by default the same port"
    )
    made.add_argument("--client-id", required=True)
    made.add_argument("--secret-file", type=Path, help="its first line; or the variable PLAN_SECRET")
    made.add_argument("--ca", default="", help="file of the certificate to trust")
    made.add_argument("--versions", nargs="+", choices=VERSIONS, default=list(VERSIONS))
    made.add_argument("--hidden-id", default="", help="a footprint that this client must not see")
    made.add_argument("--slow", action="store_true", help="the cases that wait for minutes too")
    made.add_argument("--report", type=Path, help="also a report: FILE.json, or FILE.xml for JUnit")
    made.add_argument("--source", default="", help="base URL of the caller's own node, as the host knows it")
    made.add_argument("--source-port", type=int, default=0, help="the port of 127.0.0.1 where it is served")
    made.add_argument("--source-cert", type=Path, help="its certificate")
    made.add_argument("--source-key", type=Path)
    made.add_argument("--source-client-id", default="plan-caller")
    made.add_argument("--source-secret-file", type=Path, help="or the variable PLAN_SOURCE_SECRET")
    return made


if __name__ == "__main__":
    sys.exit(main())
