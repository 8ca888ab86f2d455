"""The process that reads one uploaded file: confined, answering in lines of JSON on stdout. Run by ``sandbox.py``.

It is started as ``python -I child.py <settings>``: a fresh interpreter that sees no environment and none of the web
process's memory. Settings are trusted (the parent wrote them); the file is not. An archive is unpacked before the doors
close, by Python alone and into the folder that the parent gave; GDAL, SQLite and Arrow see the content behind them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

ROWS_A_LINE = 500


def main() -> None:
    """Confine, read, answer; every way of failing that Python can see is answered as one line of error."""
    settings = json.loads(sys.argv[1])
    sys.path.insert(0, settings["root"])
    # pyogrio would load them if it could, for functions that are not used here: a second of every reading.
    sys.modules.update(dict.fromkeys(("pandas", "geopandas")))  # type: ignore[arg-type]  # None: cannot be imported
    from layers.files import confine

    confine.die_with_parent(settings["parent"])
    network = confine.leave_network()
    limits = settings["limits"]
    confine.limit_resources(limits["memory_bytes"], limits["cpu_s"], limits["open_files"], limits["unzipped_bytes"])
    try:
        for line in _answer(settings, network):
            _send(line)
    except MemoryError:
        _send(_error("memory", "الملف أكبر من الذاكرة المسموحة.", "The file needs more memory than is allowed."))
    sys.stdout.flush()
    os._exit(0)  # nothing is tidied here: the parent removes the folder


def _send(line: dict[str, Any]) -> None:
    view = memoryview(json.dumps(line, ensure_ascii=True, allow_nan=False).encode() + b"\n")
    while view:
        view = view[os.write(1, view) :]


def _error(what: str, ar: str, en: str, where: str = "", todo: str = "") -> dict[str, Any]:
    return {"error": {"what": what, "ar": ar, "en": en, "where": where, "todo": todo}}


def _answer(settings: dict[str, Any], network: bool) -> Iterator[dict[str, Any]]:
    from layers.files.errors import FileUnreadable
    from layers.srs import CrsRefused

    try:
        path = _open_up(settings, network)
        yield from _look(path, settings) if settings["task"] == "look" else _rows(path, settings)
    except FileUnreadable as e:
        yield _error(e.what, e.message_ar, e.message_en, e.where, e.todo)
    except CrsRefused as e:
        yield _error(e.what, e.message_ar, e.message_en, "", e.todo)
    except Exception as error:  # whatever a hostile file provokes must not end in a traceback for the person
        trail = _trail(error)
        yield {**_error("reader", "تعذّرت قراءة الملف.", "The file could not be read."), "trail": trail}


def _trail(error: BaseException) -> str:
    """Return where the reader failed, without values of the file."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(frames))
    return f"{type(error).__name__} at {places}"


def _open_up(settings: dict[str, Any], network: bool) -> Any:
    """Recognise the file, unpack an archive, import what reads, and close the doors."""
    import tempfile
    from pathlib import Path

    from layers.files import confine
    from layers.files import suggesting as _read_before_the_doors_close  # noqa: F401
    from layers.files.errors import FileUnreadable
    from layers.files.formats import identify, unpack

    tempfile.tempdir = settings["folder"]
    _allow_no_pools()
    inside, folder = unpack(Path(settings["path"]))
    if folder is not None:
        settings["kept"] = folder  # its clean-up at collection would fail behind the doors
    found = identify(inside)
    if found.code in ("gml", "osm"):
        raise FileUnreadable(
            f"ملفات {found.driver} لا تُقرأ هنا.",
            f"{found.driver} is not read here.",
            what="unknown_format",
            todo="save the file as GPKG, or load it with import_layer",
        )
    if not confine.filter_system_calls(threads=True) and not network:
        raise FileUnreadable(
            "لا تسمح هذه الآلة بقراءة معزولة للملفات.",
            "This machine cannot read files in isolation.",
            what="no_sandbox",
        )
    return inside


def _allow_no_pools() -> None:
    """Keep the libraries from starting a thread for every core, before their first use."""
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def _look(path: Any, settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    from layers.files.suggesting import look

    hint = look(path, settings["srid"], layer=settings["layer"], crs_override=settings["crs"])
    yield {"look": hint.as_json()}


def _rows(path: Any, settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what is stored with the source, then the staged features, then the findings."""
    import shapely

    from layers.files.importing import prepare, staged_features
    from layers.files.mapping import LayerField

    fields = [LayerField(**{**f, "choices": (), "spellings": {}}) for f in settings["fields"]]
    prepared = prepare(
        path,
        fields,
        settings["srid"],
        layer=settings["layer"],
        given=settings["given"],
        crs_override=settings["crs"],
    )
    yield {"source": prepared.provenance(), "count": prepared.source.count}
    for batch in staged_features(prepared, settings["geometry"]):
        for start in range(0, len(batch), ROWS_A_LINE):
            part = batch[start : start + ROWS_A_LINE]
            shapes = shapely.to_wkb([f.geometry for f in part], hex=True)
            yield {"rows": [[f.row, _values(f.values), s] for f, s in zip(part, shapes, strict=True)]}
    findings = prepared.findings
    samples = [[d.kind, d.row, d.params] for found in findings.samples.values() for d in found]
    told = {"read": findings.read, "counts": dict(findings.counts), "rows_with_faults": findings.rows_with_faults}
    yield {"end": {**told, "samples": json.loads(json.dumps(samples, default=str))}}


def _values(values: Any) -> dict[str, Any]:
    return {k: v if v is None or isinstance(v, str | int | float) else str(v) for k, v in values.items()}


if __name__ == "__main__":
    main()
