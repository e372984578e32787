"""Pages: every footprint that the query is for, once, in an order that publishing in between does not disturb."""

import random

import pytest

from gateway.model.finding import Refused
from gateway.store import pages
from gateway.store.database import open_store
from gateway.store.footprints import Body, body_of, revise
from gateway.store.pages import Position, Query, Term, When, page
from tests.store.offers import DAY, YEAR, client, numbers, offer, pf_id, published

LATER = 10**18


def walk(store, who, query, limit=7, between=lambda: None):
    """All pages of a query, and how many footprints each had."""
    found, sizes, position = [], [], None
    while True:
        with store.read() as connection:
            got = page(connection, who.number, query, limit, position)
        found += numbers(got.contents)
        sizes.append(len(got.contents))
        position = got.after
        if position is None:
            return found, sizes
        between()


def query(*conditions, model="3.0"):
    return Query(conditions, model)


@pytest.fixture
def filled(store):
    published(store, *(offer(number) for number in range(60)))
    return store


@pytest.fixture
def all_seeing(filled):
    return client(filled, "Everything", ("all", ""))


@pytest.fixture
def few_seeing(filled):
    return client(filled, "Few", ("product", "urn:p:1"), ("footprint", pf_id(3)))


def test_without_a_condition_a_client_gets_all_that_it_sees_page_by_page(filled, all_seeing, few_seeing):
    assert walk(filled, all_seeing, query()) == (list(range(60)), [7] * 8 + [4])
    assert walk(filled, few_seeing, query())[0] == sorted([3, *range(1, 60, 3)])


def test_a_last_page_that_is_full_names_no_position(filled, all_seeing):
    assert walk(filled, all_seeing, query(), 30)[1] == [30, 30]


def test_values_of_one_term_are_alternatives_compared_without_case(filled, all_seeing, few_seeing):
    either = query(Term("product", ("URN:P:1", "urn:p:2", "urn:none")))
    assert walk(filled, all_seeing, either)[0] == [n for n in range(60) if n % 3]
    assert walk(filled, few_seeing, either)[0] == list(range(1, 60, 3))


def test_a_value_that_nothing_has_gives_an_empty_page(filled, all_seeing):
    for condition in (Term("geography", ("xx",)), Term("status", ("bogus",)), Term("product", ())):
        assert walk(filled, all_seeing, query(condition)) == ([], [0])


def test_valid_on_holds_from_the_first_to_the_last_moment(filled, all_seeing):
    """Footprint n is valid from n days and a year to n days and two years, both moments included."""
    moment = 30 * DAY + YEAR
    valid_on = query(When("valid_start", "le", moment), When("valid_end", "ge", moment))
    assert sorted(walk(filled, all_seeing, valid_on)[0]) == list(range(31))
    ends = 10 * DAY + 2 * YEAR
    valid_on = query(When("valid_start", "le", ends), When("valid_end", "ge", ends))
    assert sorted(walk(filled, all_seeing, valid_on)[0]) == list(range(10, 60))


@pytest.mark.parametrize(
    ("op", "expected"),
    [("eq", [5]), ("lt", range(5)), ("le", range(6)), ("gt", range(6, 60)), ("ge", range(5, 60))],
)
def test_an_instant_is_compared_exactly(filled, all_seeing, op, expected):
    assert sorted(walk(filled, all_seeing, query(When("created", op, 5 * DAY)))[0]) == list(expected)


def test_two_bounds_of_one_instant_make_a_range(filled, all_seeing):
    between = query(
        When("updated", "ge", 5 * DAY), When("updated", "lt", 8 * DAY), When("updated", "le", LATER)
    )
    assert walk(filled, all_seeing, between)[0] == [5, 6, 7]
    assert (
        walk(filled, all_seeing, query(When("updated", "gt", 8 * DAY), When("updated", "lt", 8 * DAY)))[0]
        == []
    )


def test_any_combination_answers_like_a_plain_comparison_of_every_footprint(filled, all_seeing, few_seeing):
    """Sixty queries drawn at random, each against Python's own reading of the same conditions."""
    draw = random.Random(4)
    sees = {all_seeing: set(range(60)), few_seeing: {3, *range(1, 60, 3)}}
    instants = {"created": 0, "period_end": YEAR, "valid_start": YEAR, "valid_end": 2 * YEAR}
    compare = {"lt": int.__lt__, "le": int.__le__, "gt": int.__gt__, "ge": int.__ge__, "eq": int.__eq__}
    for _ in range(60):
        conditions, expected = [], set(range(60))
        for _ in range(draw.randrange(4)):
            if draw.random() < 0.4:
                values = draw.sample(range(4), draw.randrange(1, 3))
                conditions.append(Term("product", tuple(f"urn:p:{value}" for value in values)))
                expected &= {n for n in range(60) if n % 3 in values}
            else:
                column, op = draw.choice(sorted(instants)), draw.choice(sorted(compare))
                moment = draw.randrange(-5, 65) * DAY + instants[column]
                conditions.append(When(column, op, moment))
                expected &= {n for n in range(60) if compare[op](n * DAY + instants[column], moment)}
        for who, seen in sees.items():
            found, _ = walk(filled, who, query(*conditions), draw.choice([1, 5, 60]) + 4)
            assert len(found) == len(set(found)), conditions
            assert set(found) == expected & seen, conditions


