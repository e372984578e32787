"""Backups: how large a row may be, how many are put in at once, and what a killed backup left."""

import gzip

import pytest

from gateway.formats.files import atomic_output
from gateway.model.finding import Refused
from gateway.store import backup
from gateway.store.backup import back_up, read_backup, restore
from gateway.store.database import open_store
from gateway.store.drafts import hold
from gateway.store.footprints import Body, own_body
from tests.store.offers import offer, pf_id, published


def test_a_row_beyond_what_a_restore_reads_is_refused_when_it_is_backed_up_and_when_it_is_read(
    store, tmp_path, monkeypatch
):
    published(store, offer(1, bodies={"3.0": Body(b'{"n":"%s"}' % (b"1" * 9000))}))
    back_up(store, tmp_path / "b")
    monkeypatch.setattr(backup, "MAX_LINE", 9000)
    with pytest.raises(Refused, match="BACKUP-DAMAGED"):
        read_backup(tmp_path / "b")
    with pytest.raises(Refused, match="WRITE-FAILED"):
        back_up(store, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_large_rows_are_put_in_a_few_at_a_time(sqlite_url, tmp_path, monkeypatch):
    """A thousand rows of ten megabytes would be ten gigabytes of memory."""
    store = open_store(sqlite_url)
    published(store, *(offer(n) for n in range(10)))
    back_up(store, tmp_path / "b")
    monkeypatch.setattr(backup, "BATCH_BYTES", 200)
    with gzip.open(tmp_path / "b") as handle:
        sizes = [len(str(rows)) for _, rows in backup._batches(handle, "b")]
    assert max(sizes) < 900
    restore(store, tmp_path / "b", force=True)
    with store.read() as connection:
        assert own_body(connection, pf_id(9)) is not None
    store.close()


def test_what_a_killed_backup_left_is_deleted_by_the_next_one_but_not_what_another_is_writing(
    sqlite_url, tmp_path
):
    store = open_store(sqlite_url)
    folder = tmp_path / "backups"
    folder.mkdir()
    left, others = folder / ".b.abcd_123", [folder / n for n in (".b.old", ".b.backup0", "b.abcd_123")]
    left.write_bytes(b"\x1f\x8bhalf")
    for other in others:
        other.write_bytes(b"something else")
    with atomic_output(folder / "b", mode=0o600) as handle:
        hold(handle)
        handle.write(b"\x1f\x8bhalf")
        handle.flush()
        running = {file for file in folder.iterdir() if file not in (left, *others)}
        assert [file.stat().st_mode & 0o777 for file in running] == [0o600]
        back_up(store, folder / "b", force=True)
        assert {*folder.iterdir()} == {folder / "b", *others, *running}
        (folder / "b").unlink()
    store.close()
