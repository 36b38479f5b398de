"""The review round trip on the sample fleet: questions out, answers in, the next run takes them."""

import csv
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.command import AS_OF, Done, scr_here

Row = dict[str, str]
BLOCKED = ("AU-000008", "AU-000010", "AU-000012")
"""Practices of the sample that wait for answers alone."""


@dataclass(frozen=True)
class Desk:
    """A landing zone and a store of one's own."""

    landing: Path
    store: Path
    sheet: Path

    def review(self, *words: str | Path) -> Done:
        return scr_here("review", *words, "--store", self.store)

    def take(self, *words: str | Path, path: Path | None = None) -> Done:
        return self.review("--import", path or self.sheet, "--landing", self.landing, *words)

    def run(self, *practices: str) -> None:
        scope = [word for practice in practices for word in ("--practice", practice)]
        done = scr_here("run", "--landing", self.landing, "--store", self.store, "--as-of", AS_OF, *scope)
        assert done.returncode in (0, 1), done.stderr

    def export(self, *practices: str) -> list[Row]:
        self.sheet.unlink(missing_ok=True)
        done = self.review("--export", self.sheet, *practices)
        assert done.returncode == 0, done.stderr
        with self.sheet.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def fill(self, rows: list[Row], **changes: str) -> None:
        """Write `rows` as a spreadsheet would, each with `changes`."""
        with self.sheet.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows({**row, **changes} for row in rows)

    def decided(self) -> list[Path]:
        return sorted(self.landing.rglob("*review-*"))

    def outcomes(self) -> dict[str, tuple[str, str]]:
        told = json.loads(scr_here("status", "--store", self.store, "--format", "json").stdout)
        return {row["practice_id"]: (row["step"], row["outcome"]) for row in told}


@pytest.fixture
def desk(sample_landing: Path, sample_store: Path, tmp_path: Path) -> Desk:
    shutil.copytree(sample_landing, tmp_path / "landing")
    shutil.copytree(sample_store, tmp_path / "store")
    return Desk(tmp_path / "landing", tmp_path / "store", tmp_path / "questions.csv")


def likely(row: Row) -> str:
    """What a person who knows the clients would say."""
    if row["kind"] == "match":
        return "match" if row["name_2"] == "Emily Thompson" else "no_match"
    if row["kind"] == "selection":
        return "keep_xpm" if "keep_xpm" in row["permitted_answers"] else "keep_hq"
    return {"tax_link": "no_match", "shared_tax_number": "match"}[row["kind"]]


def test_answering_what_blocks_completes_the_practice(desk: Desk) -> None:
    assert {desk.outcomes()[practice][0] for practice in BLOCKED} == {"in_progress"}
    while blocking := [row for row in desk.export(*BLOCKED) if row["blocks_publication"] == "yes"]:
        before = desk.decided()
        desk.fill([{**row, "answer": likely(row)} for row in blocking])
        done = desk.take("--by", "u1")
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{len(blocking)} answers taken, 0 known already, 0 refused" in done.stdout
        written = desk.decided()
        assert len(written) > len(before)
        again = desk.take("--by", "u1")
        assert f"0 answers taken, {len(blocking)} known already, 0 refused" in again.stdout
        assert desk.decided() == written
        desk.run(*BLOCKED)
    assert {desk.outcomes()[practice] for practice in BLOCKED} == {("complete", "published")}
    assert not list(desk.landing.rglob(".*")), "nothing half written stays"


def test_an_organisation_goes_to_the_client_that_is_named(desk: Desk) -> None:
    [row] = [row for row in desk.export("AU-000012") if row["kind"] == "organisation"]
    desk.fill([row], answer="hq:0800043")
    assert desk.take("--by", "u1").returncode == 0
    [path] = desk.decided()
    [decision] = csv.DictReader(path.read_text().splitlines())
    assert path.parent.name == "organisation_links"
    assert (decision["product"], decision["source_id"]) == ("hq", "0800043")
    desk.run("AU-000012")
    assert not [row for row in desk.export("AU-000012") if row["kind"] == "organisation"]


