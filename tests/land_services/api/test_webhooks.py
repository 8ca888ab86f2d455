"""Steps are told to those who may know of them: signed, again after a failure, never past the list of hosts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.utils import timezone

from land_services.api import webhooks
from land_services.api.models import WebhookDelivery, WebhookTarget
from land_services.api.webhooks import UnfitAddress, add_target, deliver_webhooks, new_secret, require_fit_address
from land_services.cases import acts
from land_services.cases.acts import warn_due
from tests.sample import Sample

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Put = Callable[[str], Sample]


class Receiver:
    """A system that is told: what came, and what it answers next."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
                    status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    made = Receiver()
    settings.WEBHOOK_HOSTS = [f"http://127.0.0.1:{made.server.server_port}"]
    yield made
    made.server.shutdown()
    made.server.server_close()


def target_of(sample: Sample, login: str, url: str, *events: str) -> tuple[WebhookTarget, str]:
    secret = new_secret()
    return add_target(sample.user(login).pk, url, list(events), secret), secret


def test_a_step_is_told_signed_to_whoever_sees_the_case(committed_sample: Put, receiver: Receiver) -> None:
    sample = committed_sample("recommended")
    case = sample.case()
    _, secret = target_of(sample, "reviewer", receiver.url)
    target_of(sample, "outsider", receiver.url)
    target_of(sample, "mayor", receiver.url, "issue")
    acts.stop(case, "a court's order, with the name of somebody", viewer=sample.viewer("mayor"))
    assert WebhookDelivery.objects.count() == 2, "who asked for other acts is not told of this one"
    assert deliver_webhooks() == 2 and deliver_webhooks() == 0

    ((headers, body),) = receiver.came
    told = json.loads(body)
    assert told["type"] == "case.stop" and told["data"]["reference"] == case.reference
    assert "somebody" not in body.decode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert (
        headers["webhook-signature"] == f"v1,{base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()}"
    )
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    states = dict(WebhookDelivery.objects.values_list("target__owner__login", "state"))
    assert states == {"reviewer": "delivered", "outsider": "unseen"}
    assert secret.encode() not in bytes(WebhookTarget.objects.first().secret)  # type: ignore[union-attr]


def test_how_near_the_target_is_is_told_to_staff_alone(committed_sample: Put, receiver: Receiver) -> None:
    sample = committed_sample("recommended")
    for login in ("surveyor", "mayor"):
        target_of(sample, login, receiver.url, "late")
    due = sample.case().stages.get(state="active").due_at
    assert due is not None
    warn_due(due + timedelta(hours=1))
    deliver_webhooks()
    assert [json.loads(body)["type"] for _, body in receiver.came] == ["case.late"]
    states = dict(WebhookDelivery.objects.values_list("target__owner__login", "state"))
    assert states == {"surveyor": "unseen", "mayor": "delivered"}


def test_a_step_that_is_taken_back_is_told_to_nobody(committed_sample: Put, receiver: Receiver) -> None:
    sample = committed_sample("recommended")
    target_of(sample, "reviewer", receiver.url)
    with pytest.raises(RuntimeError), transaction.atomic():
        acts.stop(sample.case(), "a court", viewer=sample.viewer("mayor"))
        assert WebhookDelivery.objects.count() == 1
        raise RuntimeError
    assert WebhookDelivery.objects.count() == deliver_webhooks() == 0


def now_due() -> None:
    WebhookDelivery.objects.filter(state="waiting").update(due_at=timezone.now())


def test_it_is_sent_again_later_under_the_same_id_and_given_up_at_last(
    committed_sample: Put, receiver: Receiver
) -> None:
    sample = committed_sample("recommended")
    target_of(sample, "reviewer", receiver.url)
    acts.stop(sample.case(), "a court", viewer=sample.viewer("mayor"))
    receiver.answers = [500, 302, 404]
    for wait_s in webhooks.WAITS_S[:3]:
        assert deliver_webhooks() == 1 and deliver_webhooks() == 0
        row = WebhookDelivery.objects.get()
        assert abs((row.due_at - timezone.now()).total_seconds() - wait_s) < 5
        now_due()
    assert len(receiver.came) == 3, "a redirect is not followed"
    deliver_webhooks()
    assert (WebhookDelivery.objects.get().state, WebhookDelivery.objects.get().attempts) == ("delivered", 4)
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1
    assert len({body for _, body in receiver.came}) == 1

    acts.reopen(sample.case(), "settled", viewer=sample.viewer("mayor"))
    receiver.answers = [503] * 20
    for _ in range(len(webhooks.WAITS_S) + 1):
        now_due()
        assert deliver_webhooks() == 1
    now_due()
    assert deliver_webhooks() == 0
    assert WebhookDelivery.objects.order_by("-pk")[0].state == "failed"


