"""Asking the API in tests: signed in by a login of the sample, JSON in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.sample import Sample

__all__ = ["Asker"]


class Asker:
    """One person at the API."""

    def __init__(self, sample: Sample, login: str = "", **options: Any) -> None:
        self.client = Client(**options)
        if login:
            self.client.force_login(sample.user(login))

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers={"Accept-Language": "en", **headers})

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        data = {} if body is None else body
        return self.client.post(
            f"/api/v1/{path}", data, content_type="application/json", headers={"Accept-Language": "en", **headers}
        )

    def send(self, path: str, file: Path | bytes, name: str = "", *, key: str = "", **fields: str) -> Any:
        content = file if isinstance(file, bytes) else file.read_bytes()
        upload = SimpleUploadedFile(name or (file.name if isinstance(file, Path) else "file"), content)
        headers = {"Accept-Language": "en", **({"Idempotency-Key": key} if key else {})}
        return self.client.post(f"/api/v1/{path}", {"file": upload, **fields}, headers=headers)

    def ok(self, answer: Any, status: int = 200) -> Any:
        """Return what an answer holds, which must have this status."""
        assert answer.status_code == status, (answer.status_code, answer.content.decode())
        return answer.json()
