"""Worker: the service of a package of its own, tested, filed on the sample and carried to its papers.

Run as ``python -m tests.land_services.own.filing FOLDER PARCEL`` in a database with the sample's land.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gisportal.settings")

NUMBER = 9871


def main(folder: Path, uid: str) -> None:
    import django

    django.setup()
    from django.test import override_settings

    with override_settings(MEDIA_ROOT=folder / "media"):
        print(json.dumps(told(folder, uid), ensure_ascii=False))  # noqa: T201  the protocol


def told(folder: Path, uid: str) -> dict[str, object]:
    from importlib import import_module
    from io import StringIO

    import shapely
    from django.core.management import call_command

    from land_services.cases import acts
    from land_services.domain import FactsQuery
    from land_services.register.selectors import load_facts, titles_of
    from land_services.rules import authorities, load_pack
    from tests.land_services.cases.land_cases import draft, draw, issued, papers
    from tests.land_services.real.histories import Office
    from tests.sample import CRS

    test_renumbering = import_module("ourtown.test_renumbering")
    checked = StringIO()
    call_command("check", stdout=checked)  # the command of the page, without another start
    tests = [name for name in vars(test_renumbering) if name.startswith("test_")]
    for name in tests:
        getattr(test_renumbering, name)()

    office = Office(folder)
    before = load_facts(FactsQuery((uid,), 60.0))
    parcel = before.parcels[0]
    outline = shapely.get_parts(parcel.geometry)[0]
    path = draw(folder, (parcel.parcel_no, outline))
    taken = next(iter(before.sibling_numbers - {parcel.parcel_no}))

    def asked(number: object) -> tuple[object, object]:
        case = draft(office, "renumbering", [uid], {"new_number": number})  # type: ignore[arg-type]
        attempt, _ = acts.hand_in(case, path, viewer=office.viewer("surveyor"), crs=CRS)
        return case, attempt

    case, refused = asked(taken)
    acts.withdraw(case, viewer=office.viewer("surveyor"))  # type: ignore[arg-type]
    case, attempt = asked(NUMBER)
    assert attempt.fit, attempt.report  # type: ignore[attr-defined]
    case = issued(office, acts.submit(case, viewer=office.viewer("surveyor")))  # type: ignore[arg-type]
    after = load_facts(FactsQuery((uid,), 60.0)).parcels[0]
    return {
        "check": checked.getvalue(),
        "tests": tests,
        "packs": {code: load_pack(code).history("number_most_figures")[0].value for code in authorities()},
        "refused": [
            (one["rule"], one["message"]["ar"], one["message"]["en"], one["source"]["title"])
            for one in refused.report["findings"]  # type: ignore[attr-defined]
            if one["severity"] == "error"
        ],
        "state": case.state,
        "numbers": [parcel.parcel_no, after.parcel_no],
        "moved": not after.geometry.equals_exact(parcel.geometry, 0.0),
        "pending": all(deed.pending for title in titles_of([uid]) for deed in title.deeds),
        "kinds": [document.kind for document in case.documents.order_by("pk")],
        "papers": papers(case),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
