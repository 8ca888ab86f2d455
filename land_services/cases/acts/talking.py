"""The thread of a case: what applicant and staff write to each other."""

from __future__ import annotations

from land_services.cases.at_work import take_up
from land_services.cases.errors import Incomplete
from land_services.cases.may import require
from land_services.cases.models import Case, CaseStep
from layers.viewer import Viewer

__all__ = ["say"]

LONGEST = 4000


def say(case: Case, text: str, *, viewer: Viewer) -> CaseStep:
    """Write to the other side; it is kept with the steps of the case and never rewritten."""
    text = text.strip()
    if not text:
        raise Incomplete("اكتب رسالتك.", "Write your message.")
    if len(text) > LONGEST:
        raise Incomplete(f"الرسالة أطول من {LONGEST} حرف.", f"The message is longer than {LONGEST} characters.")
    with take_up(case, viewer) as work:
        require(work, "say")
        step = work.say("say", note=text, by_filer=work.is_filer)
    return step
