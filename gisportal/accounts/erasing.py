"""Erasing an account: who it was goes, its number stays where cases and the audit name it."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils import timezone

from gisportal.accounts.models import Absence, Delegation, OfficeMembership, RoleGrant, User

__all__ = ["erase_account"]


def erase_account(user_id: int, names: bool) -> None:
    """Make an account nobody's; with ``names`` its names go as well, and nothing else."""
    user = User.objects.select_for_update().get(pk=user_id)
    if names:
        user.name_ar = user.name_en = ""
        user.save(update_fields=["name_ar", "name_en"])
        _forget_in_log(user)
        return
    now = timezone.now()
    for model in (RoleGrant, OfficeMembership):
        running = model.objects.filter(Q(valid_until=None) | Q(valid_until__gt=now), user=user)
        running.filter(valid_from__gte=now).delete()
        running.update(valid_until=now)
    lent = Delegation.objects.filter(Q(from_user=user) | Q(to_user=user))
    lent.filter(valid_from__gte=now).delete()
    lent.filter(valid_until__gt=now).update(valid_until=now)
    lent.update(reason="")
    Absence.objects.filter(user=user).update(reason="")
    Authenticator.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    user.login, user.email = f"erased-{user.pk}", ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()


def _forget_in_log(user: User) -> None:
    """The set-up's own log writes down what a changed row was called."""
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(user.pk)).update(object_repr=f"erased-{user.pk}")
