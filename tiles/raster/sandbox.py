"""The parent's side of converting a raster: start the confined child, follow its progress, end it in every case."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tiles.raster.errors import RasterRefused

__all__ = ["run_child"]

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]

MEMORY_BYTES: Final = 4 << 30
CPU_S: Final = 120
BYTES_PER_CPU_S: Final = 20_000
"""A slow machine warps a million pixels in a second, and a picture has a tenth of a byte for each at the least: a file
that takes five times as long is made to."""

WRITTEN_PER_BYTE: Final = 100

MAX_LINE_BYTES: Final = 4 << 20
Progress = Callable[[str, int, int], None]


def run_child(
    task: str, source: Path, folder: Path, options: dict[str, Any], *, progress: Progress | None = None
) -> dict[str, Any]:
    """Return the child's answer to a task: ``inspect`` or ``convert``.

    Parameters
    ----------
    source, folder : Path
        The file to read, and the only folder to write to.
    options : dict
        As ``checks.inspect`` and ``convert.convert`` take them. The file's ``bytes`` give the time that it may take.

    Raises
    ------
    RasterRefused
        What the child refused, or that it was stopped at a limit.
    """
    cpu_s = CPU_S + options["bytes"] // BYTES_PER_CPU_S
    settings = {
        "task": task,
        "source": str(source),
        "folder": str(folder),
        "options": options,
        "root": str(ROOT),
        "parent": os.getpid(),
        "memory_bytes": MEMORY_BYTES,
        "cpu_s": cpu_s,
        "file_bytes": (1 << 30) + WRITTEN_PER_BYTE * options["bytes"],
        "readable": [str(source.parent), *_libraries()],
    }
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and file; the settings are data
        [sys.executable, "-I", "-B", str(HERE / "child.py"), json.dumps(settings)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        answer = _follow(process, progress)
        code = process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        code = -signal.SIGKILL
        answer = None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if answer is not None and "done" in answer:
        done: dict[str, Any] = answer["done"]
        return done
    if answer is not None and "refused" in answer:
        raise RasterRefused(**answer["refused"])
    raise _why_it_fell(answer, code, cpu_s)


def _libraries() -> Iterator[str]:
    """What the child has to read to run: the interpreter, its packages, and our own code beside no secrets."""
    yield from {sys.prefix, sys.base_prefix, "/usr", "/lib", "/lib64", "/proc", "/dev/null", "/dev/urandom"}
    yield from (str(ROOT / name) for name in ("tiles", "layers"))


def _follow(process: subprocess.Popen[bytes], progress: Progress | None) -> dict[str, Any] | None:
    """Read the child's lines to the end; return the last that is no progress."""
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    answer = None
    while line := process.stdout.readline(MAX_LINE_BYTES):
        try:
            said = json.loads(line)
        except ValueError:
            return None
        if "progress" in said:
            if progress is not None:
                progress(*said["progress"])
        else:
            answer = said
    return answer


def _why_it_fell(answer: dict[str, Any] | None, code: int, cpu_s: int) -> RasterRefused:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return RasterRefused(
            f"توقفت قراءة الملف: تجاوزت {cpu_s} ثانية من المعالج.",
            f"Reading the file was stopped: it took more than {cpu_s} s of the processor.",
            what="time",
            todo="cut it into sheets, or check that it is not made to do harm",
        )
    if (answer or {}).get("failed") == "memory":
        return RasterRefused(
            f"توقفت قراءة الملف: تحتاج أكثر من {MEMORY_BYTES >> 30} غيغابايت من الذاكرة.",
            f"Reading the file was stopped: it needs more than {MEMORY_BYTES >> 30} GB of memory.",
            what="memory",
            todo="tile it: gdal_translate -co TILED=YES",
        )
    detail = str((answer or {}).get("detail") or f"ended with code {code}")
    return RasterRefused(
        "تعذرت قراءة الملف: محتواه تالف أو مبتور.",
        "The file could not be read: its content is damaged or cut short.",
        what="unreadable",
        todo=f"check it with gdalinfo -checksum, or ask for it again ({detail[:160]})",
    )
