"""The process that waits to read survey files, and its children that read one each. Started by ``standby.py``.

It is started as ``python -I child.py <settings>``: a fresh interpreter that sees no environment, no user site and none
of the web process's memory. It loads the readers once and never looks at a file. For each request it forks: the child
holds the file, its answer and nothing else, confines itself before the first byte is parsed, and ends with its answer.
Settings are trusted (the parent wrote them); the bytes of the file are not.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from land_services.surveys.limits import Limits

LOOKS_UP_S = 2.0
"""How often it looks whether its parent still lives: a fork of the parent may keep the other end open."""
HIGHEST_DESCRIPTOR = 1 << 16
Reading = tuple[int, socket.socket]


def main() -> None:
    """Load the readers, then fork for each request until nobody asks any more."""
    settings = json.loads(sys.argv[1])
    sys.path.insert(0, settings["root"])
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    from land_services.surveys import confine, pipeline

    for kind in pipeline.KINDS:
        pipeline.reader_of(kind)
    network = confine.leave_network()
    gc.collect()
    gc.freeze()  # what is loaded stays shared with every child
    with socket.socket(fileno=0) as requests, selectors.DefaultSelector() as waiting:
        requests.setblocking(True)
        waiting.register(requests, selectors.EVENT_READ)
        _serve(requests, waiting, settings, network)


def _serve(
    requests: socket.socket, waiting: selectors.DefaultSelector, settings: dict[str, Any], network: bool
) -> None:
    left_s = settings["idle_s"]
    while left_s > 0 and os.getppid() == settings["parent"]:
        ready = waiting.select(LOOKS_UP_S)
        idle = not ready and len(waiting.get_map()) == 1
        left_s = left_s - LOOKS_UP_S if idle else settings["idle_s"]
        for key, _ in ready:
            if key.data is not None:
                waiting.unregister(key.fd)
                _tell_the_end(key.fd, key.data)
            elif not _take(requests, waiting, network):
                return


def _take(requests: socket.socket, waiting: selectors.DefaultSelector, network: bool) -> bool:
    """Fork for one request; return False where the parent is gone."""
    message, descriptors, _, _ = socket.recv_fds(requests, 1 << 16, 3)
    if not message:
        return False
    file, answer, told = descriptors
    status = socket.socket(fileno=told)
    parent, child = os.getpid(), -1
    try:
        child = -1 if _is_given_up(status) else os.fork()
    except OSError:
        pass  # no process or memory to be had now: whoever asked is told by the closed line
    if child == 0:
        _become_reader(file, answer)
        read_one(json.loads(message), parent, network)
    os.close(file)
    os.close(answer)
    if child < 0:
        status.close()
        return True
    handle = os.pidfd_open(child)
    waiting.register(handle, selectors.EVENT_READ, (child, status))
    with suppress(OSError):  # nobody waits any more: the child ends when it cannot answer
        socket.send_fds(status, [b"reads"], [handle])
    return True


def _is_given_up(status: socket.socket) -> bool:
    """Return True where the other end is closed: whoever asked has run out of time before its turn came."""
    with selectors.DefaultSelector() as selector:
        selector.register(status, selectors.EVENT_READ)
        return bool(selector.select(0))


def _tell_the_end(handle: int, reading: Reading) -> None:
    child, status = reading
    os.close(handle)
    _, ended = os.waitpid(child, 0)
    with status, suppress(OSError):
        status.send(str(os.waitstatus_to_exitcode(ended)).encode())


def _become_reader(file: int, answer: int) -> None:
    """Keep the file as stdin and the answer as stdout, and no other descriptor."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for held, number in ((os.dup(file), 0), (os.dup(answer), 1), (nowhere, 2)):
        os.dup2(held, number)
    os.closerange(3, HIGHEST_DESCRIPTOR)


def read_one(settings: dict[str, Any], parent: int, network: bool) -> None:
    """Confine, read, answer, end; every way of failing that Python can see is answered as findings."""
    try:
        from land_services.surveys import confine

        confine.die_with_parent(parent)
        limits = _limits(settings["limits"])
        confine.limit_resources(limits.memory_bytes, limits.cpu_s, limits.open_files)
        answer = _answer(settings, limits, network)
        out = json.dumps(answer, ensure_ascii=True, allow_nan=False).encode()
        if len(out) > limits.output_bytes:
            out = json.dumps(_refused("SRV-04", "output")).encode()
        view = memoryview(out)
        while view:
            view = view[os.write(1, view) :]
        os._exit(0)
    finally:
        os._exit(1)


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
