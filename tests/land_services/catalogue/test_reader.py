# ruff: noqa: E501 - a case is read in one line
"""Each fault of a card once: told with its file, the line it stands in, and its key."""

from __future__ import annotations

import json

import pytest

from land_services.catalogue import ALLOWED, CatalogueError, read_card
from land_services.catalogue.lines import Lines
from tests.land_services.catalogue.cards import FULL, SHARED, full_card, line_of

STAGE = '[[stages]]\ncode = "{}"'


def test_the_full_card_is_read_as_it_stands() -> None:
    card = full_card()
    assert (card.department, card.audience, card.channels) == ("balloons", "public", ("web", "counter"))
    assert card.keywords_en == ("airship", "mooring") and card.office_classes == ("aloft",)
    identity, drawing = card.documents
    assert (identity.code, identity.required, identity.formats) == ("national_id", False, ("pdf", "jpg"))
    assert (identity.source.title, drawing.per, drawing.required) == ("Guide to services", "part", True)
    assert drawing.readers == ("filer", "inspector", "reviewer", "agency:electricity")
    assert drawing.added_by == ("filer", "inspector") and identity.readers == identity.added_by == ()
    assert [stage.code for stage in card.initial()] == ["review", "site"]
    assert card.stage("committee").after == ("review", "site")
    assert [stage.code for stage in card.followers("issue")] == ["registry", "clean_up"]
    assert card.before("decision") == {"draft", "review", "site", "committee"}
    assert card.stage("review").may == {"return", "reject", "refer"}
    assert card.stage("committee").may == ALLOWED["committee"] and card.stage("clean_up").may == frozenset()
    assert str(card.fee.steps[1].upto) == "100.5" and card.fee.steps[2].upto is None
    assert (card.outputs[0].kind, card.outputs[0].validity_days) == ("certificate", 90)
    assert card.form[1].only_if is not None and card.form[1].only_if.value == "other"
    assert card.referrals[0].code == "electricity" and card.referrals[0].required
    assert str(card.form[2].min) == "0.5" and card.retention.years == 10


def test_the_older_form_of_a_fee_is_still_read() -> None:
    start, end = FULL.index('kind = "steps"'), FULL.index("[[outputs]]")
    words = 'currency = "SAR"\nar = "رسم"\nen = "Fee"\nsource = "practice"\n'
    for per, kind in (("case", "fixed"), ("part", "per_part")):
        text = f'{FULL[:start]}amount = "12.50"\nper = "{per}"\n{words}\n{FULL[end:]}'
        fee = read_card(text, "full_card.toml", SHARED).fee
        assert (fee.kind, str(fee.amount)) == (kind, "12.50")


