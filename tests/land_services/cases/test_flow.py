"""The way of a case through its stages: every graph that a card may draw comes to its end, in an order that holds."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from land_services.cases import flow


@dataclass(frozen=True)
class Stage:
    code: str
    kind: str
    after: tuple[str, ...]


@st.composite
def ways(draw: st.DrawFn) -> list[Stage]:
    """Stages, each after some of those before it, as a card's reader takes them."""
    kinds = st.sampled_from(["review", "work", "visit", "committee", "payment", "decision", "issue", "registry"])
    stages: list[Stage] = []
    for n in range(draw(st.integers(1, 7))):
        before = ["draft", *(stage.code for stage in stages)]
        after = draw(st.lists(st.sampled_from(before), min_size=1, max_size=3, unique=True))
        stages.append(Stage(f"s{n}", draw(kinds), tuple(after)))
    return stages


@given(ways(), st.randoms(use_true_random=False))
def test_a_stage_begins_after_all_before_it_and_every_way_ends(stages: list[Stage], chance: object) -> None:
    states = {stage.code: flow.WAITING for stage in stages}
    known = {stage.code: stage for stage in stages}
    for _ in range(len(stages) + 1):
        ready = flow.ready(stages, states)
        if not ready:
            break
        for code in ready:
            assert all(states.get(before, flow.DONE) == flow.DONE for before in known[code].after)
            states[code] = flow.DONE
    assert flow.complete(states)


@given(ways())
def test_nothing_begins_twice_and_nothing_that_waits_for_something_undone(stages: list[Stage]) -> None:
    states = {stage.code: flow.WAITING for stage in stages}
    first = flow.ready(stages, states)
    assert set(first) == {stage.code for stage in stages if stage.after == ("draft",)}
    states |= dict.fromkeys(first, flow.ACTIVE)
    assert not set(flow.ready(stages, states)) & set(first)
    assert flow.ready(stages, states) == ()


@given(ways(), st.data())
def test_what_changed_is_judged_again_by_all_who_judged_it_and_what_follows_them(
    stages: list[Stage], data: st.DataObject
) -> None:
    states = {s.code: data.draw(st.sampled_from([flow.WAITING, flow.ACTIVE, flow.DONE, flow.RETURNED])) for s in stages}
    again = flow.renewed(stages, states, changed=True, asked=())
    for stage in stages:
        if stage.kind in flow.REVIEWING and states[stage.code] != flow.WAITING:
            assert stage.code in again
    for code in again:
        assert states[code] != flow.WAITING
        for follower in flow.followers(stages, code):
            assert follower in again or states[follower] == flow.WAITING


@given(ways(), st.data())
def test_answers_alone_trouble_only_who_asked(stages: list[Stage], data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from([stage.code for stage in stages]))
    states = {stage.code: flow.WAITING for stage in stages} | {asked: flow.RETURNED}
    assert flow.renewed(stages, states, changed=False, asked=[asked]) == {asked}
