"""Branches work on their own districts: a request lies where its land does, and a role holds where it is held."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.viewer import viewer_of
from land_services.cases import acts
from land_services.cases.errors import NotYours
from land_services.cases.models import Case
from land_services.offices.models import WorkArea
from land_services.offices.work_areas import area_of
from land_services.views.access import visible_cases
from land_services.views.work import my_stages
from layers.models import AuditRow
from layers.viewer import Viewer
from tests.land_services.cases.test_documents_only import file_request
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


@pytest.fixture
def sample(sample_land: Sample) -> Sample:
    return sample_land


def district_of(uid: str) -> UUID:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT d.uid FROM layers_district d
               JOIN layers_parcel p ON ST_Contains(d.geom, ST_PointOnSurface(p.geom))
               WHERE p.uid = %s AND p.end_lifespan_version IS NULL AND d.end_lifespan_version IS NULL""",
            [uid],
        )
        ((found,),) = cursor.fetchall()
    return found  # type: ignore[no-any-return]


def somebody(login: str, **roles: str) -> Viewer:
    """Return an account with roles, each held in an area ("" for everywhere)."""
    user = User.objects.create(login=login)
    for role, area in roles.items():
        RoleGrant.objects.create(user=user, role=role, area=area)
    return viewer_of(user)


def permit(sample: Sample, area: str) -> Case:
    """A building permit that waits for its clerk in an area."""
    case = file_request(sample, "building_permit")
    Case.objects.filter(pk=case.pk).update(area=area)
    case.stages.update(area=area)
    case.refresh_from_db()
    return case


def test_a_request_lies_where_most_of_its_land_does(sample: Sample) -> None:
    mine = district_of(sample.uid)
    assert area_of([sample.uid]) == "" == area_of([]), "no area of work is set up"
    other = WorkArea.objects.create(code="south", name_ar="الجنوب", name_en="South", districts=[UUID(int=1)])
    assert area_of([sample.uid]) == ""
    WorkArea.objects.create(code="north", name_ar="الشمال", name_en="North", districts=[mine])
    case = file_request(sample, "building_permit")
    assert case.area == "north" and set(case.stages.values_list("area", flat=True)) == {"north"}
    with connection.cursor() as cursor:  # a strip of the lot lies in another district, which belongs to the south
        cursor.execute(
            "SELECT ST_AsEWKB(ST_Buffer(ST_PointN(ST_ExteriorRing(ST_GeometryN(geom, 1)), 1), 0.5))"
            " FROM layers_parcel WHERE uid = %s AND end_lifespan_version IS NULL",
            [sample.uid],
        )
        ((corner,),) = cursor.fetchall()
        cursor.execute(
            "INSERT INTO layers_district (uid, begin_lifespan_version, name_ar, name_en, code, municipality, geom)"
            " VALUES (%s, now(), 'x', 'x', '', '', ST_Multi(%s::geometry))",
            [str(UUID(int=1)), bytes(corner)],
        )
    assert area_of([sample.uid]) == "north"
    other.delete()


def test_a_role_does_not_carry_another_one_to_where_it_is_not_held(sample: Sample) -> None:
    west = permit(sample, "west")
    head = somebody("head_and_cashier", building_head="north", cashier="")
    with pytest.raises(NotYours):
        acts.stop(west, "لا", viewer=head)
    acts.stop(permit(sample, "north"), "حكم", viewer=head)
    mixed = somebody("clerk_and_reviewer", clerk="south", reviewer="west")
    assert west not in visible_cases(mixed), "no stage of a permit is a survey reviewer's"
    assert not my_stages(mixed).filter(case=west).exists()
    with pytest.raises(NotYours):
        acts.finish(west, viewer=mixed)


def test_whoever_watches_one_area_still_sees_the_work_of_another(sample: Sample) -> None:
    viewer = somebody("archive_and_clerk", archive="north", clerk="south")
    south, north, west = (permit(sample, area) for area in ("south", "north", "west"))
    assert set(visible_cases(viewer)) == {south, north}
    assert [run.case for run in my_stages(viewer)] == [south]
    acts.finish(south, viewer=viewer)
    with pytest.raises(NotYours):
        acts.say(west, "؟", viewer=viewer)


def test_what_lies_in_no_area_is_everybodys_of_the_role_and_an_assigned_stage_is_seen_anywhere(sample: Sample) -> None:
    nowhere, west = permit(sample, ""), permit(sample, "west")
    clerk = somebody("clerk_of_the_south", clerk="south")
    assert set(visible_cases(clerk)) == {nowhere}
    assert [run.case for run in my_stages(clerk)] == [nowhere]
    west.stages.filter(code="completeness").update(assignee=clerk.user_id)
    assert {run.case for run in my_stages(clerk)} == {nowhere, west}


def test_the_set_up_takes_each_district_once_and_a_role_only_in_an_area_there_is(
    client: Client, sample: Sample
) -> None:
    admin = User.objects.create_superuser("the_admin")
    client.force_login(admin)
    district = str(district_of(sample.uid))
    form = {"code": "north", "name_ar": "الشمال", "name_en": "North", "districts": [district]}
    page = "/en/admin/offices/workarea/add/"
    assert district in client.get(page).content.decode()
    assert client.post(page, form).status_code == 302
    (told,) = AuditRow.objects.filter(action="workarea.create")
    assert told.actor_id == admin.pk and told.payload["values"]["code"] == "north"
    again = client.post(page, {**form, "code": "south"})
    assert again.status_code == 200 and "belong to another area of work: north" in again.content.decode()
    wrong = client.post(page, {**form, "code": "east", "districts": [str(UUID(int=9))]})
    assert wrong.status_code == 200 and not WorkArea.objects.filter(code="east").exists()
    change = client.get(f"/ar/admin/offices/workarea/{WorkArea.objects.get().pk}/change/").content.decode()
    assert 'name="code"' not in change and "منطقة عمل" in change
    client.force_login(sample.user("planner"))
    assert client.get(page).status_code in (302, 403)


def test_staff_read_on_the_case_where_it_lies(client: Client, sample: Sample) -> None:
    WorkArea.objects.create(
        code="north", name_ar="فرع الشمال", name_en="North branch", districts=[district_of(sample.uid)]
    )
    case = file_request(sample, "building_permit")
    for login, shown in (("clerk", True), ("resident", False)):
        client.force_login(sample.user(login))
        assert ("فرع الشمال" in client.get(f"/ar/cases/{case.reference}/").content.decode()) is shown
