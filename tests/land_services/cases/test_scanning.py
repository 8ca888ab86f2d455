"""Whatever comes in is looked through before anything reads it, where a scanner is set up."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from land_services.cases import acts
from land_services.cases.acts import fieldwork, survey
from land_services.cases.errors import ActionRefused
from land_services.cases.models import Attempt, FieldFile
from tests.land_services.api.asking import Asker
from tests.land_services.cases.test_field import complaint, registered, sent, table
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
BAD = b"999\nEICAR-STANDARD-ANTIVIRUS-TEST-FILE\n"


class Scanner:
    """A daemon as ClamAV's is at its socket, that knows one word."""

    def __init__(self, address: Path) -> None:
        self.seen: list[bytes] = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(str(address))
        self.socket.listen()
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line = self.socket.accept()[0]
            except OSError:
                return
            with line, line.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                pieces = []
                while length := struct.unpack("!L", stream.read(4))[0]:
                    pieces.append(stream.read(length))
                self.seen.append(b"".join(pieces))
                line.sendall(b"stream: Eicar FOUND\0" if b"EICAR" in self.seen[-1] else b"stream: OK\0")


@pytest.fixture
def scanner(settings: Any, tmp_path: Path) -> Iterator[Scanner]:
    settings.CLAMD = str(tmp_path / "clamd")
    daemon = Scanner(tmp_path / "clamd")
    yield daemon
    daemon.socket.close()


@pytest.fixture
def bad(sample_land: Sample, tmp_path: Path) -> Path:
    path = tmp_path / "bad.dxf"
    path.write_bytes(BAD + sample_land.proper.read_bytes())
    return path


def test_a_survey_file_is_scanned_and_what_was_said_is_kept(sample_land: Sample, scanner: Scanner) -> None:
    case = sample_land.open()
    scanner.seen.clear()
    attempt, _ = acts.hand_in(case, sample_land.proper, viewer=sample_land.viewer("surveyor"), crs=CRS)
    assert attempt.fit and scanner.seen == [sample_land.proper.read_bytes()]
    assert case.steps.get(act="hand_in").details["scan"] == "clean"


def test_a_survey_file_that_is_refused_is_neither_read_nor_kept(
    sample_land: Sample, scanner: Scanner, bad: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = sample_land.open()
    monkeypatch.setattr(survey, "check_for", lambda *_: pytest.fail("it was read"))
    with pytest.raises(ActionRefused) as refused:
        acts.hand_in(case, bad, viewer=sample_land.viewer("surveyor"), crs=CRS)
    assert refused.value.message_en == "The scanner refused this file."
    assert not Attempt.objects.filter(case=case).exists()


def test_the_api_scans_before_it_checks_or_takes(
    sample_land: Sample, scanner: Scanner, bad: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = sample_land.open()
    monkeypatch.setattr("land_services.api.files.check_for", lambda *_: pytest.fail("it was read"))
    asker = Asker(sample_land, "surveyor")
    for address in ("check", "attempts"):
        answer = asker.send(f"cases/{case.reference}/{address}", bad, crs=CRS)
        assert (answer.status_code, answer.json()["detail"]) == (409, "The scanner refused this file.")
    assert not Attempt.objects.filter(case=case).exists()


def test_nothing_comes_in_while_the_scanner_does_not_answer(sample_land: Sample, settings: Any, tmp_path: Path) -> None:
    case = sample_land.open()
    settings.CLAMD = str(tmp_path / "nobody")
    with pytest.raises(ActionRefused) as refused:
        acts.hand_in(case, sample_land.proper, viewer=sample_land.viewer("surveyor"), crs=CRS)
    assert refused.value.message_en == "The file could not be scanned now; try again in a while."
    assert not Attempt.objects.filter(case=case).exists()


def test_corners_from_the_site_are_scanned_before_they_are_read(
    sample_land: Sample, scanner: Scanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = complaint(sample_land)
    monkeypatch.setattr(fieldwork, "read_points", lambda *_: pytest.fail("it was read"))
    points = sent(tmp_path, table(registered(visit.case)) + b"\nEICAR,1,1,1,x", "points", crs=CRS)
    with pytest.raises(ActionRefused, match="scanner refused"):
        acts.take_from_field(visit.case, visit.pk, points, viewer=sample_land.viewer("reviewer"))
    assert not FieldFile.objects.filter(visit=visit).exists()