FAULTS = [
    # (text, instead of it, key, text that begins on the line that is told; "" for the first line)
    ('code = "full_card"', 'code = "other"', "code", 'code = "other"'),
    ('code = "full_card"', 'code = "Full Card"', "code", 'code = "Full Card"'),
    ('name_ar = "رخصة منطاد"', 'name_ar = ""', "name_ar", 'name_ar = ""'),
    ('name_ar = "رخصة منطاد"', 'name_ar = "permit"', "name_ar", 'name_ar = "permit"'),
    ('name_en = "Balloon permit"', 'name_en = "رخصة"', "name_en", 'name_en = "رخصة"'),
    ('summary_en = "Leave', 'summary_en = 5 #', "summary_en", "summary_en = 5"),
    ('reference_prefix = "QXB"', 'reference_prefix = "Qxb"', "reference_prefix", 'reference_prefix = "Qxb"'),
    ('reference_prefix = "QXB"', 'reference_prefix = "ABCDEF"', "reference_prefix", 'reference_prefix = "ABCDEF"'),
    ('status = "open"', 'status = "closed"', "status", 'status = "closed"'),
    ('department = "balloons"', 'department = "parks"', "department", 'department = "parks"'),
    ('audience = "public"', 'audience = "friends"', "audience", 'audience = "friends"'),
    ('channels = ["web", "counter"]', 'channels = ["fax"]', "channels", 'channels = ["fax"]'),
    ('channels = ["web", "counter"]', "channels = []", "channels", "channels = []"),
    ('channels = ["web", "counter"]', 'channels = ["web", "web"]', "channels", 'channels = ["web", "web"]'),
    ('keywords_en = ["airship", "mooring"]', 'keywords_en = "airship"', "keywords_en", 'keywords_en = "airship"'),
    ('land = "optional"', 'land = "some"', "land", 'land = "some"'),
    ("register = false", 'register = "no"', "register", 'register = "no"'),
    ('office_classes = ["aloft"]', 'office_classes = ["below"]', "office_classes", 'office_classes = ["below"]'),
    ('office_classes = ["aloft"]', 'office_classes = "aloft"', "office_classes", 'office_classes = "aloft"'),
    ('office_classes = ["aloft"]', 'office_classes = ["aloft", "aloft"]', "office_classes", 'office_classes = ["aloft", "aloft"]'),
    ("register = false", "colour = 1", "colour", "colour = 1"),
    ('confidence = "official"', 'confidence = "rumour"', "sources.guide.confidence", 'confidence = "rumour"'),
    ('title_en = "Guide to services"', 'title_en = ""', "sources.guide.title_en", 'title_en = ""'),
    ('date = "2026-01-01"', "date = 2026-01-01", "sources.guide.date", "date = 2026-01-01"),
    ('code = "company"', 'code = "9"', "applicants[0].code", 'code = "9"'),
    ('source = "guide"\n\n[[documents]]\nfrom', 'source = "rumour"\n\n[[documents]]\nfrom', "applicants[0].source", 'source = "rumour"'),
    ('en = "A licensed contractor"', 'engl = "A licensed contractor"', "applicants[0].engl", "engl = "),
    ('from = "national_id"', 'from = "passport"', "documents[0].from", 'from = "passport"'),
    ('from = "national_id"\nrequired = false', 'from = "national_id"\nrequired = "no"', "documents[0].required", 'required = "no"'),
    ('code = "drawing"', 'code = "national_id"', "documents[1].code", 'code = "national_id"'),
    ("required = true\nformats", 'required = "yes"\nformats', "documents[1].required", 'required = "yes"'),
    ('formats = ["pdf", "dxf"]', "formats = []", "documents[1].formats", "formats = []"),
    ('formats = ["pdf", "dxf"]', 'formats = [".pdf"]', "documents[1].formats", 'formats = [".pdf"]'),
    ('per = "part"', 'per = "page"', "documents[1].per", 'per = "page"'),
    ('"department:balloons", ', '"department:parks", ', "documents[1].readers", "readers = "),
    ('"department:balloons", ', '"balloons", ', "documents[1].readers", "readers = "),
    ('"agency:electricity"', '"agency:gas"', "documents[1].readers", "readers = "),
    ('added_by = ["filer", "inspector"]', 'added_by = ["emperor"]', "documents[1].added_by", 'added_by = ["emperor"]'),
    ('added_by = ["filer", "inspector"]', 'added_by = "inspector"', "documents[1].added_by", 'added_by = "inspector"'),
    ('kind = "choice"', 'kind = "guess"', "form[0].kind", 'kind = "guess"'),
    ('code = "other"\n', 'code = "water"\n', "form[0].choices[1].code", 'code = "water"\nar = "أخرى"'),
    ('kind = "text"', 'kind = "choice"', "form[1].choices", STAGE.format("draft")),
    ("max_length = 50", "max_length = 0", "form[1].max_length", "max_length = 0"),
    ("max_length = 50", "min = 1", "form[1].min", "min = 1\n"),
    ('is = "other"', 'is = "gas"', "form[1].only_if", "only_if"),
    ('field = "purpose", is', 'field = "phone", is', "form[1].only_if", "only_if"),
    ('field = "purpose", is', 'field = "purpose", was', "form[1].only_if", "only_if"),
    ("is = true", 'is = "yes"', "form[7].only_if", 'only_if = { field = "at_night"'),
    ("min = 0.5", 'min = "0.5"', "form[2].min", 'min = "0.5"'),
    ("max = 5000", "max = 0.1", "form[2].min", "min = 0.5"),
    ('help_en = "In metres, as drawn"\n', "", "form[2].help_ar", "help_ar = "),
    ('kind = "draft"', 'kind = "work"', "stages[0].kind", 'kind = "work"\nrole = "applicant"'),
    ('role = "roads_engineer"', 'role = "emperor"', "stages[1].role", 'role = "emperor"'),
    ("days = 3\n", "days = -3\n", "stages[1].days", "days = -3"),
    ("days = 3\n", "days = 3.5\n", "stages[1].days", "days = 3.5"),
    ("days = 3\n", "days = true\n", "stages[1].days", "days = true"),
    ('may = ["return", "reject", "refer"]', 'may = ["sleep", "refer"]', "stages[1].may", 'may = ["sleep"'),
    ("may = []", 'may = ["reject"]', "stages[8].may", 'may = ["reject"]'),
    ('code = "site"', 'code = "review"', "stages[2].code", 'code = "review"\nar = "زيارة'),
    ('after = ["issue"]', 'after = ["nowhere"]', "stages[8].after", 'after = ["nowhere"]'),
    ('after = ["issue"]', "after = []", "stages[8].after", "after = []"),
    ('stage = "review"', 'stage = "nowhere"', "referrals[0].stage", 'stage = "nowhere"'),
    ('stage = "review"', 'stage = "decision"', "referrals[0].stage", 'stage = "decision"'),
    ('agency = "electricity"', 'agency = "The Agency"', "referrals[0].agency", 'agency = "The Agency"'),
    ("days = 5\ndefault", "days = 0\ndefault", "referrals[0].days", "days = 0\ndefault"),
    ('default = "consent"', 'default = "silence"', "referrals[0].default", 'default = "silence"'),
    ('default = "consent"\nrequired = true', 'default = "consent"', "referrals[0].required", "[[referrals]]"),
    ("[target]", "[goal]", "goal", "[goal]"),
    ("days = 12", 'days = "12"', "target.days", 'days = "12"'),
    ('kind = "steps"', 'kind = "haggle"', "fee.kind", 'kind = "haggle"'),
    ('kind = "steps"', 'kind = "fixed"', "fee.amount", "[fee]"),
    ('kind = "steps"', 'kind = "steps"\namount = "1.00"', "fee.amount", 'amount = "1.00"'),
    ('by = "length_m"', 'by = "purpose"', "fee.by", 'by = "purpose"'),
    ('by = "length_m"', 'by = "crossings"', "fee.by", 'by = "crossings"'),
    ('currency = "SAR"', 'currency = ""', "fee.currency", 'currency = ""'),
    ('amount = "100.00"', "amount = 100.00", "fee.steps[0].amount", "amount = 100.00"),
    ('amount = "100.00"', 'amount = "free"', "fee.steps[0].amount", 'amount = "free"'),
    ('amount = "100.00"', 'amount = "-1"', "fee.steps[0].amount", 'amount = "-1"'),
    ('amount = "100.00"', 'amount = "Infinity"', "fee.steps[0].amount", 'amount = "Infinity"'),
    ("upto = 10\n", "", "fee.steps[0].upto", "[[fee.steps]]"),
    ("upto = 100.5", "upto = 10", "fee.steps[1].upto", "upto = 10\namount = \"250.50\""),
    ('amount = "900.00"', 'upto = 500\namount = "900.00"', "fee.steps[2].upto", "upto = 500"),
    ('format = "pdf"', 'format = "Portable"', "outputs[0].format", 'format = "Portable"'),
    ('per = "case"', 'per = "page"', "outputs[0].per", 'per = "page"'),
    ('kind = "certificate"', 'kind = "medal"', "outputs[0].kind", 'kind = "medal"'),
    ("validity_days = 90", "validity_days = 0", "outputs[0].validity_days", "validity_days = 0"),
    ("years = 10", "years = -1", "retention.years", "years = -1"),
    ("[retention]", "[keeping]", "keeping", "[keeping]"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "line"), FAULTS)
