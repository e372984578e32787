"""cbamgw publish of several files and folders: each by itself, warnings once, a sum at the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.data import data_path
from gateway.store.database import open_store
from gateway.store.footprints import own_body
from gateway.trust.keys import new_key, save_key
from tests.command import LOADED, edited, run

ID = LOADED["record"]["id"]
EXAMPLES = [data_path("examples", f"{name}.json") for name in ("aluminium", "cement", "steel")]


def pf_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


@pytest.fixture
def database(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CBAMGW_DATABASE_URL", sqlite_url)
    monkeypatch.delenv("CBAMGW_PUBLIC_BASE_URL", raising=False)
    return sqlite_url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three footprints that are warned of, and things that are none."""
    made = tmp_path / "records"
    (made / "older").mkdir(parents=True)
    for number in range(3):
        (made / f"{number}.json").write_bytes(edited(("/record/id", pf_id(number))))
    (made / "notes.txt").write_text("not a record")
    (made / ".hidden.json").write_text("{}")
    (made / "older" / "9.json").write_text("{}")
    return made


def is_on_offer(database: str, wanted: str) -> bool:
    store = open_store(database)
    with store.read() as connection:
        found = own_body(connection, wanted)
    store.close()
    return found is not None


def test_files_and_folders_are_published_one_by_one_with_a_sum_at_the_end(database, folder):
    done = run("publish", *EXAMPLES, folder)
    lines = done.out.decode().splitlines()
    assert done.code == 0
    assert lines[-1] == "6 published, 0 unchanged, 0 refused"
    assert lines[0].startswith(f"{EXAMPLES[0]}: Published {ID} (PACT 3.0")
    assert [line.partition(":")[0] for line in lines[3:6]] == [str(folder / f"{n}.json") for n in range(3)]
    again = run("publish", folder, *EXAMPLES, lang="zh")
    assert again.out.decode().splitlines()[-1] == "新发布 0 份，内容相同未变 6 份，被拒绝 0 份"


def test_one_that_is_refused_keeps_no_other_back_and_makes_exit_code_1(database, folder):
    (folder / "1.json").write_bytes(b'{"format": "cn.pcf@1"}')
    done = run("publish", folder, folder / "absent.json")
    assert done.code == 1
    assert done.out.decode().splitlines()[-1] == "2 published, 0 unchanged, 2 refused"
    assert f"{folder / '1.json'}: refused" in done.out.decode()
    assert f"{folder / '1.json'} /product/" in done.err  # each finding names its file
    assert "READ-CANNOT-OPEN" in done.err
    assert [is_on_offer(database, pf_id(number)) for number in range(3)] == [True, False, True]


def test_what_is_refused_by_the_store_leaves_the_others_on_offer(database, folder):
    assert run("publish", folder / "1.json").code == 0
    (folder / "1.json").write_bytes(edited(("/record/id", pf_id(1)), ("/product/name/en", "Another")))
    done = run("publish", folder)
    assert (done.code, done.out.decode().splitlines()[-1]) == (1, "2 published, 0 unchanged, 1 refused")
    assert "STORE-IMMUTABLE" in done.err


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "likewise in 4 more file(s), such as"), ("zh", "另有 4 个文件相同，如")]
)
def test_the_same_warning_of_many_files_is_told_once(database, tmp_path, lang, said):
    for number in range(5):
        (tmp_path / f"{number}.json").write_bytes(edited(("/record/id", pf_id(number))))
    done = run("publish", tmp_path, lang=lang)
    assert done.code == 0
    assert done.err.count("[PACT2-LAND-USE-LEFT-OUT]") == 1
    assert said in done.err
    assert str(tmp_path / "1.json") in done.err


def test_what_is_unchanged_repeats_no_warning(database, tmp_path):
    (tmp_path / "0.json").write_bytes(edited(("/record/id", pf_id(0))))
    assert "PACT2-LAND-USE-LEFT-OUT" in run("publish", tmp_path / "0.json").err
    assert run("publish", tmp_path / "0.json").err == ""


def test_a_folder_without_records_is_refused_by_name_and_makes_no_database(database, tmp_path):
    (tmp_path / "empty").mkdir()
    done = run("publish", tmp_path / "empty", "--database-url", f"sqlite:///{tmp_path / 'new.db'}")
    assert done.code == 1
    assert "PUBLISH-NO-RECORD" in done.err
    assert not (tmp_path / "new.db").exists()