def test_an_answer_to_records_that_have_changed_is_refused(desk: Desk) -> None:
    rows = desk.export("AU-000008")
    [petrov] = [row for row in rows if row["kind"] == "tax_link"]
    [clients] = desk.landing.rglob("tax/clients/part-000.*")
    text, times = clients.read_text(), clients.stat()
    clients.write_text(text.replace("1975-04-14", "1973-11-20"))
    assert text != clients.read_text()
    os.utime(clients, ns=(times.st_atime_ns, times.st_mtime_ns))  # as a copy or a restore may leave it
    desk.fill([{**row, "answer": "no_match" if row is petrov else "unsure"} for row in rows])
    done = desk.take("--by", "u1")
    assert done.returncode == 1
    assert f"column version, value '{petrov['version']}': refused: stale: tax client" in done.stderr
    assert "has changed since (date_of_birth). Run scr run, export again" in done.stderr
    assert f"{len(rows) - 1} answers taken, 0 known already, 1 refused" in done.stdout, "the others stand"
    desk.run("AU-000008")
    desk.fill([petrov], answer="no_match")
    assert "refused: stale: the question has changed since the export" in desk.take("--by", "u1").stderr
    [again] = [row for row in desk.export("AU-000008") if row["kind"] == "tax_link"]
    desk.fill([again], answer="no_match")
    assert desk.take("--by", "u1").returncode == 0


def test_an_answer_to_a_record_that_is_gone_is_refused(desk: Desk) -> None:
    [petrov] = [row for row in desk.export("AU-000008") if row["kind"] == "tax_link"]
    [clients] = desk.landing.rglob("tax/clients/part-000.*")
    lines = clients.read_text().splitlines(keepends=True)
    clients.write_text("".join(line for line in lines if "1975-04-14" not in line))
    desk.fill([petrov], answer="no_match")
    assert "refused: stale: the lists hold no readable tax client" in desk.take("--by", "u1").stderr
    assert desk.decided() == []


def test_lists_that_were_merely_delivered_anew_take_nothing_from_an_answer(desk: Desk) -> None:
    desk.fill(desk.export("AU-000012")[:1], answer="match")
    newest = desk.landing / "snapshot_date=2024-01-16"
    shutil.copytree(desk.landing / "snapshot_date=2024-01-15", newest)
    for file in newest.rglob("*.*"):
        file.touch()
    assert desk.take("--by", "u1").returncode == 0
    assert [newest in path.parents for path in desk.decided()] == [True]


def test_no_answer_is_stale_while_nothing_changes(desk: Desk) -> None:
    rows = desk.export()
    desk.fill([{**row, "answer": row["permitted_answers"].split(" | ")[0]} for row in rows])
    done = desk.take("--by", "u1")
    here = [row for row in rows if not row["permitted_answers"].startswith("(")]
    assert "refused: stale" not in done.stderr
    assert f"{len(here)} answers taken, 0 known already, {len(rows) - len(here)} refused" in done.stdout


def test_a_sheet_without_an_answer_does_nothing(desk: Desk) -> None:
    desk.fill(desk.export("AU-000012"))
    done = desk.take("--by", "u1")
    assert (done.returncode, desk.decided()) == (0, [])
    assert "0 answers taken, 0 known already, 0 refused" in done.stdout


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"answer": "yes"}, "column answer, value 'yes': refused: no answer to this question: use match."),
        ({"answer": "TFN 865414088"}, "value 'TFN ******088': refused"),
        ({"item_id": "q_1"}, "column item_id, value 'q_1': refused: no open question has this id"),
        (
            {"practice_id": "AU-000001"},
            "column practice_id, value 'AU-000001': refused: the question is one of",
        ),
        ({"version": "v_0"}, "column version, value 'v_0': refused: stale"),
    ],
)
def test_a_wrong_line_is_named_and_the_good_ones_are_taken(changes: Row, message: str, desk: Desk) -> None:
    shared, organisation = desk.export("AU-000012")
    desk.fill([{**shared, "answer": "match", **changes}, {**organisation, "answer": "none"}])
    done = desk.take("--by", "u1")
    assert done.returncode == 1
    assert f"{desk.sheet}, line 2, " in done.stderr
    assert message in done.stderr
    assert "1 answers taken, 0 known already, 1 refused" in done.stdout
    assert [path.parent.name for path in desk.decided()] == ["organisation_links"]


def test_answers_that_contradict_each_other_are_refused_both(desk: Desk) -> None:
    [row] = [row for row in desk.export("AU-000003") if row["kind"] == "duplicate"]
    desk.fill([{**row, "answer": "match"}, {**row, "answer": "no_match"}, {**row, "answer": ""}])
    done = desk.take("--by", "u1")
    assert done.stderr.count("lines 2, 3 answer on the same records, and not alike") == 2
    assert desk.decided() == []


def test_what_is_answered_in_the_product_is_said_and_refused(desk: Desk) -> None:
    row = next(row for row in desk.export("AU-000001") if "may be one person" in row["question"])
    assert row["permitted_answers"] == "(answered in the product itself)"
    desk.fill([row], answer="match")
    done = desk.take("--by", "u1")
    assert "a contact is not answered here. If they are one person, give both the same name" in done.stderr