def test_a_wrong_card_is_refused_naming_file_line_and_key(old: str, new: str, key: str, line: str) -> None:
    assert old in FULL
    text = FULL.replace(old, new, 1)
    with pytest.raises(CatalogueError) as refused:
        read_card(text, "full_card.toml", SHARED)
    told = {fault.key: fault for fault in refused.value.faults}
    assert key in told, str(refused.value)
    if key != "form[1].choices":
        assert told[key].line == line_of(text, line)
    assert str(told[key]) == f"full_card.toml:{told[key].line}: {key}: {told[key].reason}"
    assert told[key].reason


def test_a_key_that_is_missing_is_told_at_its_table() -> None:
    text = FULL.replace('kind = "text"', 'kind = "choice"')
    with pytest.raises(CatalogueError) as refused:
        read_card(text, "full_card.toml", SHARED)
    assert refused.value.faults[0].line == line_of(text, '[[form]]\ncode = "purpose_text"')


def test_a_card_that_is_no_toml_names_the_line() -> None:
    broken = FULL.replace("[fee]", "[fee", 1)
    with pytest.raises(CatalogueError) as refused:
        read_card(broken, "full_card.toml", SHARED)
    assert refused.value.line == line_of(broken, "[fee\n")


@pytest.mark.parametrize("name", ["applicants", "stages", "outputs"])
def test_a_card_without_a_list_it_needs_is_refused(name: str) -> None:
    text = "\n".join(block for block in FULL.split("\n\n") if not block.startswith(f"[[{name}]]"))
    with pytest.raises(CatalogueError, match=f"{name}: at least one"):
        read_card(text.replace("\n[", "\n\n["), "full_card.toml", SHARED)


