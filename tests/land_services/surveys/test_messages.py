"""Every finding of the reader has words in both languages, and every word is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from land_services.surveys import messages
from land_services.surveys.messages import MESSAGES

SOURCES = [p for p in Path(messages.__file__).parent.glob("*.py") if not p.name.startswith("messages")]
CODE = "\n".join(path.read_text() for path in SOURCES)


@pytest.mark.parametrize("rule", sorted(MESSAGES))
def test_both_languages_say_the_same_with_the_same_parameters(rule: str) -> None:
    for variant, texts in MESSAGES[rule].items():
        assert set(texts) == {"ar", "en"}, (rule, variant)
        places = [sorted(set(re.findall(r"\{(\w+)\}", text))) for text in texts.values()]
        assert places[0] == places[1], (rule, variant)
        assert re.search("[\u0600-\u06ff]", texts["ar"]) and not re.search("[\u0600-\u06ff]", texts["en"])


def test_every_rule_in_the_code_has_its_messages_and_every_message_its_rule() -> None:
    assert set(re.findall(r"SRV-\d\d", CODE)) == set(MESSAGES)
    for rule, variants in MESSAGES.items():
        for variant in variants:
            assert variant == "" or f'"{variant}"' in CODE, (rule, variant)
