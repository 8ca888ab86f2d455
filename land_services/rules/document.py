"""Write ``docs/rules.md``: every check with its legal source, every rule value with its dates, from packs and messages.

Run ``python -m land_services.rules.document`` after changing either; a test fails while the page is out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from land_services.domain import Check
from land_services.messages import MESSAGES
from land_services.registry import SERVICES
from land_services.rules import Entry, Pack, authorities, load_pack
from land_services.rules.schema import BASES, KEYS

__all__ = ["PAGE", "document", "main"]

FIRST: Final = "eastern_province"
"""The pack whose sources and words the tables of checks and rules print."""
PAGE: Final = Path(__file__).parents[2] / "docs" / "rules.md"

HEAD: Final = """# Rules

Written from the rule packs and the message catalogue by `python -m land_services.rules.document`: change those, not
this page.

A check has a stable id. `LND` checks are shared by several services, `SUB` checks ask of a drawing that divides land
(a subdivision, or two neighbours whose boundary moves), `MRG` belongs to the merger, `BDA` to the adjustment, `DUP` to
attached buildings and floors. `FLD` ids compare what was measured on a visit, `SRV` ids are remarks of the survey
reader, `REQ` ids answer a request that names no service or no single parcel, or an answer of its form. A finding of
severity *error* blocks; *warning* and *info* do not. A case is judged by the rules of its filing date; what an
installation decided for itself is laid over its pack and is listed in its set-up pages, not here.
Confidence: *official* is an official page or law text; *press* is a press report of an official rule, or a fact
seen in official services; **placeholder** is common practice for which no official text was found, and says so wherever
it appears.
"""


def document() -> str:
    """Return the whole page as Markdown."""
    sections = [
        HEAD,
        *_checks(),
        *_rules(),
        *_differences(),
        *(text for code in authorities() for text in _pack(load_pack(code))),
        *_reading(),
    ]
    return "\n".join(sections).rstrip() + "\n"


def _checks() -> Iterator[str]:
    pack = load_pack(FIRST)
    yield "## Checks\n"
    yield "What each rests on in the Eastern Province. A check with a number also cites the number's own source.\n"
    yield "| id | says | بالعربية | source | confidence |"
    yield "|---|---|---|---|---|"
    for rule in BASES:
        for variant, texts in MESSAGES[rule].items():
            entry = next(entry for entry in pack.entries if entry.key == rule)
            name = f"{rule} {variant}".strip()
            yield _row(name, texts["en"], texts["ar"], entry.source.title, _confidence(entry.source.confidence))
    yield ""
    for code, service in SERVICES.items():
        yield f"### Order of the checks of `{code}`\n"
        yield from (f"- `{check.__name__}`: {_sentence(check)}" for check in service.checks)
        yield ""


def _sentence(check: Check) -> str:
    text = (check.__doc__ or "").split("\n\n")[0]
    return " ".join(text.split())


def _rules() -> Iterator[str]:
    yield "## Rules\n"
    yield "What each rule says, and the service that it belongs to where it is not for all.\n"
    yield "| rule | says | بالعربية | unit | by zone | service |"
    yield "|---|---|---|---|---|---|"
    about = load_pack(FIRST).about
    for code, key in KEYS.items():
        service = f"`{key.service}`" if key.service else ""
        yield _row(f"`{code}`", about[code][1], about[code][0], key.unit, "yes" if key.by_zone else "", service)
    yield ""


def _differences() -> Iterator[str]:
    yield "## Where authorities differ\n"
    yield f"Values on the last day on which any of them changed ({_last_change().isoformat()}); the others are alike.\n"
    packs = [load_pack(code) for code in authorities() if code != "generic"]
    yield _row("rule", *(f"`{pack.authority}`" for pack in packs))
    yield _row("---", *("---" for _ in packs))
    for code in KEYS:
        shown = [_shown(pack.on(_last_change()).value(code)) or "any" for pack in packs]
        if len(set(shown)) > 1:
            yield _row(f"`{code}`", *shown)
    yield ""


def _last_change() -> date:
    return max(entry.valid_from for code in authorities() for entry in load_pack(code).entries)


def _pack(pack: Pack) -> Iterator[str]:
    yield f"## Values: {pack.title_en} (`{pack.authority}`)\n"
    yield f"{pack.title_ar}\n"
    yield "Every value with its dates, the history of a rule from the oldest on.\n"
    yield "| rule | zone | value | unit | from | until | source | date | confidence |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for code in KEYS:
        zones = sorted({entry.zone or "" for entry in pack.entries if entry.key == code})
        yield from (_value_row(entry) for zone in zones for entry in pack.history(code, zone or None))
    yield ""


def _value_row(entry: Entry) -> str:
    source = entry.source
    until = "" if entry.valid_to is None else entry.valid_to.isoformat()
    return _row(
        f"`{entry.key}`", entry.zone or "", _shown(entry.value), KEYS[entry.key].unit, entry.valid_from.isoformat(),
        until, source.title, source.date, _confidence(source.confidence),
    )  # fmt: skip


def _reading() -> Iterator[str]:
    yield "## Answers to a request that names no service or no single parcel\n"
    yield "Told before the file is read.\n"
    yield from _messages("REQ")
    yield "## Findings of a visit\n"
    yield "How corners measured on the site compare with the registered ones, by `outline_tolerance_m`.\n"
    yield from _messages("FLD")
    yield "## Remarks of the survey reader\n"
    yield "What the reading of a file left out, joined or assumed; they rest on the format's own definition.\n"
    yield from _messages("SRV")


def _messages(prefix: str) -> Iterator[str]:
    yield "| id | says | بالعربية |"
    yield "|---|---|---|"
    for rule in sorted(rule for rule in MESSAGES if rule.startswith(prefix)):
        for variant, texts in MESSAGES[rule].items():
            yield _row(f"{rule} {variant}".strip(), texts["en"], texts["ar"])
    yield ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}"


def _confidence(confidence: str) -> str:
    return f"**{confidence}**" if confidence == "placeholder" else confidence


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
