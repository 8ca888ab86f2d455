"""Cases of before have stages too: each stands where its state says, under the card of today."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

REVIEWED = {"recommended", "approved", "issued"}


def convert(apps: Any, editor: Any) -> None:
    """Write the stages of every case that has none."""
    case_model = apps.get_model("cases", "Case")
    using = editor.connection.alias
    for case in case_model.objects.using(using).filter(version=None).order_by("pk").iterator(chunk_size=500):
        _convert(apps, using, case)


def _convert(apps: Any, using: str, case: Any) -> None:
    from land_services.catalogue import load_catalogue
    from land_services.catalogue.codec import digest, to_json

    card = load_catalogue()[case.service]
    versions = apps.get_model("cases", "ServiceVersion").objects.using(using)
    version, _ = versions.get_or_create(digest=digest(card), defaults={"service": card.code, "card": to_json(card)})
    was = case.state
    stages = [stage for stage in card.stages if stage.kind != "draft"]
    values: dict[str, Any] = {"version": version, "roles": sorted({stage.role for stage in stages})}
    if was != "draft" and case.attempts.filter(fit=True).exists():
        values |= {"submitted_at": case.filed_at, "round": 1}
        runs = apps.get_model("cases", "StageRun").objects.using(using)
        runs.bulk_create([_run(apps, case, was, n, stage) for n, stage in enumerate(stages, start=1)])
    if was == "recommended":
        values["state"] = "submitted"
    case_model = apps.get_model("cases", "Case")
    case_model.objects.using(using).filter(pk=case.pk).update(**values)


def _run(apps: Any, case: Any, was: str, position: int, stage: Any) -> Any:
    run = apps.get_model("cases", "StageRun")(
        case=case, code=stage.code, kind=stage.kind, position=position, role=stage.role, days=stage.days
    )
    first = position == 1
    if was in ("approved", "issued") and stage.kind not in ("issue", "registry"):
        _done(run, case, case.decided_by_id if stage.kind == "decision" else case.recommended_by_id)
    elif was == "issued" and stage.kind == "issue":
        _done(run, case, case.decided_by_id)
    elif was == "recommended" and first:
        _done(run, case, case.recommended_by_id)
    elif _is_turn(was, position, stage):
        run.state, run.started_at, run.round = "active", case.recommended_at or case.filed_at, 1
    elif was in ("rejected", "withdrawn"):
        run.state = "cancelled"
    return run


def _is_turn(was: str, position: int, stage: Any) -> bool:
    return (
        (was == "submitted" and position == 1)
        or (was == "recommended" and position == 2)
        or (was == "approved" and stage.kind == "issue")
        or (was == "issued" and stage.kind == "registry")
    )


def _done(run: Any, case: Any, by: int | None) -> None:
    run.state, run.round, run.done_by_id = "done", 1, by
    run.started_at, run.done_at = case.filed_at, case.decided_at or case.recommended_at or case.filed_at


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_engine")]
    operations = [
        migrations.RunPython(convert, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="case",
            name="version",
            field=models.ForeignKey(on_delete=models.deletion.PROTECT, related_name="+", to="cases.serviceversion"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "draft",
                        "submitted",
                        "returned",
                        "stopped",
                        "approved",
                        "issued",
                        "closed",
                        "rejected",
                        "withdrawn",
                    ]
                ),
                name="case_state_is_known",
            ),
        ),
    ]