def test_who_answers_is_named_and_has_the_role(desk: Desk) -> None:
    rows = desk.export("AU-000012")[:1]
    desk.fill(rows, answer="match")
    assert "nobody is named: fill the column, or give --by USER_ID" in desk.take().stderr
    assert desk.decided() == []
    done = desk.take("--by", "u9")
    assert done.returncode == 1
    assert "line 2: will not count: u9 has the Xero HQ role standard" in done.stderr
    assert len(desk.decided()) == 1
    assert "1 known already" in desk.take("--by", "u9").stdout
    assert len(desk.decided()) == 1
    desk.fill(rows, answer="match", decided_by="u2")
    assert desk.take("--by", "u9").returncode == 0, "the line's own author wins"
    assert "match,u2," in desk.decided()[-1].read_text()


def test_an_older_answer_does_not_pass_for_the_newest(desk: Desk) -> None:
    [row] = [row for row in desk.export("AU-000003") if row["kind"] == "duplicate"]
    desk.fill([row], answer="match")
    assert desk.take("--by", "u1", "--as-of", "2024-01-15T10:00").returncode == 0
    desk.fill([row], answer="no_match")
    done = desk.take("--by", "u1", "--as-of", "2024-01-15T09:59:59+00:00")
    assert "a decision of 2024-01-15 10:00:00 on these records is newer and wins" in done.stderr
    assert len(desk.decided()) == 1
    assert desk.take("--by", "u1", "--as-of", "2024-01-15T10:00:01").returncode == 0


def semicolons(text: str) -> bytes:
    rows = csv.reader(text.splitlines(keepends=True))
    lines = (";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "\ufeff".encode() + "\r\n".join(lines).encode()


def test_what_a_spreadsheet_makes_of_the_file_is_read(desk: Desk) -> None:
    desk.fill(desk.export("AU-000012")[:1], answer=" Match ")
    desk.sheet.write_bytes(semicolons(desk.sheet.read_text()))
    assert desk.take("--by", "u1").stdout.splitlines()[-2].startswith("1 answers taken")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.unlink(), "cannot be read (No such file or directory)"),
        (lambda path: path.write_bytes(b"answer,\xe9"), "not UTF-8 at byte 7. Save it as CSV UTF-8"),
        (
            lambda path: path.write_text("answer,item_id\n"),
            "each of these columns once: practice_id, version",
        ),
        (lambda path: path.write_text(""), "each of these columns once: answer"),
        (
            lambda path: path.write_text('answer,item_id,practice_id,version\nmatch,"q'),
            "line 2: unexpected end of data",
        ),
    ],
)
def test_a_file_that_cannot_be_used_ends_in_2(
    spoil: Callable[[Path], object], message: str, desk: Desk
) -> None:
    desk.export("AU-000012")
    spoil(desk.sheet)
    done = desk.take("--by", "u1")
    assert (done.returncode, desk.decided()) == (2, [])
    assert message in done.stderr


def test_an_export_overwrites_nothing_and_is_for_its_owner_alone(desk: Desk) -> None:
    desk.export("AU-000012")
    assert desk.sheet.stat().st_mode & 0o077 == 0
    before = desk.sheet.read_bytes()
    done = desk.review("--export", desk.sheet)
    assert (done.returncode, desk.sheet.read_bytes()) == (2, before)
    assert "is there already: import its answers, or name another file" in done.stderr
    assert desk.review("--export", desk.sheet, "--import", desk.sheet).returncode == 2


def test_a_landing_zone_that_cannot_be_written_is_told(desk: Desk) -> None:
    desk.fill(desk.export("AU-000012")[:1], answer="match")
    folder = desk.landing / "snapshot_date=2024-01-15" / "decisions" / "matches"
    shutil.rmtree(folder)
    folder.write_text("in the way")
    done = desk.take("--by", "u1")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_the_terminal_shows_those_that_block_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = desk.review().stdout.splitlines()[2:]
    blocking = [line.split()[4] for line in lines[: lines.index("")]]
    assert blocking == sorted(blocking, reverse=True)
    assert "12 questions; 7 block publication (about 10 minutes)" in "\n".join(lines)
    assert "No open questions" in desk.review("AU-000006").stdout
    assert json.loads(desk.review("AU-000012", "--format", "json").stdout)[0]["answers"] == ["match"]
    assert "did you mean AU-0000" in desk.review("AU-00001").stderr
