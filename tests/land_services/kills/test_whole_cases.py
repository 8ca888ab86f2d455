"""Anything is killed anywhere in whole cases and started again: no step is lost, and none done twice.

Offices, reviewers, agencies, cashiers and registrars work through the API, each sending again what broke off, while
processes of every kind die: web workers and their master, the worker, the clock, the sealer, the broker, sessions with
the database, the whole database. At the end everything that is kept is held against what was done.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from gisportal.accounts.models import User
from gisportal.bench.lots import Lot
from gisportal.simulation.land import divided, read_land
from gisportal.simulation.people import People, make_people
from gisportal.simulation.requests import write_papers
from land_services.api.models import WebhookDelivery
from land_services.api.tokens import make_token
from land_services.api.webhooks import add_target, new_secret
from land_services.cases.checking import check_file
from land_services.cases.looks import LOOKS
from land_services.cases.models import Attempt, Case, CaseFile, CaseStep, Invoice, IssuedDocument
from land_services.cases.proof import case_faults
from land_services.catalogue import load_catalogue
from land_services.notices.models import Notice, Outbox
from land_services.register.models import RegisterEntry
from land_services.register.proof import audit_register
from layers import audit
from layers.models import AuditRow
from tests import sample
from tests.budget import SOAK, budget
from tests.land_services.kills.clients import Line, WholeCase
from tests.land_services.kills.municipality import Municipality
from tests.land_services.notices.house import until

pytestmark = pytest.mark.timeout(0)

CLIENTS = 3
THREADS = 4
"""So many things at once does the worker that ``make serve`` starts."""
APART_M = 60.0
LONGEST_WAIT_S = 30
"""Papers take seconds to make: whoever waits for so long is not interrupted again before the answer is there."""
SERVICES = ("subdivision", "excavation_permit", "street_naming") + (
    ("restoration_permit", "change_of_use", "tree_removal", "occupancy_certificate", "site_plan_copy") if SOAK else ()
)
ANSWER = "answer"
"""A web worker is killed when an act is done and before whoever asked for it has heard."""
EVERYDAY = (ANSWER, "worker", "postmaster", "web master", "sessions")


class Town:
    """Who lives and works there, the land that may be asked about, and every case that was begun."""

    def __init__(self, house: Municipality, folder: Path) -> None:
        self.house, self.folder, self.lock = house, folder, threading.Lock()
        self.cards = {code: load_catalogue()[code] for code in SERVICES}
        self.people: People = make_people(self.cards.values())
        self.papers = write_papers(folder / "papers")
        self.cases: list[WholeCase] = []
        land = read_land(7)
        self.lots = self._fit_lots(land.wide, budget(1, 40))
        taken = {lot.uid for lot in land.wide}
        self.parcels = [uid for uid in land.parcels if uid not in taken]
        self.line = Line(house.port, self._tokens())
        self._count = itertools.count()

    def _fit_lots(self, wide: list[Lot], at_most: int) -> list[tuple[str, Path]]:
        """Return lots that may be divided, each with its drawing, apart from each other."""
        found: list[Lot] = []
        drawn: list[tuple[str, Path]] = []
        for number, lot in enumerate(wide):
            path = self.folder / f"survey-{number}.dxf"
            if len(drawn) == at_most:
                break
            if any(lot.outline.distance(other.outline) < APART_M for other in found) or not divided(lot).write(path):
                continue
            today = timezone.localdate()
            if check_file("subdivision", path, [lot.uid], reference="-", filed_on=today, crs=sample.CRS).fit:
                found.append(lot)
                drawn.append((lot.uid, path))
        assert drawn
        return drawn

    def _tokens(self) -> dict[int, str]:
        until_then, tokens = timezone.now() + timedelta(days=1), {}
        for user in User.objects.filter(login__startswith="sim_"):
            tokens[user.pk] = make_token(user, "kills", "write", until_then)
            User.objects.filter(pk=user.pk).update(email=f"{user.login}@office.example")
        return tokens

    def line_owner(self) -> int:
        """Return who is told of every step: a director sees every case that was submitted."""
        return self.people.by_role["director"][0].user_id or 0

    def next_case(self) -> WholeCase:
        """Return the next request to be filed: of each service in turn, a subdivision while there are lots."""
        with self.lock:
            number = next(self._count)
            code = SERVICES[number % len(SERVICES)]
            draw, parcels, survey = Random(number), list[str](), None
            card = self.cards[code]
            if card.register and not self.lots:
                code = SERVICES[1]
                card = self.cards[code]
            if card.register:
                uid, survey = self.lots.pop()
                parcels = [uid]
            elif card.land == "required":
                parcels = [draw.choice(self.parcels)]
            begun = WholeCase(self.line, card, self.people, self.papers, draw, parcels, survey)
            self.cases.append(begun)
            return begun


@pytest.fixture(scope="module")
def town(django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    house = Municipality(folder)
    with django_db_blocker.unblock():
        try:
            house.make_database()
            with house.used_by_this_process():
                house.migrate()
                sample._build_land()
                made = Town(house, folder)
                add_target(made.line_owner(), house.other.address + "/steps", [], new_secret())
                connection.close()
                house.open()
                yield made
        finally:
            house.close()


def kill(town: Town, kills: int, clients: list[Future[None]]) -> None:
    """Kill so many times, at random moments of the work; after each, what died is started again."""
    house, chance = town.house, town.house.chance
    for number in range(kills):
        before = town.line.answered

        def goes_on(before: int = before) -> bool:
            house.mend()  # what did not come up, because an orphan still held the port, is started once more
            answered = town.line.answered > before and town.line.longest_wait_s() < LONGEST_WAIT_S
            return answered or failed(clients)

        until(goes_on, 240, "everybody was answered")
        if failed(clients):
            return
        # A worker takes seconds to start: some kills find it at work, the others starting.
        time.sleep(chance.uniform(2, 5) if SOAK and chance.random() < 0.4 else chance.uniform(0, 1.5))
        kind = chance.choice((*house.KINDS, ANSWER, ANSWER)) if SOAK else EVERYDAY[number % len(EVERYDAY)]
        if kind == ANSWER:
            town.line.before_answer = partial(house.strike, "web worker")
            until(lambda: town.line.before_answer is None or failed(clients), 240, "an answer was lost")
        else:
            house.strike(kind)
        time.sleep(chance.choice([0.0, 0.0, 0.5]))
        house.mend()


def failed(clients: list[Future[None]]) -> bool:
    return any(client.done() and client.exception() for client in clients)


def work(town: Town, is_over: Callable[[], bool]) -> None:
    """File cases and carry them to their end, one after the other: one at least, and on until it is over."""
    while True:
        town.next_case().live()
        if is_over():
            return


def test_whole_cases_survive_every_kill(town: Town) -> None:
    kills, over = budget(len(EVERYDAY), 200), threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients: list[Future[None]] = [pool.submit(work, town, over.is_set) for _ in range(CLIENTS)]
        try:
            kill(town, kills, clients)
        finally:
            over.set()
        for client in clients:
            client.result()
    worked = time.monotonic() - began
    connection.close()
    settle(town)
    prove_cases(town)
    prove_files(town)
    prove_audit(town)
    mails = prove_messages(town, kills)
    hooks = prove_webhooks(town, kills)
    assert town.line.replayed >= town.line.lost > 0, "what was done and not heard of is answered alike"
    line, acts = town.line, sum((case.done for case in town.cases), Counter())
    print(  # noqa: T201 - shown with -s
        f"\n{kills} kills in {worked:.0f} s: {dict(town.house.done)}\n"
        f"{len(town.cases)} cases, {sum(acts.values())} acts, {line.answered} answers, {line.lost} lost; "
        f"{line.replayed} answered alike, sent again: {dict(line.again)}\nmails: {mails}; webhooks: {hooks}"
    )


def settle(town: Town) -> None:
    """Wait until everything that was to be told is told; what waits for its next attempt need not wait in a test."""

    def is_told() -> bool:
        town.house.mend()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE notices_outbox SET next_try_at = clock_timestamp() WHERE sent_at IS NULL")
            cursor.execute(
                "UPDATE case_api_webhookdelivery SET due_at = clock_timestamp() WHERE state = 'waiting'"
                " AND due_at > clock_timestamp() + interval '10 s'"
            )
        time.sleep(0.3)
        waiting = (
            Outbox.objects.filter(sent_at=None).exists() or WebhookDelivery.objects.filter(state="waiting").exists()
        )
        return not waiting

    try:
        until(is_told, 180, "told")
    except AssertionError as error:
        raise AssertionError(town.house.end_of_log()) from error


# What must hold -------------------------------------------------------------------------------------------------------


def prove_cases(town: Town) -> None:
    """Each act stands once in the record of its case, and no case holds what nobody did."""
    assert Case.objects.count() == len(town.cases) == len({case.reference for case in town.cases})
    for begun in town.cases:
        case = Case.objects.get(reference=begun.reference)
        steps = Counter(case.steps.values_list("act", flat=True))
        if all(stage.kind != "decision" for stage in begun.card.stages):
            assert steps.pop("approve") == 1, "granted with the last stage that judged it"
        by_people = Counter({act: n for act, n in steps.items() if act not in ("close", "refer", "conflict")})
        assert by_people == begun.done, begun.reference
        assert steps["close"] == 1 and case.state == "closed"
        assert set(case.stages.values_list("state", flat=True)) == {"done"}
        prove_money_and_papers(begun, case)
    assert not list(case_faults())
    assert Invoice.objects.exclude(receipt="").values("receipt").distinct().count() == (
        Invoice.objects.exclude(receipt="").count()
    )


def prove_money_and_papers(begun: WholeCase, case: Case) -> None:
    has_payment = case.stages.filter(kind="payment").exists()
    assert Invoice.objects.filter(case=case).count() == int(has_payment)
    papers = {paper.number: paper.sha256 for paper in case.documents.all()}
    assert papers and len(papers) == case.documents.count()
    assert case.steps.get(act="issue").details["documents"] == papers
    entries = RegisterEntry.objects.filter(reference=case.reference).order_by("pk")
    wanted = [case.service, "registry"] if begun.card.register else []  # the decision, and the registry's answer to it
    assert [entry.service for entry in entries] == wanted
    assert case.entry == entries.first()
    assert case.attempts.count() == begun.done["hand_in"] and case.files.count() == begun.done["attach"]
    asked = Counter(case.referrals.values_list("agency", "component", "answer"))
    assert set(asked.values()) <= {1} and all(answer for _, _, answer in asked)


def prove_files(town: Town) -> None:
    """What rows refer to is there and whole, and nothing else lies beside it."""
    kept = {
        row.file.name: row.sha256
        for rows in (CaseFile.objects.all(), Attempt.objects.all(), IssuedDocument.objects.all())
        for row in rows
    }
    assert town.house.files() == kept


def prove_audit(town: Town) -> None:
    """The chain holds, and every step has one row of it."""
    until(lambda: audit.seal() == 0, 60, "sealed")
    report = audit_register()
    assert report["ok"], report["promises"]
    told = AuditRow.objects.filter(action__startswith="case.").exclude(action__in=LOOKS)
    rows = told.values_list("payload__step", "action", "subject")
    steps = [(step.pk, f"case.{step.act}", step.case.reference) for step in CaseStep.objects.select_related("case")]
    assert sorted(rows) == sorted(steps)


def prove_messages(town: Town, kills: int) -> str:
    """On the pages once; by mail at least once, again only around a kill, and each such time counted."""
    rows = list(Outbox.objects.values_list("key", "recipient_id", "channel", "message_id", "in_doubt", "failed_at"))
    assert not any(failed for *_, failed in rows)
    wanted = sorted((key, recipient) for key, recipient, channel, *_ in rows if channel == "in_app")
    assert sorted(Notice.objects.values_list("key", "recipient_id")) == wanted
    for begun in town.cases:
        told = Counter(
            Notice.objects.filter(reference=begun.reference, recipient=begun.filer).values_list("event", flat=True)
        )
        assert told["case_received"] == told["case_issued"] == 1, (begun.reference, told)
        assert told["case_returned"] == begun.done["return"]
    doubts = {message: doubt for _, _, channel, message, doubt, _ in rows if channel == "email"}
    mail = town.house.mail
    assert set(mail.copies) == set(doubts), "every mail arrived, and none that nobody wrote"
    for message, copies in mail.copies.items():
        assert 1 <= copies <= 1 + doubts[message], (message, copies, doubts[message])
        for before, after in itertools.pairwise(mail.times[message]):
            assert any(before - 3 <= at <= after for at in town.house.kills), "sent again though nobody was killed"
    again = sum(mail.copies.values()) - len(doubts)
    assert again <= sum(doubts.values()) <= kills * THREADS
    return f"{len(doubts)}, sent again {again}, in doubt {sum(doubts.values())}; on pages {len(wanted)}"


def prove_webhooks(town: Town, kills: int) -> str:
    """Every step was told to the other system, alike each time; what was still a draft its owner may not see."""
    rows = list(WebhookDelivery.objects.values_list("step_id", "uid", "state", "attempts", "step__round"))
    assert sorted(step for step, *_ in rows) == sorted(CaseStep.objects.values_list("pk", flat=True))
    assert {state for _, _, state, _, round_ in rows if round_ > 0} == {"delivered"}
    assert {state for _, _, state, _, _ in rows} <= {"delivered", "unseen"}
    delivered = {str(uid): attempts for _, uid, state, attempts, _ in rows if state == "delivered"}
    other = town.house.other
    assert set(other.copies) == set(delivered) and not other.unlike
    assert all(other.copies[uid] <= attempts for uid, attempts in delivered.items())
    again = sum(other.copies.values()) - len(delivered)
    assert again <= kills * THREADS
    return f"{len(delivered)}, sent again {again}"
