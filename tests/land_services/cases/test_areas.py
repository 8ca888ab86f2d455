"""Areas that people watch: told of what opens and closes there, and of nothing else."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from shapely import from_wkb

from gisportal.accounts.models import User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts, areas
from land_services.cases.acts import RemarkMade
from land_services.cases.areas import around, drawn, in_district, note_hits, unwatch
from land_services.cases.errors import ActionRefused, Incomplete, NotYours
from land_services.cases.models import AreaHit, AreaSubscription, Case
from land_services.notices.mail import make_mail
from land_services.notices.models import Outbox, Preference
from land_services.notices.relay import relay
from land_services.views.areas import shown_title
from layers.models import District, Parcel
from layers.viewer import ANONYMOUS
from tests.budget import budget
from tests.land_services.cases.test_at_once import at_once
from tests.sample import CRS, Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


@pytest.fixture
def told() -> Iterator[list[list[AreaHit]]]:
    heard: list[list[AreaHit]] = []
    before = areas._told.copy()
    areas.on_hits(lambda hits: heard.append(list(hits)))
    yield heard
    areas._told[:] = before


def corners_of(sample: Sample, dx: float = 0.0) -> list[tuple[float, float]]:
    """Return a square of 2 m within the lot, moved east by ``dx``."""
    parcel = Parcel.objects.get(uid=sample.uid, end_lifespan_version=None)
    inside = from_wkb(bytes(parcel.geom.wkb)).representative_point()
    x, y = inside.x + dx, inside.y
    return [(x - 1, y - 1), (x + 1, y - 1), (x + 1, y + 1), (x - 1, y + 1)]


def events(area: AreaSubscription) -> list[str]:
    return list(area.hits.order_by("pk").values_list("event", flat=True))


def test_each_kind_of_area_hears_of_a_request_that_opens_and_closes(sample: Sample, told: list[list[AreaHit]]) -> None:
    who = sample.viewer("resident")
    parcel = Parcel.objects.get(uid=sample.uid, end_lifespan_version=None)
    district = District.objects.get(end_lifespan_version=None, geom__contains=parcel.geom.point_on_surface)
    watched = [
        around(sample.label, 100, viewer=who),
        in_district(str(district.uid), viewer=who),
        drawn(corners_of(sample), "ours", viewer=who),
    ]
    elsewhere = drawn(corners_of(sample, 5000), "far away", viewer=who)
    case = sample.submitted()
    acts.withdraw(case, viewer=sample.viewer("surveyor"), reason="not needed any more")
    assert [events(area) for area in watched] == [["opened", "closed"]] * 3
    assert events(elsewhere) == []
    assert [[hit.area_id for hit in hits] for hits in told] == [[area.pk for area in watched]] * 2
    assert told[0][0].area.user_id == who.user_id


def test_a_case_taken_up_again_opens_again(sample: Sample) -> None:
    area = drawn(corners_of(sample), "ours", viewer=sample.viewer("resident"))
    case = sample.submitted()
    acts.reject(case, "no", viewer=sample.viewer("reviewer"))
    acts.reopen(case, "an appeal", viewer=sample.viewer("mayor"))
    assert events(area) == ["opened", "closed", "opened"]


def test_whoever_may_not_see_the_case_is_not_told_its_number(sample: Sample) -> None:
    for login in ("resident", "reviewer"):
        drawn(corners_of(sample), f"of {login}", viewer=sample.viewer(login))
    case = sample.submitted()
    pages = {}
    for login in ("resident", "reviewer", "outsider"):
        client = Client()
        client.force_login(sample.user(login))
        pages[login] = client.get("/en/follow/areas/").content.decode()
    assert "Land subdivision" in pages["resident"] and case.reference not in pages["resident"]
    assert case.reference in pages["reviewer"]
    assert "Land subdivision" not in pages["outsider"] and "of reviewer" not in pages["outsider"]


@pytest.mark.parametrize(
    ("corners", "title"),
    [
        ([(0, 0), (1, 1)], "two corners"),
        ([(0, 0), (10, 10), (10, 0), (0, 10)], "crossing"),
        ([(0, 0), (1, 1), (2, 2)], "a line"),
        ([(0, 0), (10_000, 0), (10_000, 10_000), (0, 10_000)], "too large"),
        ([(0, 0), (10, 0), (10, 10)], " "),
        ([(n, n * n) for n in range(201)], "too many corners"),
    ],
)
def test_an_area_that_cannot_be_is_refused(sample: Sample, corners: Any, title: str) -> None:
    with pytest.raises(Incomplete):
        drawn(corners, title, viewer=sample.viewer("resident"))
    assert not AreaSubscription.objects.exists()


def test_what_cannot_be_watched_is_refused(sample: Sample) -> None:
    who = sample.viewer("resident")
    for refused in (
        lambda: around("9/9/9999", 100, viewer=who),
        lambda: around("nothing", 100, viewer=who),
        lambda: around(sample.label, 99_999, viewer=who),
        lambda: in_district("no uid", viewer=who),
        lambda: in_district(sample.uid, viewer=who),
    ):
        with pytest.raises(Incomplete):
            refused()
    with pytest.raises(NotYours):
        around(sample.label, 100, viewer=ANONYMOUS)


def test_areas_are_limited_and_another_persons_are_not_touched(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(areas, "MOST_AREAS", 2)
    who = sample.viewer("resident")
    first, _ = (drawn(corners_of(sample), str(n), viewer=who) for n in range(2))
    with pytest.raises(ActionRefused, match="the most"):
        drawn(corners_of(sample), "one more", viewer=who)
    with pytest.raises(NotYours):
        unwatch(first.pk, viewer=sample.viewer("outsider"))
    unwatch(first.pk, viewer=who)
    drawn(corners_of(sample), "instead", viewer=who)


def test_the_page_adds_and_takes_away(sample: Sample) -> None:
    client = Client()
    assert client.get("/en/follow/areas/").status_code == 302
    client.force_login(sample.user("resident"))
    address = "/en/follow/areas/"
    corners = "\n".join(f"{x:.2f}, {y:.2f}" for x, y in corners_of(sample))
    assert client.post(address, {"kind": "polygon", "title": "حديقتي", "corners": corners}).status_code == 302
    assert client.post(address, {"kind": "circle", "parcel": sample.label, "radius": "250"}).status_code == 302
    assert client.post(address, {"kind": "circle", "parcel": "no/such/parcel", "radius": "250"}).status_code == 400
    assert client.post(address, {"kind": "polygon", "title": "x", "corners": "1 2 3"}).status_code == 400
    assert client.post(address, {"kind": "mischief"}).status_code == 400
    assert client.post(address, {"kind": "unwatch", "area": "999999"}).status_code == 403
    one = AreaSubscription.objects.get(title="حديقتي")
    assert client.post(address, {"kind": "unwatch", "area": str(one.pk)}).status_code == 302
    assert AreaSubscription.objects.get().kind == "circle"


# Being told -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mailed(settings: Any) -> None:
    settings.EMAIL_URL = "smtp://localhost"


def messages(login: str, sample: Sample) -> list[tuple[str, str]]:
    found = Outbox.objects.filter(event="area_changed", recipient=sample.user(login)).order_by("pk")
    return list(found.values_list("params__area", "channel"))


@pytest.mark.usefixtures("mailed")
def test_watchers_are_told_once_for_each_case_area_and_round(sample: Sample) -> None:
    User.objects.filter(login="resident").update(email="resident@office.example")
    mine = [drawn(corners_of(sample), str(n), viewer=sample.viewer("resident")) for n in range(2)]
    drawn(corners_of(sample), "of the filer", viewer=sample.viewer("surveyor"))
    drawn(corners_of(sample, 5000), "far away", viewer=sample.viewer("reviewer"))
    case = sample.submitted()
    both = [(str(area.pk), channel) for area in mine for channel in ("in_app", "email")]
    assert sorted(messages("resident", sample)) == sorted(both)
    assert messages("surveyor", sample) == messages("reviewer", sample) == []
    acts.withdraw(case, viewer=sample.viewer("surveyor"), reason="not needed any more")
    assert sorted(messages("resident", sample)) == sorted(both), "it closed in the same round"
    assert events(mine[0]) == ["opened", "closed"], "the list tells all"
    row = Outbox.objects.filter(event="area_changed").first()
    assert row is not None and row.reference == "" and set(row.params) == {"service", "area"}
    everything = f"{row.params} {row.key} {make_mail(row, 'x@y.example').message().as_string()}"
    assert case.reference not in everything and "Account" not in everything


def test_a_later_round_tells_again_and_who_wants_no_mail_gets_none(sample: Sample, mailed: None) -> None:
    User.objects.filter(login="resident").update(email="resident@office.example")
    Preference.objects.create(user=sample.user("resident"), by_email=False)
    area = drawn(corners_of(sample), "ours", viewer=sample.viewer("resident"))
    case = sample.submitted()
    acts.send_back(case, [RemarkMade("other", "x")], viewer=sample.viewer("reviewer"))
    acts.answer(case, 1, "done", viewer=sample.viewer("surveyor"))
    acts.submit(case, viewer=sample.viewer("surveyor"))
    assert messages("resident", sample) == [(str(area.pk), "in_app")]
    acts.withdraw(case, viewer=sample.viewer("surveyor"), reason="not needed any more")
    assert messages("resident", sample) == [(str(area.pk), "in_app")] * 2


def test_telling_many_takes_as_many_queries_as_telling_one(sample: Sample) -> None:
    counts = []
    for many in (1, 12):
        for n in range(many):
            who = User.objects.create_user(f"watcher{many}_{n}")
            drawn(corners_of(sample), "here", viewer=viewer_of(who))
        with CaptureQueriesContext(connection) as queries:
            note_hits(str(uuid.uuid4()), sample.open().reference, "subdivision", land_of(sample), "opened")
        counts.append(len([q for q in queries if "cases_area" in q["sql"] or "notices_" in q["sql"]]))
    assert counts[0] == counts[1] and Outbox.objects.filter(event="area_changed").count() == 1 + 13


def land_of(sample: Sample) -> Any:
    return from_wkb(bytes(Parcel.objects.get(uid=sample.uid, end_lifespan_version=None).geom.wkb))


@pytest.mark.usefixtures("mailed")
def test_it_is_stopped_from_the_message_without_signing_in(sample: Sample) -> None:
    User.objects.filter(login="resident").update(email="resident@office.example")
    area = drawn(corners_of(sample), "ours", viewer=sample.viewer("resident"))
    other = drawn(corners_of(sample), "theirs", viewer=sample.viewer("outsider"))
    sample.submitted()
    row = Outbox.objects.get(channel="email", recipient=sample.user("resident"), event="area_changed")
    mail = make_mail(row, "resident@office.example").message()
    address = mail["List-Unsubscribe"].strip("<>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in mail.get_payload():
        assert address in part.get_payload(decode=True).decode().replace("&amp;", "&")
    path, client = urlsplit(address).path, Client(enforce_csrf_checks=True)
    assert path.startswith("/ar/") and "متابعة" in client.get(path).content.decode()
    assert AreaSubscription.objects.filter(pk=area.pk).exists(), "a look stops nothing: programs follow links"
    tampered = path[:-3] + ("a" if path[-3] != "a" else "b") + path[-2:]
    for wrong in (tampered, path.replace("/stop/", "/stop/x"), "/en/follow/areas/stop/x/"):
        assert client.post(wrong).status_code == 404
    for _ in range(2):
        assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert list(AreaSubscription.objects.values_list("pk", flat=True)) == [other.pk]


def test_the_list_of_notices_leads_to_the_areas_and_stops_them(sample: Sample) -> None:
    area = drawn(corners_of(sample), "ours", viewer=sample.viewer("resident"))
    sample.submitted()
    relay()
    client = Client()
    client.force_login(sample.user("resident"))
    for language, words in (("en", "Stop following this area"), ("ar", "أوقف متابعة هذه المنطقة")):
        page = client.get(f"/{language}/notices/").content.decode()
        assert words in page and f'href="/{language}/follow/areas/"' in page
    (path,) = set(re.findall(r'href="(/ar/follow/areas/stop/[^"]+)"', page))
    assert client.post(path).status_code == 200 and not AreaSubscription.objects.filter(pk=area.pk).exists()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_stopping_while_cases_come_and_go_breaks_neither(committed_sample: Any) -> None:
    """An area that is stopped in the very moment is hit before it goes or not at all; nobody meets a fault."""
    sample = committed_sample("land")
    land = land_of(sample)
    watcher = sample.viewer("resident")
    references = [sample.open().reference for _ in range(3)]
    for _ in range(budget(6, 200)):
        watched = [drawn(corners_of(sample), str(n), viewer=watcher) for n in range(3)]

        def hit(reference: str) -> int:
            with transaction.atomic():
                return len(note_hits(str(uuid.uuid4()), reference, "subdivision", land, "opened"))

        doings = [partial(hit, reference) for reference in references]
        doings += [partial(unwatch, area.pk, viewer=watcher) for area in watched]
        done = at_once(*doings)
        assert not [one for one in done if isinstance(one, Exception)], done
        assert not AreaHit.objects.exists() and not AreaSubscription.objects.exists()
        told = Outbox.objects.filter(key__in=[key_of(area.pk, r) for area in watched for r in references])
        assert told.count() == sum(done[:3])


def key_of(area: int, reference: str) -> str:
    return f"area:{area}:case:{Case.objects.get(reference=reference).pk}:round:1"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_cases_submitted_at_once_tell_each_once_and_what_is_rolled_back_tells_nobody(committed_sample: Any) -> None:
    sample = committed_sample("land")
    area = drawn(corners_of(sample), "ours", viewer=sample.viewer("resident"))
    cases = []
    for login in ("surveyor", "outsider"):
        case = sample.open(login)
        acts.hand_in(case, sample.proper, viewer=sample.viewer(login), crs=CRS)
        cases.append((case, sample.viewer(login)))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        acts.submit(cases[0][0], viewer=cases[0][1])
        raise ZeroDivisionError
    assert not Outbox.objects.filter(event="area_changed").exists()
    done = at_once(*[partial(acts.submit, case, viewer=who) for case, who in cases])
    assert not [one for one in done if isinstance(one, Exception)], done
    keys = sorted(Outbox.objects.filter(event="area_changed").values_list("key", flat=True))
    assert keys == sorted(key_of(area.pk, case.reference) for case, _ in cases)


def test_what_was_typed_for_an_area_stays_beside_what_is_wrong_with_it(sample: Sample) -> None:
    client = Client()
    client.force_login(sample.user("resident"))
    address = "/en/follow/areas/"
    page = client.post(address, {"kind": "circle", "parcel": "1/2/3x", "radius": "250"}).content.decode()
    assert 'value="1/2/3x" aria-invalid="true"' in page and page.count('role="alert"') == 1
    page = client.post(address, {"kind": "polygon", "title": "park", "corners": "1 2 3"}).content.decode()
    assert 'value="park"' in page and ">1 2 3</textarea>" in page and 'id="area-problem"' in page


def test_the_radius_of_a_circle_is_in_the_unit_of_the_page() -> None:
    area = AreaSubscription(kind="circle", title="1/2/3 · 250 m")
    with override("ar"):
        assert shown_title(area) == "1/2/3 · 250 م"
    with override("en"):
        assert shown_title(area) == area.title
    assert shown_title(AreaSubscription(kind="polygon", title="a · 250 m")) == "a · 250 m"
