"""People and offices at the API, over a line that breaks: every request is sent until it is answered.

A post carries a key of its own, so that one that broke off may be sent again. What a client did is counted by the act
that it must leave in the record of the case, once.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.db import Error, connection
from django.utils import timezone

from gisportal.simulation.people import People
from gisportal.simulation.requests import draw_form, paper_for
from land_services.cases.may import FILERS
from land_services.catalogue import ServiceCard
from land_services.checks.land import measured_area_m2
from land_services.domain import ParcelFact
from land_services.register.deeds import deed_facts
from tests.sample import CRS

__all__ = ["Line", "Request", "WholeCase"]

PATIENCE_S = 300
TRY_S = 60
VISIT_IN = timedelta(seconds=4)


def _when_the_database_answers(reference: str) -> tuple[ParcelFact, ...]:
    """Return the parcels that a case waits with, asking again while the database is down."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return deed_facts(reference).parcels
        except Error:
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.3)


@dataclass
class Line:
    """The way to the web server; counts how often something had to be sent again, and why."""

    port: int
    tokens: dict[int, str]
    again: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    replayed: int = 0
    lost: int = 0
    before_answer: Callable[[], None] | None = None
    """Called once when a post is done and before its client hears of it; that answer is lost."""
    waiting: dict[int, float] = field(default_factory=dict)
    """Since when each thread waits for the answer that it wants now."""

    def longest_wait_s(self) -> float:
        return time.monotonic() - min(self.waiting.copy().values(), default=time.monotonic())

    def get(self, who: int, path: str) -> Any:
        return self._until_answered(who, Request("GET", path))[1]

    def post(self, who: int, path: str, body: Any = None, file: tuple[str, bytes] | None = None) -> tuple[int, Any]:
        """Send a post with a new key until it is answered; return its status and what it holds."""
        return self._until_answered(who, Request("POST", path, body or {}, file))

    def _until_answered(self, who: int, request: Request) -> tuple[int, Any]:
        deadline = time.monotonic() + PATIENCE_S
        self.waiting[threading.get_ident()] = time.monotonic()
        try:
            return self._send_again(who, request, deadline)
        finally:
            del self.waiting[threading.get_ident()]

    def _send_again(self, who: int, request: Request, deadline: float) -> tuple[int, Any]:
        while True:
            try:
                status, headers, content = self._send(who, request)
            except (OSError, http.client.HTTPException) as error:
                why = type(error).__name__
            else:
                under_way = status == 409 and "retry-after" in headers
                is_done = status < 500 and not under_way
                if is_done and self._loses(request):
                    why = "lost"
                elif is_done:
                    self.answered += 1
                    self.replayed += headers.get("idempotency-replayed") == "true"
                    return status, json.loads(content)
                else:
                    why = str(status)
            self.again[why] += 1
            assert time.monotonic() < deadline, f"{request.path}: {why} for {PATIENCE_S} s"
            time.sleep(0.2)

    def _loses(self, request: Request) -> bool:
        if request.method == "GET" or self.before_answer is None:
            return False
        act, self.before_answer = self.before_answer, None
        act()
        self.lost += 1
        return True

    def _send(self, who: int, request: Request) -> tuple[int, dict[str, str], bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TRY_S)
        try:
            headers = {"Authorization": f"Bearer {self.tokens[who]}", "Accept-Language": "en", **request.headers}
            line.request(request.method, f"/api/v1/{request.path}", request.content, headers)
            answer = line.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            line.close()


