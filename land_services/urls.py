"""Pages of land services; they carry the language prefix."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from land_services.api import pages
from land_services.views import (
    areas,
    case,
    case_acts,
    case_files,
    cases,
    erasures,
    field,
    follow,
    inquiry,
    parcel,
    reasons,
    work,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("cases/", cases.cases, name="cases"),
    path("work/", work.work, name="work"),
    path("follow/", follow.follow, name="follow"),
    path("decisions/", inquiry.inquiry, name="decision-inquiry"),
    path("follow/areas/", areas.areas, name="areas"),
    path("follow/areas/stop/<str:word>/", areas.stop, name="area-stop"),
    path("cases/open/", cases.open_case, name="case-open"),
    path("cases/reasons/", reasons.reasons, name="case-reasons"),
    path("cases/reasons.csv", reasons.reasons_csv, name="case-reasons-csv"),
    path("cases/<str:reference>/", case.case, name="case"),
    path("cases/<str:reference>/act/", case_acts.act, name="case-act"),
    path("cases/<str:reference>/form/", case_acts.fill, name="case-fill"),
    path("cases/<str:reference>/code/", case_acts.secret, name="case-code"),
    path("cases/<str:reference>/file/", case_acts.hand_in, name="case-hand-in"),
    path("cases/<str:reference>/papers/", case_acts.attach, name="case-attach"),
    path("cases/<str:reference>/papers/<int:key>/", case_files.paper, name="case-paper"),
    path("cases/<str:reference>/papers/<int:key>/preview/<int:page>.png", case_files.preview, name="case-preview"),
    path("cases/<str:reference>/files/<int:number>/", case_files.attempt_file, name="case-file"),
    path("cases/<str:reference>/documents/<int:key>/", case_files.document, name="case-document"),
    path("cases/<str:reference>/field/<int:visit>/", field.page, name="case-field"),
    path("cases/<str:reference>/field/<int:visit>/worker.js", field.worker, name="case-field-worker"),
    path("cases/<str:reference>/field/<int:visit>/data/", field.data, name="case-field-data"),
    path("cases/<str:reference>/field/<int:visit>/items/", field.item, name="case-field-item"),
    path("cases/<str:reference>/field/<int:visit>/record/", field.record, name="case-field-record"),
    path("erasures/", erasures.erasures, name="erasures"),
    path("erasures/<int:key>/", erasures.erasure, name="erasure"),
    path("accounts/tokens/", pages.tokens, name="api-tokens"),
    path("accounts/tokens/<int:key>/revoke/", pages.revoke, name="api-token-revoke"),
    path("parcels/<uuid:uid>/", parcel.parcel, name="parcel"),
]
