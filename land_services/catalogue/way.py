"""The way of a case through its stages: is it one way, from the draft to an end, in an order that makes sense?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from land_services.catalogue.model import Stage

__all__ = ["faults_of_way"]


def faults_of_way(stages: Sequence[Stage], *, register: bool, has_fee: bool) -> Iterable[tuple[str, str]]:
    """Yield what is wrong with the order of stages: key of the stage, reason. Codes are known to be different."""
    yield from _draft(stages)
    unknown = list(_unknown(stages))
    if unknown:
        yield from unknown
        return
    circle = _circle(stages)
    if circle:
        yield f"stages[{circle[0]}].after", f"goes in a circle: {' -> '.join(circle[1])}"
        return
    before = {stage.code: _before(stage, {other.code: other for other in stages}) for stage in stages}
    yield from _reachable(stages, before)
    yield from _order(stages, before, register=register, has_fee=has_fee)


def _draft(stages: Sequence[Stage]) -> Iterable[tuple[str, str]]:
    for index, stage in enumerate(stages):
        if index == 0 and stage.kind != "draft":
            yield "stages[0].kind", "the first stage must be of kind draft"
        if index == 0 and stage.after:
            yield "stages[0].after", "the first stage comes after nothing"
        if index > 0 and stage.kind == "draft":
            yield f"stages[{index}].kind", "only the first stage is a draft"


def _unknown(stages: Sequence[Stage]) -> Iterable[tuple[str, str]]:
    codes = {stage.code for stage in stages}
    for index, stage in enumerate(stages):
        for code in stage.after:
            if code not in codes:
                yield f"stages[{index}].after", f"there is no stage {code!r}"


def _circle(stages: Sequence[Stage]) -> tuple[int, list[str]] | None:
    """Return the place of a stage that comes back to itself, and the way round; None where no stage does."""
    by_code = {stage.code: stage for stage in stages}
    done: set[str] = set()
    for index, stage in enumerate(stages):
        trail = _trail(stage.code, by_code, [], done)
        if trail:
            return index, trail
    return None


def _trail(code: str, by_code: Mapping[str, Stage], trail: list[str], done: set[str]) -> list[str]:
    if code in trail:
        return [*trail[trail.index(code) :], code]
    if code in done:
        return []
    for other in by_code[code].after:
        found = _trail(other, by_code, [*trail, code], done)
        if found:
            return found
    done.add(code)
    return []


def _before(stage: Stage, by_code: Mapping[str, Stage]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(stage.after)
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting.extend(by_code[code].after)
    return frozenset(found)


def _reachable(stages: Sequence[Stage], before: Mapping[str, frozenset[str]]) -> Iterable[tuple[str, str]]:
    for index, stage in enumerate(stages[1:], 1):
        if stages[0].code not in before[stage.code]:
            yield f"stages[{index}].after", f"cannot be reached from {stages[0].code!r}"


def _order(
    stages: Sequence[Stage], before: Mapping[str, frozenset[str]], *, register: bool, has_fee: bool
) -> Iterable[tuple[str, str]]:
    of_kind: dict[str, set[str]] = {}
    for stage in stages:
        of_kind.setdefault(stage.kind, set()).add(stage.code)
    decisions = of_kind.get("decision", set())
    if register and len(decisions) != 1:
        yield "stages", f"a service that changes the register has one stage of kind decision, here are {len(decisions)}"
    if has_fee and not any(stage.kind == "payment" and stage.charges == "fee" for stage in stages):
        yield "stages", "a fee is paid in a stage of kind payment, and there is none"
    pricing = {stage.code for stage in stages if stage.prices}
    for index, stage in enumerate(stages):
        earlier = before[stage.code]
        if stage.kind == "decision" and register and not earlier & of_kind.get("review", set()):
            yield f"stages[{index}].after", "a decision that changes the register comes after a review"
        if stage.kind == "issue" and of_kind.get("payment", set()) - earlier:
            yield f"stages[{index}].after", "what is issued is paid before: payment comes before issue"
        if stage.charges == "surplus" and not earlier & pricing:
            yield f"stages[{index}].after", "a surplus is paid after a committee that prices it"
        if stage.kind == "registry" and not earlier & of_kind.get("issue", set()):
            yield f"stages[{index}].after", "the registry confirms what was issued: registry comes after issue"
