"""Cards as JSON: exact there and back, whatever the texts and amounts, and refused where they are no card."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from land_services.catalogue import ServiceCard, load_catalogue
from land_services.catalogue.codec import digest, from_json, to_json
from land_services.catalogue.model import (
    ALLOWED,
    Choice,
    Document,
    Fee,
    FeeStep,
    Field,
    Item,
    OnlyIf,
    Output,
    Referral,
    Retention,
    Stage,
)
from land_services.domain import RuleSource
from tests.land_services.catalogue.cards import full_card

ROOT = Path(__file__).parents[3]
TEXT = st.text(max_size=12)
AMOUNT = st.decimals(allow_nan=False, allow_infinity=False)
SOURCE = st.builds(RuleSource, TEXT, TEXT, st.sampled_from(["official", "press", "placeholder"]), TEXT)
WORDS = {"code": TEXT, "ar": TEXT, "en": TEXT, "source": SOURCE}
DAYS = st.integers(0, 90)


def some(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=2).map(tuple)


MAY = st.frozensets(st.sampled_from(sorted(ALLOWED["review"])))
CARDS = st.builds(
    ServiceCard,
    **dict.fromkeys(("code", "name_ar", "name_en", "summary_ar", "summary_en", "reference_prefix", "department"), TEXT),
    audience=TEXT,
    channels=some(TEXT),
    land=TEXT,
    register=st.booleans(),
    applicants=some(st.builds(Item, **WORDS)),
    documents=some(st.builds(Document, **WORDS, required=st.booleans(), formats=some(TEXT), per=TEXT)),
    conditions=some(st.builds(Item, **WORDS)),
    form=some(
        st.builds(
            Field,
            TEXT,
            TEXT,
            TEXT,
            TEXT,
            choices=some(st.builds(Choice, TEXT, TEXT, TEXT)),
            min=st.none() | AMOUNT,
            max=st.none() | AMOUNT,
            max_length=st.none() | st.integers(),
            only_if=st.none() | st.builds(OnlyIf, TEXT, TEXT | st.booleans()),
        )
    ),
    stages=some(st.builds(Stage, **WORDS, kind=TEXT, role=TEXT, days=DAYS, after=some(TEXT), may=MAY)),
    referrals=some(st.builds(Referral, **WORDS, stage=TEXT, days=DAYS, default=TEXT, required=st.booleans())),
    outputs=some(st.builds(Output, **WORDS, format=TEXT, per=TEXT, kind=TEXT, validity_days=st.none() | st.integers())),
    fee=st.builds(
        Fee, TEXT, AMOUNT, TEXT, TEXT, TEXT, SOURCE, TEXT, some(st.builds(FeeStep, st.none() | AMOUNT, AMOUNT))
    ),
    target_days=DAYS,
    target_source=SOURCE,
    retention=st.builds(Retention, DAYS, TEXT, TEXT, SOURCE),
    keywords_ar=some(TEXT),
    keywords_en=some(TEXT),
)


@settings(max_examples=60)
@given(CARDS)
def test_a_card_comes_back_exactly_through_json_text(card: ServiceCard) -> None:
    text = json.dumps(to_json(card), ensure_ascii=False)
    back = from_json(json.loads(text))
    assert back == card and digest(back) == digest(card)
    assert [str(step.amount) for step in back.fee.steps] == [str(step.amount) for step in card.fee.steps]
    assert str(back.fee.amount) == str(card.fee.amount)


def test_every_card_of_the_catalogue_comes_back() -> None:
    for card in (*load_catalogue().values(), full_card()):
        assert from_json(json.loads(json.dumps(to_json(card)))) == card


def test_a_digest_tells_cards_apart_and_is_the_same_in_every_process() -> None:
    card = full_card()
    changed = replace(card, target_days=card.target_days + 1)
    assert digest(changed) != digest(card)
    code = (
        "from tests.land_services.catalogue.cards import full_card\n"
        "from land_services.catalogue.codec import digest\n"
        "print(digest(full_card()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest(card)


def test_a_card_written_before_a_key_was_added_is_read_with_its_default() -> None:
    data = to_json(full_card())
    for name in ("keywords_ar", "keywords_en", "status"):
        del data[name]
    card = from_json(data)
    assert (card.keywords_ar, card.keywords_en, card.status) == ((), (), "open")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda data: data.pop("code"), "card.code: is missing"),
        (lambda data: data.update(colour=1), "card.colour: is not known"),
        (lambda data: data.update(register=0), "card.register: int is not expected"),
        (lambda data: data.update(stages={}), r"card.stages: a list is expected"),
        (lambda data: data["stages"].append(5), r"card.stages\[9\]: an object is expected"),
        (lambda data: data["stages"][1].update(days="3"), r"card.stages\[1\].days: str is not expected"),
        (lambda data: data["fee"].update(amount=1.5), "card.fee.amount: float is not expected"),
        (lambda data: data["fee"].update(amount="x"), "card.fee.amount: 'x' is no number"),
        (lambda data: data["fee"]["source"].update(confidence="rumour"), "card.fee.source.confidence: 'rumour'"),
        (lambda data: data["form"][1]["only_if"].update(value=3), r"card.form\[1\].only_if.value: int"),
    ],
)
def test_what_is_no_card_is_refused_naming_the_place(change: Any, place: str) -> None:
    data = to_json(full_card())
    change(data)
    with pytest.raises(ValueError, match=place):
        from_json(data)


def test_amounts_keep_their_decimals() -> None:
    card = full_card()
    data = to_json(card)
    assert data["fee"]["steps"][0] == {"upto": "10", "amount": "100.00"}
    assert from_json(data).fee.steps[0].amount.as_tuple() == Decimal("100.00").as_tuple()
    assert set(data) == {field.name for field in fields(ServiceCard)}
