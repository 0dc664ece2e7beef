"""Writing is all or nothing."""

import stat

import pytest

from subterfuge.reporting import Unwritable, write


def test_writes_makes_folders_and_leaves_nothing_else(tmp_path):
    path = write(tmp_path / "deep" / "er" / "report.html", "é\nline\n")
    assert path.read_bytes() == b"\xc3\xa9\nline\n"
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_replaces_in_one_step(tmp_path):
    path = write(tmp_path / "r", "old")
    with path.open() as reader:
        write(path, "new and longer")
        assert reader.read() == "old"
    assert path.read_text() == "new and longer"


def test_others_may_read_as_with_any_new_file(tmp_path):
    (tmp_path / "plain").write_text("x")
    path = write(tmp_path / "r", "x")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_what_utf_8_cannot_hold_does_not_stop_it(tmp_path):
    assert write(tmp_path / "r", "a\ud800b").read_text() == "a\\ud800b"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unwritable, match=r"^cannot write .*report\.html: [^\n]+$"):
        write(tmp_path / "file" / "report.html", "x")


def test_a_failed_write_keeps_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "r"
    target.mkdir()
    (target / "kept").write_text("kept")
    with pytest.raises(Unwritable):
        write(target, "a file cannot replace a folder that is not empty")
    assert [p.name for p in tmp_path.iterdir()] == ["r"]
    assert (target / "kept").read_text() == "kept"
