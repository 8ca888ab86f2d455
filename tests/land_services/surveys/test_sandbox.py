"""The confined child: what it cannot do, how it is stopped, and that it leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from land_services.surveys import standby
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
        code = PROBE.format(root=str(standby.ROOT), port=server.getsockname()[1], folder=str(tmp_path))
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
    with reading_process(long_file(tmp_path)) as reader:
        child = first_child(first_child(reader.pid))
        status = Path(f"/proc/{child}/status")
        assert holds(lambda: "Seccomp:\t2" in status.read_text() and "NoNewPrivs:\t1" in status.read_text())
        limits = Path(f"/proc/{child}/limits").read_text()
        assert re.search(r"Max address space +2147483648 ", limits) and re.search(r"Max file size +0 ", limits)


def test_nothing_reads_on_when_the_process_that_asked_is_killed(tmp_path: Path) -> None:
    with reading_process(long_file(tmp_path)) as reader:
        waits = first_child(reader.pid)
        child = first_child(waits)
        reader.kill()
        reader.wait()
        assert holds(lambda: not is_alive(child) and not is_alive(waits))


def test_a_process_that_waits_for_files_knows_nothing_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GISPORTAL_SECRET_OF_A_TEST", "x")
    with new_standby() as pid:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        held = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    assert b"SECRET" not in environment and b"DATABASE" not in environment
    assert all(one == "/dev/null" or one.startswith(("socket:", "anon_inode:[eventpoll]")) for one in held), held


def test_a_reader_holds_its_file_and_its_answer_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of the surveyor")
    code = f"""
import os, socket, sys
sys.path.insert(0, {str(standby.ROOT)!r})
from land_services.surveys import child
others = [os.open("/proc/version", os.O_RDONLY) for _ in range(5)], socket.socketpair()
file, answer = os.open({str(tmp_path / "file")!r}, os.O_RDONLY), os.dup(1)
child._become_reader(file, answer)
told = sorted((int(n), os.readlink(f"/proc/self/fd/{{n}}").split(":")[0]) for n in os.listdir("/proc/self/fd")
              if os.path.lexists(f"/proc/self/fd/{{n}}"))
print(told, os.read(0, 99))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    told = [(0, str(tmp_path / "file")), (1, "pipe"), (2, os.devnull)]
    assert done.stdout.strip() == f"{told} {b'of the surveyor'}", done.stderr


def test_a_file_is_read_after_the_waiting_process_was_killed_or_went_idle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(geojson(square("1")))
    with new_standby() as pid:
        assert len(read_survey(path).parts) == 1
        os.kill(pid, signal.SIGKILL)
        assert len(read_survey(path).parts) == 1
    monkeypatch.setattr(standby, "IDLE_S", 1.0)
    with new_standby() as pid:
        assert holds(lambda: not is_alive(pid))
        assert len(read_survey(path).parts) == 1


def test_a_reading_whose_waiting_process_is_killed_is_told_as_failed(tmp_path: Path) -> None:
    path = long_file(tmp_path)
    with new_standby() as pid, ThreadPoolExecutor(1) as pool:
        told = pool.submit(refusal, path, Limits(parts=10**6))
        child = first_child(pid)
        assert holds(lambda: "Seccomp:\t2" in Path(f"/proc/{child}/status").read_text())
        os.kill(pid, signal.SIGKILL)
        assert told.result(30) == ("SRV-04", "crashed")
        assert holds(lambda: not is_alive(child))


def test_a_reader_that_is_killed_harms_no_other(tmp_path: Path) -> None:
    path, small = long_file(tmp_path), tmp_path / "a.geojson"
    small.write_bytes(geojson(square("1")))
    with new_standby() as pid, ThreadPoolExecutor(1) as pool:
        told = pool.submit(refusal, path, Limits(parts=10**6))
        os.kill(first_child(pid), signal.SIGSEGV)
        assert told.result(30) == ("SRV-04", "crashed")
        assert len(read_survey(small).parts) == 1
        assert is_alive(pid)


def test_a_reading_out_of_time_leaves_no_child(tmp_path: Path) -> None:
    path = long_file(tmp_path)
    with new_standby() as pid:
        for _ in range(3):
            assert refusal(path, Limits(parts=10**6, wall_s=0.2)) == ("SRV-04", "time")
        assert holds(lambda: children(pid) == [])


def test_each_of_many_at_once_gets_the_answer_to_its_own_file(tmp_path: Path) -> None:
    def numbers(n: int) -> list[str]:
        path = tmp_path / f"{n}.geojson"
        path.write_bytes(geojson(*(square(f"{n}-{k}", k * 0.001) for k in range(1 + n % 7))))
        return [part.number for part in read_survey(path).parts]

    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(numbers, range(60)))
    assert read == [[f"{n}-{k}" for k in range(1 + n % 7)] for n in range(60)]


def test_a_forked_process_has_a_waiting_process_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(geojson(square("1")))
    code = f"""
import os, sys
from land_services.surveys.reader import read_survey
from land_services.surveys.standby import _STANDBY
read_survey({str(path)!r})
first = _STANDBY._process.pid
child = os.fork()
if child == 0:
    parts = len(read_survey({str(path)!r}).parts)
    os._exit(7 if parts == 1 and _STANDBY._process.pid != first else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(read_survey({str(path)!r}).parts),
      _STANDBY._process.pid == first)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=standby.ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "7 1 True", done.stderr


def long_file(folder: Path) -> Path:
    """A file that takes seconds to read."""
    path = folder / "long.geojson"
    path.write_bytes(geojson(*(square(str(i), i * 0.001) for i in range(30_000))))
    return path


@contextmanager
def reading_process(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    code = f"from land_services.surveys.reader import *; read_survey({str(path)!r}, limits=Limits(parts=10**6))"
    reader = subprocess.Popen([sys.executable, "-c", code], cwd=standby.ROOT, stderr=subprocess.DEVNULL)
    try:
        yield reader
    finally:
        reader.kill()
        reader.wait()


@contextmanager
def new_standby() -> Iterator[int]:
    """Start the waiting process of this process anew and give its number."""
    standby._STANDBY._end()
    standby._STANDBY._line = standby._STANDBY._start()
    assert standby._STANDBY._process is not None
    yield standby._STANDBY._process.pid
    standby._STANDBY._end()


def children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(one) for task in tasks for one in (task / "children").read_text().split()]
    except OSError:
        return []


def first_child(pid: int) -> int:
    """The first child of a process, as soon as it has one."""
    found: list[int] = []
    assert holds(lambda: bool(found.extend(children(pid)) or found))
    return found[0]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def holds(what: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Return True as soon as it holds."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.005)
    return False
