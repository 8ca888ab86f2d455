"""An HTTP client for measuring: one process, kept connections, each address asked once or by turns for a time.

Run as ``python -m gisportal.bench.client`` with a job as JSON on standard input; prints what it saw as JSON.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field

__all__ = ["Job", "Seen", "ask"]

_CHUNK = 1 << 18


@dataclass(frozen=True)
class Job:
    """What to ask of one server. ``seconds`` 0 asks every path once; otherwise the paths by turns for that long.

    ``known`` asks each path once beforehand and sends the ETag that came with it: the answers should be 304.
    ``groups`` are beginnings of paths whose times are told apart as well.
    """

    port: int
    paths: list[str]
    clients: int = 1
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    known: bool = False
    groups: list[str] = field(default_factory=list)


@dataclass
class Seen:
    """What was seen: answers a second, milliseconds of the median and the slowest hundredth, bytes an answer.

    ``groups`` gives both times for each beginning of paths that was named.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    mean_bytes: float
    largest_bytes: int
    statuses: dict[str, int]
    groups: dict[str, tuple[float, float]] = field(default_factory=dict)


class _Connection:
    """One connection that has one request under way."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reopen()
        self.received = bytearray()
        self.head = -1
        self.length = -1
        self.status = ""
        self.etag = ""
        self.started = 0.0
        self.number = 0

    def send(self, request: bytes, number: int = 0) -> None:
        self.number = number
        self.received.clear()
        self.head = self.length = -1
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def reopen(self) -> None:
        """Connect, or connect again."""
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closes = False

    def is_whole(self) -> bool:
        """Read what has come; return whether the answer is whole."""
        data = self.socket.recv(_CHUNK)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.received += data
        if self.head < 0:
            self.head = self.received.find(b"\r\n\r\n")
            if self.head < 0:
                return False
            self._read_head(bytes(self.received[: self.head]))
        if self.length >= 0:
            return len(self.received) >= self.head + 4 + self.length
        return self.received.endswith(b"\r\n0\r\n\r\n")  # chunked

    def _read_head(self, head: bytes) -> None:
        lines = head.split(b"\r\n")
        self.status = lines[0].split()[1].decode()
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                self.length = int(value)
            elif name.lower() == b"connection":
                self.closes = value.strip().lower() == b"close"
            elif name.lower() == b"etag":
                self.etag = value.strip().decode()
        if self.status in ("204", "304"):
            self.length = 0


def ask(job: Job) -> Seen:
    """Do a job; ConnectionError where the server closes a connection."""
    requests = _requests(job)
    took: list[float] = []
    sizes: list[int] = []
    statuses: Counter[str] = Counter()
    selector = selectors.DefaultSelector()
    started = time.perf_counter()
    turn, under_way = 0, 0

    asked: list[int] = []

    def next_request() -> tuple[bytes, int] | None:
        nonlocal turn
        over = time.perf_counter() - started >= job.seconds if job.seconds else turn >= len(requests)
        if over:
            return None
        turn += 1
        number = (turn - 1) % len(requests)
        return requests[number], number

    for _ in range(min(job.clients, len(requests)) if not job.seconds else job.clients):
        connection = _Connection(job.port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        request = next_request()
        if request is not None:
            connection.send(*request)
            under_way += 1
    while under_way:
        for key, _ in selector.select():
            connection = key.data
            if not connection.is_whole():
                continue
            took.append(time.perf_counter() - connection.started)
            asked.append(connection.number)
            sizes.append(len(connection.received) - connection.head - 4)
            statuses[connection.status] += 1
            request = next_request()
            if request is None:
                under_way -= 1
                selector.unregister(connection.socket)
                connection.socket.close()
                continue
            if connection.closes:
                selector.unregister(connection.socket)
                connection.reopen()
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(*request)
    seen = _seen(took, sizes, statuses, time.perf_counter() - started)
    for group in job.groups:
        those = sorted(t for t, n in zip(took, asked, strict=True) if job.paths[n].startswith(group))
        if those:
            seen.groups[group] = (
                1000 * those[len(those) // 2],
                1000 * those[min(len(those) - 1, int(len(those) * 0.99))],
            )
    return seen


def _requests(job: Job) -> list[bytes]:
    """Return the bytes of each request."""
    lines = [f"{name}: {value}" for name, value in {"Host": f"127.0.0.1:{job.port}", **job.headers}.items()]
    plain = [f"GET {path} HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n" for path in job.paths]
    if not job.known:
        return [f"{request}\r\n".encode() for request in plain]
    connection = _Connection(job.port)
    requests = []
    for request in plain:
        if connection.closes:
            connection.reopen()
        connection.send(f"{request}\r\n".encode())
        while not connection.is_whole():
            pass
        requests.append(f"{request}If-None-Match: {connection.etag}\r\n\r\n".encode())
    connection.socket.close()
    return requests


def _seen(took: list[float], sizes: list[int], statuses: Counter[str], seconds: float) -> Seen:
    order = sorted(took)
    return Seen(
        rate=len(order) / seconds,
        p50_ms=1000 * order[len(order) // 2],
        p99_ms=1000 * order[min(len(order) - 1, int(len(order) * 0.99))],
        worst_ms=1000 * order[-1],
        mean_bytes=sum(sizes) / len(sizes),
        largest_bytes=max(sizes),
        statuses=dict(statuses),
    )


if __name__ == "__main__":
    json.dump(asdict(ask(Job(**json.load(sys.stdin)))), sys.stdout)
