"""The process that reads one survey file: confined, fed through stdin, answering on stdout. Run by ``sandbox.py``.

It is started as ``python -I child.py <settings>``: a fresh interpreter that sees no environment, no user site and none
of the web process's memory. Settings are trusted (the parent wrote them); the bytes on stdin are not.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from land_services.surveys.limits import Limits


def main() -> None:
    """Confine, read, answer; every way of failing that Python can see is answered as findings."""
    settings = json.loads(sys.argv[1])
    sys.path.insert(0, settings["root"])
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    from land_services.surveys import confine

    confine.die_with_parent(settings["parent"])
    limits = _limits(settings["limits"])
    network = confine.leave_network()
    confine.limit_resources(limits.memory_bytes, limits.cpu_s, limits.open_files)
    answer = _answer(settings, limits, network)
    out = json.dumps(answer, ensure_ascii=True, allow_nan=False).encode()
    if len(out) > limits.output_bytes:
        out = json.dumps(_refused("SRV-04", "output")).encode()
    view = memoryview(out)
    while view:
        view = view[os.write(1, view) :]
    sys.stdout.flush()
    os._exit(0)


def _limits(values: dict[str, Any]) -> Limits:
    from land_services.surveys.limits import Limits

    return Limits(**values)


def _refused(rule: str, variant: str, **params: object) -> dict[str, Any]:
    finding = {"rule": rule, "severity": "error", "variant": variant, "params": params, "where": None}
    return {"findings": [finding], "crs": ""}


def _answer(settings: dict[str, Any], limits: Limits, network: bool) -> dict[str, Any]:
    from land_services.surveys.codec import dump_findings, dump_plan
    from land_services.surveys.errors import SurveyUnreadable
    from land_services.surveys.pipeline import read_bytes

    try:
        data = _whole_file(limits)
        plan = read_bytes(
            data,
            settings["name"],
            settings["crs"],
            settings["unit"],
            limits,
            points_only=settings.get("points_only", False),
            ready=lambda: _close_doors(network),
        )
        return {"plan": dump_plan(plan)}
    except SurveyUnreadable as refused:
        return {"findings": dump_findings(refused.findings), "crs": refused.crs}
    except MemoryError:
        return _refused("SRV-04", "memory", limit=limits.memory_bytes // 2**20)
    except RecursionError:
        return _refused("SRV-04", "nesting")
    except Exception as error:  # the parent logs it: whatever a hostile file provokes must not end in a traceback
        return _refused("SRV-99", "", error=type(error).__name__, detail=_trail(error))


def _trail(error: BaseException) -> str:
    """Return where the reader failed, without values of the file."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(frames))


def _whole_file(limits: Limits) -> bytes:
    from land_services.surveys.errors import refusal

    chunks: list[bytes] = []
    size = 0
    while chunk := os.read(0, 1 << 20):
        size += len(chunk)
        if size > limits.file_bytes:
            raise refusal("SRV-01", "too_large", limit=limits.file_bytes // 2**20, size=size // 2**20)
        chunks.append(chunk)
    return b"".join(chunks)


def _close_doors(network: bool) -> None:
    """Install the filter once everything is imported that may be: without any kernel guarantee nothing is read."""
    from land_services.surveys import confine
    from land_services.surveys.errors import refusal

    if not confine.filter_system_calls() and not network:
        raise refusal("SRV-99", "no_sandbox")


if __name__ == "__main__":
    main()
