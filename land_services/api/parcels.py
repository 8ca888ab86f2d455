"""Whether land and deed of a parcel agree, for anybody: the same words as on its page."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse

from land_services.register.deed_state import deed_states
from land_services.register.personal import READERS
from land_services.views.access import viewer_of
from layers.locator.asking import read_moment
from layers.models import Parcel
from layers.ogc.parameters import plain_query

from .answers import endpoint, json_answer
from .shapes import deed_state_json

__all__ = ["deed"]


def _deed(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    asked = plain_query(request.GET, ("at", "lang"))
    if not Parcel.objects.filter(uid=uid).exists():
        raise Http404
    (key, state) = next(iter(deed_states([str(uid)], at=read_moment(asked, "at")).items()))
    return json_answer(deed_state_json(key, state, with_deeds=viewer_of(request).has_role(*READERS)))


deed = endpoint(get=_deed, is_open=True)
