"""The papers go out."""

from __future__ import annotations

from land_services.cases.advancing import advance
from land_services.cases.at_work import look_at, take_up
from land_services.cases.errors import ActionRefused, NotYours
from land_services.cases.issuing import keep_papers, make_papers
from land_services.cases.may import holds, require
from land_services.cases.models import Case, IssuedDocument
from layers.viewer import Viewer

from .review import done

__all__ = ["issue"]


def issue(case: Case, *, viewer: Viewer) -> list[IssuedDocument]:
    """Make and keep the documents of an approved case; return them. Asked again, the same documents come back.

    Documents are made before the case is held, which takes seconds, and kept in one short transaction.

    Raises
    ------
    ActionRefused
        If this person may not issue, or the case is not approved, or something comes before.
    """
    seen = look_at(Case.objects.get(pk=case.pk), viewer)
    run = next((r for r in seen.runs.values() if r.kind == "issue"), None)
    if run is None:
        raise ActionRefused("لم يُعتمد هذا الطلب بعد.", "This case is not approved yet.")
    if run.state == "done":
        if not holds(viewer, run, "issue"):
            raise NotYours("إصدار الوثائق ليس من صلاحياتك.", "Issuing documents is not one of your tasks.")
        return list(seen.case.documents.order_by("pk"))
    if seen.case.state == "submitted" and run.state == "active" and holds(viewer, run, "issue"):
        with take_up(case, viewer) as work:  # judged before its stages alone could approve it
            advance(work)
            work.case.save()
        seen = look_at(work.case, viewer)
    require(seen, "issue", run)
    if seen.case.erasures.filter(outcome="").exists():
        raise ActionRefused(
            "طُلب في هذا الطلب محو بيانات ولم يُبت فيه: يُبت فيه قبل الرد.",
            "An erasure was asked for in this case and is not decided: decide it before the answer goes out.",
        )
    papers = make_papers(seen.case, viewer)
    with take_up(case, viewer) as work:
        run = work.runs[run.code]
        if run.state == "done":  # somebody was faster
            return list(work.case.documents.order_by("pk"))
        require(work, "issue", run)
        kept = keep_papers(work.case, papers)
        done(work, run, "issue")
        work.case.issue()
        work.case.due_at = None  # what the service promises is out; what follows has targets of its own
        work.say("issue", run.code, documents={document.number: document.sha256 for document in kept})
        advance(work)
        work.case.save()
    return kept