def test_texts_of_several_lines_do_not_shift_the_lines_that_are_told() -> None:
    text = FULL.replace('en = "A valid insurance"', 'en = """A valid\n[[conditions]]\nrequired = 5\ninsurance"""')
    lines = Lines(text)
    assert lines.of("form[0].kind") == line_of(text, 'kind = "choice"')
    assert lines.of("conditions[0].required") == line_of(text, "[[conditions]]")
    assert lines.of("fee.steps[2].amount") == line_of(text, 'amount = "900.00"')
    assert lines.of("form[0].choices[1].en") == line_of(text, 'en = "Other"')
    assert lines.of("nothing.of.this") == 1


def _with_stages(*rows: str, register: bool = False) -> str:
    """Return the card with other stages, each ``code kind [after …]``, without fee and referrals."""
    blocks = [block for block in FULL.split("\n\n") if not block.startswith(("[[stages]]", "[[referrals]]", "[[fee"))]
    at = next(index for index, block in enumerate(blocks) if block.startswith("[target]"))
    stages = []
    for row in rows:
        code, kind, *after = row.split()
        text = f'[[stages]]\ncode = "{code}"\nar = "مرحلة"\nen = "Stage"\nkind = "{kind}"\nrole = "clerk"\ndays = 1\n'
        if after:
            text += f"after = {json.dumps(after)}\n"
        stages.append(f'{text}source = "practice"')
    text = "\n\n".join([*blocks[:at], *stages, *blocks[at:]])
    text = text.replace('kind = "steps"\nby = "length_m"', 'kind = "none"').replace(', "agency:electricity"', "")
    return text.replace("register = false", "register = true") if register else text


