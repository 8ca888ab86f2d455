"""Photos as they are taken: a plain one stays as it is, a camera's traces go, a broken one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from land_services.cases.errors import ActionRefused
from land_services.cases.photos import stripped


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_a_photo_that_tells_nothing_stays_as_it_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"plain.{kind}"
    Image.new("RGB", (40, 30), "green").save(path)
    assert stripped(path, kind) is None


def test_what_a_png_tells_is_taken_out(tmp_path: Path) -> None:
    path, told = tmp_path / "told.png", PngImagePlugin.PngInfo()
    told.add_text("Author", "somebody")
    Image.new("RGB", (40, 30), "green").save(path, pnginfo=told)
    plain = stripped(path, "png")
    assert plain is not None and b"somebody" not in plain


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_a_broken_photo_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"broken.{kind}"
    Image.effect_noise((64, 64), 50).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ActionRefused):
        stripped(path, kind)
