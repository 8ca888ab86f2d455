"""Proves of all cases, from the stored rows alone, that each stands where its stages and its record say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import connection

from .looks import LOOKS
from .models.case import CASE_STATES

__all__ = ["case_faults"]

BESIDE: Final = (*LOOKS, "case.field_file")
"""What the audit tells of a case beside its steps."""

# Where the applicant alone is asked for something (``asked``), the clock stands; in cases of before it may run.
_STANDS = """
SELECT c.reference, CASE
    WHEN c.state <> ALL (%(states)s) THEN 'the state is not a declared one'
    WHEN s.strange THEN 'a stage is in a state that is not declared'
    WHEN c.state IN ('submitted', 'approved', 'issued') AND NOT s.active THEN 'nobody has a turn'
    WHEN c.state = 'returned' AND NOT s.returned THEN 'no stage waits for the answer'
    WHEN c.state IN ('rejected', 'withdrawn', 'closed') AND (s.active OR s.returned OR s.waiting)
        THEN 'it is over and a stage is not'
    WHEN c.state <> 'draft' AND c.submitted_at IS NOT NULL AND s.stages = 0 THEN 'it has no stages'
    WHEN (c.state IN ('returned', 'stopped')) <> EXISTS (
        SELECT FROM cases_casepause p WHERE p.case_id = c.id AND p.ended_at IS NULL)
        AND c.state NOT IN ('withdrawn', 'rejected')
        AND NOT (s.asked AND c.state IN ('submitted', 'approved', 'issued'))
        THEN 'its clock runs where it should stand, or stands'
    WHEN c.due_at IS NOT NULL AND c.state NOT IN ('submitted', 'approved', 'issued') THEN 'it is due and not under way'
    END AS fault
FROM cases_case c CROSS JOIN LATERAL (
    SELECT count(*) AS stages, coalesce(bool_or(state = 'active'), false) AS active,
           coalesce(bool_or(state = 'returned'), false) AS returned,
           coalesce(bool_or(state = 'waiting'), false) AS waiting,
           coalesce(bool_and(kind = 'payment' OR kind = 'visit' AND EXISTS (
               SELECT FROM cases_visit v WHERE v.case_id = c.id AND v.stage = r.code AND v.held_at IS NULL
                 AND v.cancelled_at IS NULL AND v.agreed_at IS NULL AND NOT v.by_filer))
               FILTER (WHERE state = 'active'), false) AS asked,
           coalesce(bool_or(state NOT IN ('waiting', 'active', 'returned', 'done', 'cancelled')), false) AS strange
    FROM cases_stagerun r WHERE case_id = c.id) s"""
_TOLD = """
SELECT c.reference FROM cases_case c
JOIN (SELECT case_id, count(*) AS steps FROM cases_casestep GROUP BY case_id) s ON s.case_id = c.id
LEFT JOIN (SELECT subject, count(*) AS rows FROM layers_auditrow
    WHERE action LIKE 'case.%%' AND action <> ALL (%(beside)s) GROUP BY subject) a
    ON a.subject = c.reference
WHERE s.steps IS DISTINCT FROM a.rows"""


def case_faults() -> Iterator[tuple[str, str]]:
    """Yield (reference, what is wrong) of each case that does not stand as it should; nothing where all do."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({_STANDS}) f WHERE fault IS NOT NULL ORDER BY 1", {"states": CASE_STATES})  # noqa: S608
        yield from cursor.fetchall()
        cursor.execute(_TOLD, {"beside": list(BESIDE)})
        for (reference,) in cursor.fetchall():
            yield reference, "a step has no row of audit, or a row no step"