def test_the_report_for_programs_has_each_file_with_its_findings(database, folder):
    (folder / "1.json").write_bytes(b"{")
    done = run("publish", folder, "--json")
    said = json.loads(done.out)
    assert (done.code, done.err) == (1, "")
    assert {name: said[name] for name in ("published", "unchanged", "refused")} == {
        "published": 2,
        "unchanged": 0,
        "refused": 1,
    }
    assert [each["outcome"] for each in said["files"]] == ["published", "refused", "published"]
    assert said["files"][0]["id"] == pf_id(0)
    assert said["files"][1]["findings"][0]["rule"].startswith("READ-")


def test_the_footprint_that_a_new_one_replaces_is_named(database, tmp_path):
    run("publish", "-", stdin=edited(("/record/id", pf_id(1))))
    done = run("publish", "-", stdin=edited(("/record/id", pf_id(2)), ("/record/precedingIds", [pf_id(1)])))
    assert f"Now Deprecated: {pf_id(1)}" in done.out.decode()


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", ("now complete: ", "Added: signature")), ("zh", ("本次补全 ", "已补充 签名"))],
)
def test_what_is_on_offer_unsigned_is_signed_by_publishing_it_again(database, tmp_path, lang, said):
    save_key(new_key(), tmp_path / "plant.key", unencrypted=True)
    run("publish", EXAMPLES[1])
    again = run("publish", EXAMPLES[1], "--sign", tmp_path / "plant.key", lang=lang)
    assert (again.code, again.err) == (0, "")
    assert all(words in again.out.decode() for words in said)
    third = run("publish", EXAMPLES[1], "--sign", tmp_path / "plant.key", "--json")
    assert json.loads(third.out)["files"][0]["outcome"] == "unchanged"


def test_that_a_past_version_lost_its_signature_is_told_with_its_id(database, tmp_path):
    save_key(new_key(), tmp_path / "plant.key", unencrypted=True)
    run("publish", "-", "--sign", tmp_path / "plant.key", stdin=edited(("/record/id", pf_id(1))))
    done = run("publish", "-", stdin=edited(("/record/id", pf_id(2)), ("/record/precedingIds", [pf_id(1)])))
    assert f"The footprint {pf_id(1)} is on offer without a signature now" in done.err


@pytest.mark.parametrize("name", ["ammonia", "clinker"])
def test_an_inventory_without_a_footprint_is_refused_and_says_itself_what_it_is(database, name):
    file = data_path("examples", f"{name}.json")
    done = run("publish", file)
    assert done.code == 1
    for field in ("/producer/uscc", "/results/total", "/product/model"):
        assert f"{field}:" in done.err
    assert "An inventory without a footprint" in json.loads(file.read_bytes())["record"]["comment"]


def test_an_older_footprint_that_comes_after_the_one_that_replaces_it_is_deprecated_too(database, tmp_path):
    new, old = (
        edited(("/record/id", pf_id(2)), ("/record/precedingIds", [pf_id(1)])),
        edited(("/record/id", pf_id(1))),
    )
    (tmp_path / "a-new.json").write_bytes(new)
    (tmp_path / "b-old.json").write_bytes(old)
    done = run("publish", tmp_path)
    assert (done.code, done.out.decode().count("Now Deprecated")) == (0, 1)
    store = open_store(database)
    with store.read() as connection:
        statuses = [json.loads(own_body(connection, pf_id(n)).content)["status"] for n in (1, 2)]
    store.close()
    assert statuses == ["Deprecated", "Active"]


def test_publishing_says_by_which_figure_of_the_sender_version_2_cannot_say_it(database):
    """1.2 kg of land management instead of land-use change: in the sender's unit, per tonne, and at his own field."""
    record = edited(("/results/landUseChange", "0"), ("/results/landManagementBiogenic", "1.2"))
    done = run("publish", "-", stdin=record)
    assert done.code == 0, done.text
    assert "SERVE-NO-V2" in done.err
    assert "/results/landManagementBiogenic: pcf/pCfExcludingBiogenic cannot be derived" in done.err
    assert "1.2 (kgCO2e / 1 t)" in done.err


def test_publishing_says_how_version_2_reads_land_use_change(database):
    done = run("publish", "-", stdin=edited())
    assert "(PACT 3.0, 2.3)" in done.out.decode()
    assert "PACT2-LAND-USE-LEFT-OUT" in done.err
    assert "1.2 kgCO2e / 1 t" in done.err
