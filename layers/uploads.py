"""A layer out of an uploaded file: kept for its engineer, looked at, described, then created and loaded at once.

The file waits in a folder of its own under ``MEDIA_ROOT``, named by a random word and opened only for the account that
sent it. Loading runs beside the requests, in one transaction with the creation of the layer; how far it has come stands
in a small file next to it, so that any process can tell.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connections, transaction

from layers.added import as_layer, create_layer
from layers.catalog.loading import load_features
from layers.definitions import FieldDefinition, LayerDefinition
from layers.edit_checks import EditRefused
from layers.files.defects import KINDS, describe
from layers.files.errors import FileUnreadable
from layers.files.naming import safe_name
from layers.files.sandbox import look_confined, read_confined
from layers.files.suggesting import FileHint

__all__ = [
    "MAX_UPLOAD_BYTES",
    "Upload",
    "add_from_file",
    "find_upload",
    "first_definition",
    "keep_upload",
    "start_adding",
    "start_looking",
]

log = logging.getLogger(__name__)
MAX_UPLOAD_BYTES: Final = 256 * 2**20
"""Larger files are loaded with ``import_layer``, which needs no browser."""

KEPT_S: Final = 24 * 3600
_BEAT_LOST_S: Final = 900.0
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
_SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,10}")


@dataclass(frozen=True)
class Upload:
    """An uploaded file that waits to become a layer."""

    token: str
    folder: Path
    path: Path
    name: str
    owner_id: int

    def look(self, *, layer: str | None = None, crs: str | None = None) -> FileHint:
        """Return what the file holds, and keep the answer; see ``layers.files.sandbox.look_confined``."""
        hint = look_confined(self.path, settings.STORAGE_SRID, layer=layer, crs=crs)
        self._write("hint.json", {"hint": hint.as_json(), "layer": layer, "crs": crs})
        return hint

    def seen(self) -> tuple[FileHint, str | None, str | None] | None:
        """Return what ``look`` found last, with the layer and system asked for; None before."""
        held = self._read("hint.json")
        return None if held is None else (FileHint.from_json(held["hint"]), held["layer"], held["crs"])

    def status(self) -> dict[str, Any]:
        """Return how the loading stands: ``state`` is waiting, looking, looked, running, done, failed or stopped
        (its process ended)."""
        held = self._read("status.json") or {"state": "waiting"}
        if held["state"] in ("running", "looking") and time.time() - held["beat"] > _BEAT_LOST_S:
            held["state"] = "stopped"
        return held

    def tell(self, state: str, **facts: Any) -> None:
        """Write how the loading stands."""
        self._write("status.json", {"state": state, "beat": time.time(), **facts})

    def forget_file(self) -> None:
        """Remove the file itself once it is a layer."""
        self.path.unlink(missing_ok=True)

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            held = json.loads((self.folder / name).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return held if isinstance(held, dict) else None

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        draft = self.folder / f".{name}.{secrets.token_hex(4)}"
        draft.write_text(json.dumps(value, ensure_ascii=False, default=str), "utf-8")
        draft.replace(self.folder / name)


def _root() -> Path:
    return Path(settings.MEDIA_ROOT) / "layer_uploads"


def keep_upload(name: str, chunks: Iterable[bytes], owner_id: int) -> Upload:
    """Keep an uploaded file for its sender; files that nobody came back for are removed on the way.

    Raises
    ------
    FileUnreadable
        ``empty`` or ``too_large``.
    """
    root = _root()
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    _tidy(root)
    token = secrets.token_hex(16)
    folder = root / token
    folder.mkdir(mode=0o700)
    suffix = Path(name).suffix.lower()
    stem = "upload" + (suffix if _SUFFIX.fullmatch(suffix) else "")
    size = 0
    try:
        with (folder / stem).open("xb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > MAX_UPLOAD_BYTES:
                    raise _too_large()
                file.write(chunk)
        if not size:
            raise FileUnreadable("الملف فارغ.", "The file is empty.", what="empty")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    upload = Upload(token, folder, folder / stem, name, owner_id)
    upload._write("about.json", {"file": stem, "name": name, "owner": owner_id})
    return upload


def find_upload(token: str, owner_id: int | None) -> Upload | None:
    """Return the upload of that word if this account sent it."""
    if owner_id is None or not _TOKEN.fullmatch(token):
        return None
    folder = _root() / token
    upload = Upload(token, folder, folder, "", owner_id)
    about = upload._read("about.json")
    if about is None or about.get("owner") != owner_id:
        return None
    return Upload(token, folder, folder / str(about["file"]), str(about["name"]), owner_id)


def _tidy(root: Path) -> None:
    for folder in root.iterdir():
        try:
            old = time.time() - folder.stat().st_mtime > KEPT_S
        except OSError:
            continue
        if old:
            shutil.rmtree(folder, ignore_errors=True)


def _too_large() -> FileUnreadable:
    limit = MAX_UPLOAD_BYTES // 2**20
    return FileUnreadable(
        f"الملف أكبر من {limit} ميغابايت.",
        f"The file is larger than {limit} MB.",
        what="too_large",
        todo="load it with import_layer, which takes files of any size",
    )


# Adding -------------------------------------------------------------------------------------------------------------


def add_from_file(
    upload: Upload,
    definition: LayerDefinition,
    attributes: Mapping[str, str],
    *,
    acting_user_id: int | None,
    using: str = "default",
) -> dict[str, Any]:
    """Create a layer and load its file, both or neither; return what was read, written and defective, and why.

    Parameters
    ----------
    upload : Upload
        One that was looked at.
    definition : LayerDefinition
        What the layer is to be.
    attributes : mapping
        field -> attribute of the file.

    Raises
    ------
    EditRefused, FileUnreadable
        The definition or the file cannot be used; nothing is left of the layer then.
    """
    seen = upload.seen()
    if seen is None:
        raise ValueError("the file has not been looked at")
    _, source_layer, crs = seen

    def progress(stage: str, done: int, total: int | None) -> None:
        upload.tell("running", stage=stage, done=done, total=count)

    with transaction.atomic(using=using):
        layer = as_layer(create_layer(definition, acting_user_id=acting_user_id, using=using))
        imported = [f for f in layer.fields if f.is_imported]
        with read_confined(
            upload.path,
            settings.STORAGE_SRID,
            imported,
            layer.geometry,
            given={name: attribute for name, attribute in attributes.items() if attribute},
            layer=source_layer,
            crs=crs,
        ) as reading:
            count = reading.count
            source = {**reading.source, "name": upload.name}
            report = load_features(
                layer,
                reading.batches(),
                source=source,
                using=using,
                progress=progress,
                acting_user_id=acting_user_id,
            )
        if not report.written:
            raise _nothing(upload.name, reading.counts)
    return {
        "code": layer.code,
        "read": report.read,
        "written": report.written,
        "left_out": report.left_out,
        "defective": reading.rows_with_faults,
        "defects": [_defect(kind, n, reading.samples) for kind, n in sorted(reading.counts.items())],
    }


def _defect(kind: str, number: int, samples: list[tuple[str, int, dict[str, Any]]]) -> dict[str, Any]:
    known = kind in KINDS
    shown = [(row, params) for k, row, params in samples if k == kind]
    return {
        "kind": kind,
        "count": number,
        "is_loaded": KINDS[kind].is_loaded if known else True,
        "samples": [
            {"row": row, "ar": describe(kind, params, "ar"), "en": describe(kind, params, "en")}
            for row, params in shown
            if known
        ],
    }


def _nothing(name: str, counts: Mapping[str, int]) -> FileUnreadable:
    kinds = ", ".join(f"{kind} ({n})" for kind, n in sorted(counts.items())) or "-"
    return FileUnreadable(
        f'لم يُحمَّل شيء من الملف "{name}": {kinds}.',
        f'Nothing of the file "{name}" could be loaded: {kinds}.',
        what="nothing_loaded",
        where=name,
    )


def start_looking(upload: Upload, *, layer: str | None = None, crs: str | None = None) -> threading.Thread:
    """Run ``Upload.look`` beside the requests; what it refuses stands in the status."""

    def work() -> None:
        try:
            upload.look(layer=layer, crs=crs)
            upload.tell("looked")
        except FileUnreadable as error:
            upload.tell("failed", findings=[_said(error)])
        except Exception:  # nobody waits for this thread: the log holds the fault, the status tells the person
            log.exception("looking at an uploaded file failed")
            upload.tell("failed", findings=[_FAULT])

    upload.tell("looking")
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def start_adding(
    upload: Upload, definition: LayerDefinition, attributes: Mapping[str, str], *, acting_user_id: int | None
) -> threading.Thread:
    """Run ``add_from_file`` beside the requests and keep telling how it stands.

    The thread ends with its process: the transaction is rolled back then, and the status says that it stopped.
    """
    upload.tell("running", stage="reading", done=0, total=None, definition=_plain(definition))
    work = threading.Thread(target=_run, args=(upload, definition, attributes, acting_user_id), daemon=True)
    work.start()
    return work


def _run(upload: Upload, definition: LayerDefinition, attributes: Mapping[str, str], actor: int | None) -> None:
    try:
        outcome = add_from_file(upload, definition, attributes, acting_user_id=actor)
        upload.tell("done", outcome=outcome)
        upload.forget_file()
    except EditRefused as refused:
        findings = [{"field": f.field, "ar": f.ar, "en": f.en} for f in refused.findings]
        upload.tell("failed", findings=findings)
    except FileUnreadable as error:
        upload.tell("failed", findings=[_said(error)])
    except Exception:  # nobody waits for this thread: the log holds the fault, the status tells the person
        log.exception("adding a layer failed")
        upload.tell("failed", findings=[_FAULT])
    finally:
        connections.close_all()


_FAULT: Final = {
    "field": "",
    "ar": "تعذّر التحميل لخلل داخلي؛ لم يُحفظ شيء.",
    "en": "Loading failed for a fault of ours; nothing was kept.",
}


def _said(error: FileUnreadable) -> dict[str, str]:
    return {"field": "", "ar": error.message_ar, "en": f"{error.message_en} {error.todo}".strip()}


def _plain(definition: LayerDefinition) -> dict[str, Any]:
    return asdict(definition)


def first_definition(upload: Upload, hint: FileHint) -> LayerDefinition:
    """Return the description that a file suggests: its name as code and title, its attributes as fields."""
    stem = Path(upload.name).stem
    code = re.sub(r"_value$", "", safe_name(stem))
    title = "".join(c for c in stem if c.isprintable()).strip()[:120] or code
    fields = tuple(FieldDefinition(f.name, f.title or f.name, f.title or f.name, f.kind) for f in hint.fields)
    style = {"fill": "", "line": "--map-plan", "width_px": 1.5}
    return LayerDefinition(code if len(code) > 1 else f"{code}_layer", title, title, hint.geometry, fields, style=style)
