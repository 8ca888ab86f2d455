"""The form of an absence: who is away, from which day to which, and who stands in for which role."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gisportal.accounts.models import RoleGrant, User
from gisportal.accounts.roles import Role
from gisportal.accounts.standing_in import delegate, grants_under, may_stand_in, report_absence
from layers.viewer import Viewer

__all__ = ["AbsenceForm"]

LONGEST_DAYS = 366


class GrantField(forms.ModelMultipleChoiceField):
    """Roles of persons, as "role (area), person"."""

    def label_from_instance(self, obj: RoleGrant) -> str:  # type: ignore[override]
        where = f" ({obj.area})" if obj.area else ""
        return f"{Role(obj.role).label}{where}: {obj.user}"


class AbsenceForm(forms.Form):
    person = forms.ModelChoiceField(queryset=User.objects.none(), label=_("Who is away"))
    first_day = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
    roles = GrantField(
        queryset=RoleGrant.objects.none(),
        required=False,
        label=_("Roles that somebody else holds meanwhile"),
        help_text=_("Only roles of the person who is away."),
    )
    stands_in = forms.ModelChoiceField(queryset=User.objects.none(), required=False, label=_("Who stands in"))
    reason = forms.CharField(required=False, max_length=200, label=_("Reason"))

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewer = viewer
        grants = grants_under(viewer)
        self.fields["roles"].queryset = grants  # type: ignore[attr-defined]
        people = User.objects.filter(pk__in=grants.values("user_id")).order_by("name_ar", "login")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        self.fields["person"].initial = viewer.user_id
        self.fields["stands_in"].queryset = may_stand_in()  # type: ignore[attr-defined]
        for name in ("first_day", "last_day"):
            self.fields[name].widget.attrs["dir"] = "ltr"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._days(given.get("first_day"), given.get("last_day"))
        person, roles, to = given.get("person"), given.get("roles"), given.get("stands_in")
        if roles and to is None and "stands_in" not in self.errors:
            self.add_error("stands_in", ValidationError(_("Choose who holds these roles meanwhile.")))
        if to is not None and not roles and "roles" not in self.errors:
            self.add_error("roles", ValidationError(_("Choose the roles that this person holds meanwhile.")))
        if to is not None and to == person:
            self.add_error("stands_in", ValidationError(_("Nobody stands in for themselves.")))
        if roles and person is not None and any(grant.user_id != person.pk for grant in roles):
            self.add_error("roles", ValidationError(_("One of these roles is not held by the person who is away.")))
        return given

    def _days(self, first: date | None, last: date | None) -> None:
        if first is None or last is None:
            return
        if last < first:
            self.add_error("last_day", ValidationError(_("The last day lies before the first.")))
        elif last < timezone.localdate():
            self.add_error("last_day", ValidationError(_("This time is over already.")))
        elif (last - first).days > LONGEST_DAYS:
            self.add_error("last_day", ValidationError(_("A year at most: record the rest when it comes.")))

    def save(self) -> None:
        """Record the absence and one delegation for each role."""
        given, actor = self.cleaned_data, self.viewer.user_id
        begin, until = _midnight(given["first_day"]), _midnight(given["last_day"] + timedelta(days=1))
        begin = max(begin, timezone.now())
        report_absence(given["person"], begin, until, actor_id=actor, reason=given["reason"])
        for grant in given["roles"]:
            delegate(grant, given["stands_in"], begin, until, actor_id=actor, reason=given["reason"])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