class Request:
    """A request as it is sent, each time the same."""

    def __init__(self, method: str, path: str, body: Any = None, file: tuple[str, bytes] | None = None) -> None:
        self.method, self.path, self.content = method, path, b""
        self.headers: dict[str, str] = {}
        if method == "GET":
            return
        self.headers["Idempotency-Key"] = uuid.uuid4().hex
        if file is None:
            self.headers["Content-Type"] = "application/json"
            self.content = json.dumps(body).encode()
        else:
            self._form(body, *file)

    def _form(self, fields: dict[str, str], name: str, content: bytes) -> None:
        line = uuid.uuid4().hex
        self.headers["Content-Type"] = f"multipart/form-data; boundary={line}"
        parts = [
            f'--{line}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content)
        self.content = b"".join(parts) + f"\r\n--{line}--\r\n".encode()


@dataclass
class WholeCase:
    """One case from its card to its last stage, every hand at the API; it is sent back once with remarks."""

    line: Line
    card: ServiceCard
    people: People
    papers: dict[str, Path]
    draw: Random
    parcels: list[str] = field(default_factory=list)
    survey: Path | None = None
    reference: str = ""
    done: Counter[str] = field(default_factory=Counter)
    was_returned: bool = False

    def live(self) -> None:
        self._file()
        while (case := self.look())["state"] != "closed":
            if case["state"] == "returned":
                self._mend(case)
                continue
            active = [stage for stage in case["stages"] if stage["state"] == "active"]
            assert active, (case["state"], self.reference)
            self._work(case, self.draw.choice(active))

    def look(self) -> Any:
        return self.line.get(self._one("director"), f"cases/{self.reference}")

    # Filing

    def _file(self) -> None:
        role = self.card.draft.role
        roles = FILERS["applicant"] if role == "applicant" else {role}
        self.filer = self.people.by_role[min(roles & self.people.by_role.keys())][0].user_id or 0
        form = draw_form(self.card, self.draw)
        opened = self._do(
            "open", self.filer, "cases/", {"service": self.card.code, "parcels": self.parcels, "form": form}
        )
        self.reference = opened["reference"]
        for document in self.card.documents:
            path = paper_for(document, self.papers)
            if document.required and document.code != "survey_file" and path is not None:
                self._send("attach", "files", path, document=document.code)
        if self.survey is not None:
            self._send("hand_in", "attempts", self.survey, crs=CRS)
        self._act("submit", self.filer)

    def _mend(self, case: Any) -> None:
        for remark in case["remarks"]:
            if not remark["answer"]:
                self._act("answer", self.filer, remark=remark["number"], text="mended")
        if self.card.form:
            form = draw_form(self.card, self.draw)
            self._do("fill", self.filer, f"cases/{self.reference}/form", {"form": form})
        if self.survey is not None:
            self._send("hand_in", "attempts", self.survey, crs=CRS)
        self._act("submit", self.filer)

    # Working on it

    def _work(self, case: Any, stage: Any) -> None:
        who, code, kind = self._hand(stage), stage["code"], stage["kind"]
        for referral in case["referrals"]:
            if referral["stage"] == code and not referral["answer"] and not referral["cancelled_at"]:
                agent = self.people.by_agency[referral["agency"]][0].user_id or 0
                self._act("answer_referral", agent, referral=referral["id"], answer="consent")
        if kind == "review" and not self.was_returned and "return" in self._stage(code).may:
            self.was_returned = True
            remarks = [
                {"reason": "form_wrong", "text": "look at this again"},
                {"reason": "form_wrong", "text": "and this"},
            ]
            self._act("return", who, stage=code, remarks=remarks)
        elif kind == "visit":
            self._visit(who, code)
        elif kind == "committee":
            self._act(
                "minute", who, stage=code, number=uuid.uuid4().hex[:12], held_on=_today(), present="three of them",
                outcome="recommend", text="was talked about",
            )  # fmt: skip
            self._act("finish", who, stage=code)
        elif kind == "decision":
            self._act("approve", who, stage=code)
        elif kind == "payment":
            self._act("pay", who, stage=code, receipt=f"R-{self.reference}")
        elif kind == "issue":
            self._act("issue", who)
        elif kind == "registry":
            self._act("confirm", who, number=f"C-{self.reference}", confirmed_on=_today(), **self._deeds(case))
        else:
            self._act("finish", who, stage=code)

    def _deeds(self, case: Any) -> dict[str, Any]:
        """Return the deeds that the registry issued, one for each parcel that waits for one."""
        if not any(state["state"] == "pending" for state in case["deeds"]):
            return {}
        deeds = [
            {
                "number": f"D-{self.reference}-{n}", "dated": _today(), "issuer": "Registry", "form": "electronic",
                "area_m2": str(parcel.official_area_m2 or measured_area_m2(parcel)), "parcels": [parcel.uid],
            }
            for n, parcel in enumerate(_when_the_database_answers(self.reference), start=1)
        ]  # fmt: skip
        return {"deeds": deeds}

    def _visit(self, who: int, stage: str) -> None:
        while True:  # a line that is broken for long lets the date pass; then another is proposed
            at = datetime.now(UTC) + VISIT_IN
            status, case = self._try_act("propose_visit", who, stage=stage, at=at.isoformat())
            if status == 200:
                break
            assert status == 400, (status, case)
        visit = max(one["id"] for one in case["visits"])
        self._act("agree_visit", self.filer, visit=visit)
        time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()) + 0.3)
        self._act("hold_visit", who, visit=visit, report="as it is drawn")
        self._act("finish", who, stage=stage)

    def _stage(self, code: str) -> Any:
        return next(stage for stage in self.card.stages if stage.code == code)

    def _hand(self, stage: Any) -> int:
        """Return who works on a stage: one of its role, another for each stage."""
        place = [one.code for one in self.card.stages].index(stage["code"])
        held = [one.user_id or 0 for one in self.people.by_role[stage["role"]] if one.user_id != self.filer]
        return held[place % len(held)]

    def _one(self, role: str) -> int:
        return self.people.by_role[role][0].user_id or 0

    # Sending

    def _act(self, word: str, who: int, **body: Any) -> Any:
        status, answer = self._try_act(word, who, **body)
        assert status == 200, (word, self.reference, status, answer)
        return answer

    def _try_act(self, word: str, who: int, **body: Any) -> tuple[int, Any]:
        status, answer = self.line.post(who, f"cases/{self.reference}/acts/{word}", body)
        self.done[word] += status == 200
        return status, answer

    def _do(self, act: str, who: int, path: str, body: Any) -> Any:
        status, answer = self.line.post(who, path, body)
        assert status in (200, 201), (act, self.reference, status, answer)
        self.done[act] += 1
        return answer

    def _send(self, act: str, path: str, file: Path, **fields: str) -> None:
        sent = (file.name, file.read_bytes())
        status, answer = self.line.post(self.filer, f"cases/{self.reference}/{path}", fields, sent)
        assert status == 201, (act, self.reference, status, answer)
        self.done[act] += 1


def _today() -> str:
    """The day where the municipality is: after nine in the evening it is tomorrow there already."""
    return timezone.localdate().isoformat()
