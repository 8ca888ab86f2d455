"""The confined child: what it cannot do, how it is stopped, and that it leaves nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from land_services.surveys import sandbox
from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.limits import Limits
from land_services.surveys.reader import read_survey
from land_services.surveys.write_files import write_geojson
from tests.budget import budget
from tests.land_services.surveys.samples import geojson, square, straight_plan

SMALL = Limits(file_bytes=1_000_000, memory_bytes=1 << 30, cpu_s=5, wall_s=8)

PROBE = """
import os, sys, socket, subprocess
sys.path.insert(0, {root!r})
from land_services.surveys import confine
network = confine.leave_network()
confine.limit_resources(1 << 30, 20, 64)
assert confine.filter_system_calls() or network
def refused(what):
    try:
        what()
    except (OSError, ValueError):
        return True
    return False
outcome = [
    refused(lambda: socket.create_connection(("127.0.0.1", {port}), 2)),
    refused(lambda: socket.socket(socket.AF_UNIX).connect("/nowhere")),
    refused(os.fork),
    refused(lambda: subprocess.run(["/bin/true"])),
    refused(lambda: open({folder!r} + "/made", "w")),
    refused(lambda: open({folder!r} + "/there", "a")),
    refused(lambda: os.remove({folder!r} + "/there")),
    refused(lambda: os.kill(os.getppid(), 0)),
    refused(lambda: os.rename({folder!r} + "/there", {folder!r} + "/moved")),
    refused(lambda: os.mkdir({folder!r} + "/dir")),
]
try:
    bytearray(2 << 30)
    outcome.append(False)
except MemoryError:
    outcome.append(True)
print(outcome)
"""


def refusal(path: Path, limits: Limits = SMALL) -> tuple[str, str]:
    with pytest.raises(SurveyUnreadable) as caught:
        read_survey(path, limits=limits)
    return caught.value.findings[0].rule, caught.value.findings[0].variant


def test_the_child_has_no_network_no_processes_no_writing_and_bounded_memory(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        code = PROBE.format(root=str(sandbox.ROOT), port=server.getsockname()[1], folder=str(tmp_path))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str([True] * 11), done.stderr
    assert os.listdir(tmp_path) == ["there"] and (tmp_path / "there").read_text() == "x"


def test_a_small_file_leaves_nothing_behind_and_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    path = tmp_path / "a.geojson"
    write_geojson(path, straight_plan())
    assert len(read_survey(path).parts) == 2
    (tmp_path / "bad.geojson").write_bytes(b"{")
    assert refusal(tmp_path / "bad.geojson") == ("SRV-05", "json")
    assert os.listdir(temporary) == [] and sorted(os.listdir(tmp_path)) == ["a.geojson", "bad.geojson", "tmp"]


def test_a_file_of_500_mb_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "huge.dxf"
    with path.open("wb") as file:
        file.truncate(500 * 2**20)
    started = time.monotonic()
    with pytest.raises(SurveyUnreadable) as caught:
        read_survey(path)
    assert caught.value.findings[0].params == {"limit": 50, "size": 500}
    assert time.monotonic() - started < 5, "no process was started"


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.dxf") == ("SRV-01", "missing")
    assert refusal(tmp_path) == ("SRV-01", "not_a_file")
    os.mkfifo(tmp_path / "pipe.dxf")
    assert refusal(tmp_path / "pipe.dxf") == ("SRV-01", "not_a_file")
    assert refusal(Path("/dev/zero")) == ("SRV-01", "not_a_file")
    (tmp_path / "empty.dxf").touch()
    assert refusal(tmp_path / "empty.dxf") == ("SRV-01", "empty")
    for name in ("/vsicurl/http://192.0.2.1/a.geojson", "/vsizip//etc/a.zip", "a\x00b"):
        assert refusal(Path(name))[0] == "SRV-01"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refusal(tmp_path / "loop")[0] == "SRV-01"


def test_a_link_is_followed_to_its_file_but_shows_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "real.geojson").write_bytes(geojson(square("1")))
    (tmp_path / "link.geojson").symlink_to(tmp_path / "real.geojson")
    assert read_survey(tmp_path / "link.geojson").file_name == "link.geojson"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "a.gpkg",
            "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>"
            "</OGRVRTDataSource>",
        ),
        ("a.geojson", "<OGRVRTDataSource/>"),
    ],
)
def test_a_vrt_under_another_name_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert refusal(tmp_path / name) == ("SRV-02", "vrt")


def test_a_reading_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "slow.geojson"
    path.write_bytes(geojson(*(square(str(i), i * 0.001) for i in range(4000))))
    started = time.monotonic()
    assert refusal(path, Limits(wall_s=0.05)) == ("SRV-04", "time")
    assert time.monotonic() - started < 10
    assert refusal(path, Limits(output_bytes=1000)) == ("SRV-04", "output")


def test_a_reading_that_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "wide.geojson"
    path.write_bytes(b'{"type": "Polygon", "coordinates": [[' + b"[0,0]," * 3_000_000 + b"[0,0]]]}")
    rule, variant = refusal(path, Limits(memory_bytes=300 << 20))
    assert rule == "SRV-04" and variant in ("memory", "crashed")


def test_hundreds_of_thousands_of_entities_are_refused_in_time(tmp_path: Path) -> None:
    path = tmp_path / "many.dxf"
    path.write_text(
        "0\nSECTION\n2\nENTITIES\n"
        + "0\nPOINT\n8\n0\n10\n1.0\n20\n2.0\n" * budget(300_000, 1_000_000)
        + "0\nENDSEC\n0\nEOF\n"
    )
    assert refusal(path, Limits()) == ("SRV-04", "entities")


def test_the_child_that_reads_is_the_confined_one(tmp_path: Path) -> None:
    """While it runs, the kernel's own account of the child says: filtered, no new privileges, bounded memory."""
    path = tmp_path / "long.geojson"
    path.write_bytes(geojson(*(square(str(i), i * 0.001) for i in range(30_000))))
    code = f"from land_services.surveys.reader import *; read_survey({str(path)!r}, limits=Limits(parts=10**6))"
    reader = subprocess.Popen([sys.executable, "-c", code], cwd=sandbox.ROOT, stderr=subprocess.DEVNULL)
    seen = ""
    while reader.poll() is None and "Seccomp:\t2" not in seen:
        try:
            children = Path(f"/proc/{reader.pid}/task/{reader.pid}/children").read_text().split()
            seen = Path(f"/proc/{children[0]}/status").read_text() if children else ""
        except OSError:
            seen = ""
        time.sleep(0.005)
    reader.kill()
    reader.wait()
    assert "Seccomp:\t2" in seen and "NoNewPrivs:\t1" in seen