@pytest.mark.parametrize(
    "conditions",
    [
        (),
        (Term("product", ("urn:p:1", "urn:p:2")),),
        (When("valid_end", "ge", 0),),
        (When("created", "le", LATER),),
        (When("created", "le", LATER), Term("geography", ("cn",))),
    ],
)
def test_publishing_between_pages_neither_repeats_nor_hides_a_footprint(filled, all_seeing, conditions):
    new = iter(range(100, 200))
    before, _ = walk(filled, all_seeing, query(*conditions), 60)
    found, _ = walk(
        filled,
        all_seeing,
        query(*conditions),
        20,
        lambda: published(filled, *(offer(next(new)) for _ in range(3))),
    )
    assert len(found) == len(set(found))
    assert set(before) <= set(found)


def test_the_order_of_a_query_stays_when_what_it_is_chosen_by_changes(filled, all_seeing):
    """The first page follows the product; then that product becomes the frequent one."""
    asked = query(Term("product", ("urn:p:1",)), Term("geography", ("cn",)))
    with filled.read() as connection:
        first = page(connection, all_seeing.number, asked, 5)
    published(
        filled, *(offer(number, terms=frozenset({("product", "urn:p:1")})) for number in range(300, 500))
    )
    with filled.read() as connection:
        second = page(connection, all_seeing.number, asked, 50, first.after)
    assert second.after is None
    assert numbers(first.contents + second.contents) == list(range(1, 60, 3))


def test_a_page_does_a_bounded_amount_of_work_and_says_where_to_go_on(filled, all_seeing, monkeypatch):
    """No footprint is a product 1 and published before day 1: the work ends before the walk does, with a position."""
    monkeypatch.setattr(pages, "WORK", 40)
    monkeypatch.setattr(pages, "PROBE", 10)
    rare = query(Term("geography", ("cn",)), Term("company", ("urn:c:1",)), Term("footprint", (pf_id(59),)))
    assert walk(filled, all_seeing, rare) == ([59], [1])  # the rare term leads
    never = query(Term("geography", ("cn",)), When("valid_end", "ge", 0), When("created", "eq", -DAY))
    assert walk(filled, all_seeing, never)[0] == []
    apart = query(Term("product", ("urn:p:1",)), Term("product", ("urn:p:2",)), Term("geography", ("cn",)))
    found, sizes = walk(filled, all_seeing, apart)
    assert found == []
    assert len(sizes) > 1


def test_a_query_for_a_model_finds_what_can_be_said_in_it(filled, all_seeing):
    both = {"3.0": Body(b'{"n":"70"}'), "2.3": Body(b'{"m":"70"}')}
    published(filled, offer(70, bodies=both))
    with filled.read() as connection:
        assert page(connection, all_seeing.number, query(model="2.3"), 5).contents == [b'{"m":"70"}']
        narrowed = query(Term("product", ("urn:p:1",)), When("created", "ge", 0), model="2.3")
        assert page(connection, all_seeing.number, narrowed, 5).contents == [b'{"m":"70"}']
        other = query(Term("product", ("urn:p:2",)), model="2.3")
        assert page(connection, all_seeing.number, other, 5).contents == []


def test_a_deprecated_footprint_is_found_by_its_new_status_and_served_in_its_new_bytes(
    filled, all_seeing, few_seeing
):
    with filled.write() as connection:
        revise(connection, pf_id(4), "Deprecated", {"3.0": Body(b'{"n":"4","s":"old"}')}, LATER, "deprecated")
    with filled.read() as connection:
        for who in (all_seeing, few_seeing):
            got = page(connection, who.number, query(Term("status", ("deprecated",))), 5)
            assert got.contents == [b'{"n":"4","s":"old"}']
            assert body_of(connection, who.number, pf_id(4), "3.0").content == b'{"n":"4","s":"old"}'
            active = page(connection, who.number, query(Term("status", ("active",))), 60)
            assert 4 not in numbers(active.contents)


def test_a_position_of_another_query_is_refused(filled, all_seeing):
    with filled.read() as connection, pytest.raises(Refused, match="STORE-POSITION"):
        page(connection, all_seeing.number, query(), 5, Position("valid_end", 3, 4))


def test_a_query_of_very_many_values_is_refused(filled, all_seeing):
    many = Term("product", tuple(f"urn:p:{number}" for number in range(101)))
    with filled.read() as connection, pytest.raises(Refused, match="STORE-VALUES"):
        page(connection, all_seeing.number, query(many), 5)
    with filled.read() as connection:
        assert (
            len(page(connection, all_seeing.number, query(Term("product", many.values[:100])), 99).contents)
            == 60
        )


def test_a_read_that_takes_too_long_is_stopped(store_url, monkeypatch):
    """SQLite counts its steps, PostgreSQL its time; the connection is fit for use afterwards."""
    monkeypatch.setattr("gateway.store.database.READ_SECONDS", 1)
    store = open_store(store_url)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(Refused, match="STORE-TIMEOUT"), store.read() as connection:
        connection.exec_driver_sql(endless)
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    store.close()
