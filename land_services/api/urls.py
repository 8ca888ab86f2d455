"""Addresses of services and cases below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import IntConverter

from . import areas, cases, decisions, doing, files, parcels, reasons, schema, services


class KeyConverter(IntConverter):
    """A key as the database holds it: no number beyond that leads to a row."""

    regex = "[0-9]{1,9}"


register_converter(KeyConverter, "key")

ONE = "cases/<str:reference>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", schema.schema, name="api-schema"),
    path("services/", services.services, name="api-services"),
    path("services/<str:code>", services.service, name="api-service"),
    path("decisions/inquiry", decisions.inquiry, name="api-decision-inquiry"),
    path("cases/", cases.cases, name="api-cases"),
    path("reasons/", reasons.reasons, name="api-reasons"),
    path("areas/", areas.areas, name="api-areas"),
    path("areas/<key:key>", areas.area, name="api-area"),
    path("parcels/<uuid:uid>/deed", parcels.deed, name="api-parcel-deed"),
    path(ONE, cases.case, name="api-case"),
    path(f"{ONE}/form", cases.fill, name="api-case-form"),
    path(f"{ONE}/follow-code", cases.follow_code, name="api-case-follow-code"),
    path(f"{ONE}/check", files.check, name="api-case-check"),
    path(f"{ONE}/acts/<str:word>", doing.act, name="api-case-act"),
    path(f"{ONE}/files", files.attach, name="api-case-attach"),
    path(f"{ONE}/files/<key:key>", files.paper, name="api-case-file"),
    path(f"{ONE}/attempts", files.hand_in, name="api-case-hand-in"),
    path(f"{ONE}/attempts/<key:number>", files.report, name="api-case-attempt"),
    path(f"{ONE}/attempts/<key:number>/file", files.attempt, name="api-case-attempt-file"),
    path(f"{ONE}/documents/<key:key>", files.document, name="api-case-document"),
]
