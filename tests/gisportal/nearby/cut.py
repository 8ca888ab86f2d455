"""A line between a browser and the live site that can be cut: nobody answers, or somebody takes and never answers."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

__all__ = ["Line", "line_to"]


class Line:
    """Pass bytes on to an address as long as ``mode`` is ``"through"``; ``"hang"`` is silent, ``"refuse"`` hangs up."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address, self.mode = address, "through"
        self._held: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self, mode: str) -> None:
        """Change the mode; connections that stand are dropped, so that a kept one does not go on."""
        self.mode = mode
        for one in self._held:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._held.clear()

    def close(self) -> None:
        self._server.close()
        self.cut("refuse")

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._server.accept()
            except OSError:
                return
            if self.mode == "refuse":
                taken.close()
                continue
            self._held.append(taken)
            if self.mode == "through":
                onward = socket.create_connection(self.address)
                self._held.append(onward)
                for one, other in ((taken, onward), (onward, taken)):
                    threading.Thread(target=_pass, args=(one, other), daemon=True).start()


def _pass(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for end in (one, other):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(url: str) -> Iterator[Line]:
    parts = urlsplit(url)
    line = Line((parts.hostname or "localhost", parts.port or 80))
    yield line
    line.close()