def test_a_worker_that_dies_is_followed_by_another(committed_sample: Put, receiver: Receiver) -> None:
    sample = committed_sample("recommended")
    target_of(sample, "reviewer", receiver.url)
    acts.stop(sample.case(), "a court", viewer=sample.viewer("mayor"))
    dead = webhooks._take()
    assert dead is not None and deliver_webhooks() == 0, "it is taken for a while"
    now_due()
    assert deliver_webhooks() == 1
    webhooks._told(dead, "500")
    assert WebhookDelivery.objects.get().state == "delivered", "what a late worker says changes nothing"


def test_many_workers_send_each_row_once(committed_sample: Put, receiver: Receiver) -> None:
    sample = committed_sample("recommended")
    target_of(sample, "reviewer", receiver.url)
    for _ in range(6):
        acts.stop(sample.case(), "a court", viewer=sample.viewer("mayor"))
        acts.reopen(sample.case(), "settled", viewer=sample.viewer("mayor"))

    def work(_: int) -> int:
        try:
            return deliver_webhooks()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 12
    ids = [headers["webhook-id"] for headers, _ in receiver.came]
    assert len(ids) == len(set(ids)) == 12


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://erp.example.sa/hook", True),
        ("https://erp.example.sa:8443/hook", True),
        ("https://a.b.city.sa/", True),
        ("http://plain.city.sa/", False),
        ("http://inside:8080/x", True),
        ("https://inside:8080/x", True),
        ("http://inside/x", False),
        ("https://city.sa/", False),
        ("https://eviltown.sa/", False),
        ("https://erp.example.sa.evil.sa/", False),
        ("https://erp.example.sa@evil.sa/", False),
        ("https://user:word@erp.example.sa/", False),
        ("https://erp.example.sa:x/", False),
        ("https://erp.example.sa/\r\nX: y", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_hosts_on_the_list_are_sent_to(settings: Any, url: str, fits: bool) -> None:
    settings.WEBHOOK_HOSTS = ["erp.example.sa", "*.city.sa", "http://inside:8080"]
    if fits:
        require_fit_address(url)
    else:
        with pytest.raises(UnfitAddress) as unfit:
            require_fit_address(url)
        assert unfit.value.ar and unfit.value.en


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "fd00::1", "224.0.0.1"],
)
def test_a_name_that_only_ends_so_leads_to_no_private_address(
    settings: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    settings.WEBHOOK_HOSTS = ["*.city.sa", "erp.city.sa"]
    answer = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", (address, 443))]
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(UnfitAddress):
        webhooks._resolved(*require_fit_address("https://a.city.sa/"))
    settings.WEBHOOK_HOSTS = ["erp.city.sa"]
    assert webhooks._resolved(*require_fit_address("https://erp.city.sa/")) == ("93.184.216.34", 443)


def test_the_commands_add_and_send(committed_sample: Put, receiver: Receiver) -> None:
    sample = committed_sample("recommended")
    with pytest.raises(CommandError):
        call_command("add_webhook", "nobody", receiver.url)
    with pytest.raises(CommandError):
        call_command("add_webhook", "reviewer", "https://elsewhere.example/")
    said = StringIO()
    call_command("add_webhook", "reviewer", receiver.url, "--event", "stop", stdout=said)
    assert "whsec_" in said.getvalue()
    acts.stop(sample.case(), "a court", viewer=sample.viewer("mayor"))
    call_command("deliver_webhooks", "--once", stdout=StringIO())
    assert len(receiver.came) == 1


def test_a_target_that_is_switched_off_is_told_nothing(committed_sample: Put, receiver: Receiver) -> None:
    sample = committed_sample("recommended")
    target, _ = target_of(sample, "reviewer", receiver.url)
    acts.stop(sample.case(), "a court", viewer=sample.viewer("mayor"))
    WebhookTarget.objects.filter(pk=target.pk).update(active=False)
    deliver_webhooks()
    acts.reopen(sample.case(), "settled", viewer=sample.viewer("mayor"))
    assert [row.state for row in WebhookDelivery.objects.all()] == ["unseen"] and not receiver.came
    assert WebhookDelivery.objects.get().due_at < timezone.now() + timedelta(minutes=2)