@pytest.mark.parametrize(
    ("stages", "register", "key", "reason"),
    [
        (("draft draft",), False, "stages", "a draft alone"),
        (("a draft b", "b work"), False, "stages[0].after", "comes after nothing"),
        (("a draft", "b draft"), False, "stages[1].kind", "only the first"),
        (("a draft", "b work d", "c work", "d work"), False, "stages[1].after", "circle: b -> d -> c -> b"),
        (("a draft", "b work b"), False, "stages[1].after", "circle: b -> b"),
        (("a draft", "b review", "c issue"), True, "stages", "one stage of kind decision, here are 0"),
        (("a draft", "b review", "c decision", "d decision"), True, "stages", "here are 2"),
        (("a draft", "b decision", "c review"), True, "stages[1].after", "comes after a review"),
        (("a draft", "b issue", "c payment"), False, "stages[1].after", "payment comes before issue"),
        (("a draft", "b payment", "c issue a"), False, "stages[2].after", "payment comes before issue"),
        (("a draft", "b registry", "c issue"), False, "stages[1].after", "registry comes after issue"),
    ],
)
def test_a_way_that_makes_no_sense_is_refused(stages: tuple[str, ...], register: bool, key: str, reason: str) -> None:
    text = _with_stages(*stages, register=register)
    with pytest.raises(CatalogueError) as refused:
        read_card(text, "full_card.toml", SHARED)
    told = [fault for fault in refused.value.faults if fault.key == key and reason in fault.reason]
    assert told, str(refused.value)
    if key == "stages":
        return
    index = int(key[7])
    header = line_of(text, f'[[stages]]\ncode = "{stages[index].split()[0]}"')
    assert header <= told[0].line < header + 9


@pytest.mark.parametrize(
    "stages",
    [
        ("a draft", "b work"),
        ("a draft", "b review", "c review a", "d decision b c", "e payment", "f issue", "g registry", "h work f"),
        ("a draft", "b work a", "c work a", "d work a"),
    ],
)
def test_a_way_in_sequence_or_parallel_with_several_ends_is_taken(stages: tuple[str, ...]) -> None:
    card = read_card(_with_stages(*stages), "full_card.toml", SHARED)
    assert [stage.code for stage in card.stages] == [row.split()[0] for row in stages]


def test_a_fee_needs_a_stage_in_which_it_is_paid() -> None:
    start = FULL.index('[[stages]]\ncode = "payment"')
    text = FULL[:start] + FULL[FULL.index('[[stages]]\ncode = "issue"') :]
    with pytest.raises(CatalogueError, match="a fee is paid in a stage of kind payment"):
        read_card(text, "full_card.toml", SHARED)


def test_a_surplus_is_paid_after_a_committee_that_prices_it() -> None:
    stages = ("a draft", "b review", "c committee", "d payment", "e decision")
    way = _with_stages(*stages, register=True).replace(
        'code = "d"', 'code = "d"\ncharges = "surplus"\nonly_if = "surplus"'
    )
    with pytest.raises(CatalogueError, match="a surplus is paid after a committee that prices it"):
        read_card(way, "full_card.toml", SHARED)
    card = read_card(way.replace('code = "c"', 'code = "c"\nprices = true'), "full_card.toml", SHARED)
    assert [(stage.code, stage.only_if, stage.charges) for stage in card.stages if stage.kind == "payment"] == [
        ("d", "surplus", "surplus")
    ]
    assert [stage.code for stage in card.stages if stage.prices] == ["c"]


@pytest.mark.parametrize(
    ("stage", "key", "reason"),
    [
        ("b", 'charges = "surplus"', "belongs to a stage of kind payment"),
        ("b", "prices = true", "belongs to a stage of kind committee"),
        ("b", 'only_if = "rain"', "'rain' is not one of surplus"),
    ],
)
def test_what_a_stage_of_another_kind_cannot_do_is_refused(stage: str, key: str, reason: str) -> None:
    text = _with_stages("a draft", "b review").replace(f'code = "{stage}"', f'code = "{stage}"\n{key}')
    with pytest.raises(CatalogueError, match=reason):
        read_card(text, "full_card.toml", SHARED)


def test_a_service_that_changes_the_register_names_land() -> None:
    text = _with_stages("a draft", "b review", "c decision", register=True).replace('"optional"', '"none"')
    with pytest.raises(CatalogueError, match="land: a service that changes the register names land"):
        read_card(text, "full_card.toml", SHARED)
