"""``$filter`` of PACT version 2: the part of OData 4 that its specification names, read by a parser.

::

    filter     := term ("and" term)*
    term       := "(" filter ")" | field operator literal | list "/any(" name ":" any ")"
    any        := "(" any ")" | name "eq" string
    operator   := "eq" | "lt" | "le" | "gt" | "ge"
    literal    := string | timestamp

Fields are those of a list; what is read becomes conditions with values, and nothing of the text goes any further.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, cast, get_args

from gateway.pact.filters import moment_named
from gateway.service.problem import HttpProblem, bad_request
from gateway.store.pages import Comparison, Instant, Term, When

MAX_LENGTH = 4000
MAX_DEPTH = 16
MAX_TERMS = 50

WORDS: Mapping[str, str] = {"productCategoryCpc": "cpc", "pcf/geographyCountry": "country"}
LISTS: Mapping[str, str] = {"productIds": "product", "companyIds": "company"}
INSTANTS: Mapping[str, Instant] = {
    "created": "created",
    "updated": "updated",
    "pcf/referencePeriodStart": "period_start",
    "pcf/referencePeriodEnd": "period_end",
}
OPERATORS = frozenset(get_args(Comparison))
_KNOWN_ELSEWHERE = frozenset(
    {"or", "not", "ne", "in", "has", "add", "sub", "mul", "div", "mod", "null", "true", "false"}
)

_TOKEN = re.compile(
    r"""\s*+(?:(?P<string>'(?:[^']|'')*+')
    |(?P<time>[0-9]{4}-[0-9]{2}-[0-9T:.+Zz-]*+)
    |(?P<word>[A-Za-z_][A-Za-z0-9_/]*+)
    |(?P<mark>[():]))""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


_END = _Token("end", "the end")


def conditions(text: str) -> tuple[Term | When, ...]:
    """The conditions that a filter states.

    Raises HttpProblem, 400: BadRequest for what is no filter, NotImplemented for OData beyond the list above.
    """
    if len(text) > MAX_LENGTH:
        raise bad_request(f"$filter is longer than {MAX_LENGTH} characters.")
    parser = _Parser(_tokens(text))
    found = parser.filter(0)
    parser.expect(_END.text)
    return tuple(found)


def _tokens(text: str) -> list[_Token]:
    tokens, place = [], 0
    end = len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise bad_request(f"$filter cannot be read at character {place + 1}.")
        kind = cast(str, found.lastgroup)
        tokens.append(_Token(kind, found[kind]))
        place = found.end()
    return [*tokens, _END]


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._terms = 0

    def filter(self, depth: int) -> list[Term | When]:
        found = self._term(depth)
        while self._next.text == "and":
            self._take()
            found += self._term(depth)
        return found

    def expect(self, text: str) -> None:
        if self._next.text != text or self._next.kind == "string":
            self._unexpected()
        self._take()

    def _term(self, depth: int) -> list[Term | When]:
        self._terms += 1
        if depth > MAX_DEPTH or self._terms > MAX_TERMS:
            raise bad_request("$filter is too deep or has too many terms.")
        if self._next.text == "(":
            self._take()
            found = self.filter(depth + 1)
            self.expect(")")
            return found
        if self._next.kind != "word":
            self._unexpected()
        field = self._take().text
        listed, mark, any_ = field.rpartition("/")
        if mark and any_ == "any" and listed in LISTS:
            return [Term(LISTS[listed], (self._any(),))]
        return [self._comparison(field)]

    def _comparison(self, field: str) -> Term | When:
        if field not in WORDS and field not in INSTANTS:
            raise _not_implemented(f"There is no filter on {field[:60]!r}.")
        operator = self._take().text
        if operator not in OPERATORS:
            self._place -= 1
            self._unexpected()
        if field in WORDS:
            if operator != "eq":
                raise _not_implemented(f"{field} can be compared with eq only.")
            return Term(WORDS[field], (self._string().lower(),))
        return When(INSTANTS[field], cast(Comparison, operator), self._moment(field))

    def _any(self) -> str:
        self.expect("(")
        name = self._take()
        if name.kind != "word":
            self._place -= 1
            self._unexpected()
        self.expect(":")
        value = self._any_body(name.text, 0)
        self.expect(")")
        return value.lower()

    def _any_body(self, name: str, depth: int) -> str:
        if self._next.text == "(" and depth < MAX_DEPTH:
            self._take()
            value = self._any_body(name, depth + 1)
            self.expect(")")
            return value
        self.expect(name)
        self.expect("eq")
        return self._string()

    def _string(self) -> str:
        if self._next.kind != "string":
            self._unexpected()
        value = self._take().text[1:-1].replace("''", "'")
        if "\0" in value:
            raise bad_request("$filter holds a character that no value can have.")
        return value

    def _moment(self, field: str) -> int:
        text = self._string() if self._next.kind == "string" else self._take().text
        moment = moment_named(text)
        if moment is None:
            raise bad_request(f"{field} is compared with a timestamp such as 2025-04-01T00:00:00Z.")
        return moment

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        if token is not _END:
            self._place += 1
        return token

    def _unexpected(self) -> NoReturn:
        text = self._next.text
        if self._next.kind == "word" and text in _KNOWN_ELSEWHERE:
            raise _not_implemented(f"$filter knows eq, lt, le, gt, ge, and, any; not {text}.")
        raise bad_request(f"$filter does not go on with {text[:60]!r}.")


def _not_implemented(message: str) -> HttpProblem:
    return HttpProblem(400, message, "NotImplemented")


def only_filter(pairs: list[tuple[str, str]]) -> tuple[Term | When, ...]:
    """The conditions of a query string; what looks like OData and is not read is refused, not left out."""
    for name, _ in pairs:
        if name.startswith("$") and name != "$filter":
            raise _not_implemented(f"Of the OData parameters, only $filter is read; not {name[:40]}.")
        if name.lower() == "filter":
            raise bad_request("Is $filter meant?")
    texts = [value for name, value in pairs if name == "$filter" and value.strip()]
    if len(texts) > 1:
        raise bad_request("$filter stands more than once.")
    return conditions(texts[0]) if texts else ()
