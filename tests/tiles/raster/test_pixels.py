"""Encoders, laying pictures over each other, and shades, against arithmetic written out another way."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.budget import budget
from tiles.grid import WEB_MERCATOR
from tiles.raster.asking import BadRequest, accepted_format
from tiles.raster.encode import FORMATS, png
from tiles.raster.mosaic import over
from tiles.raster.sheets import Pixels, Square
from tiles.raster.terrain import hillshade, ramp

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def random_pixels(seed: int, bands: int, height: int, width: int, with_alpha: bool) -> Pixels:
    chance = np.random.default_rng(seed)
    values = chance.integers(0, 256, (bands, height, width), dtype=np.uint8)
    if seed % 2:
        values[:, :, : width // 2] = values[:, :1, :1]
    alpha = chance.choice(np.array([0, 0, 90, 255, 255], np.uint8), (height, width)) if with_alpha else None
    return Pixels(values, alpha)


@settings(max_examples=budget(60, 3000), deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 3]), st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_a_png_reads_back_to_the_same_pixels(seed: int, bands: int, height: int, width: int, with_alpha: bool) -> None:
    pixels = random_pixels(seed, bands, height, width, with_alpha)
    found = Image.open(io.BytesIO(png(pixels)))
    found.load()
    assert found.mode == MODES[bands + with_alpha] and found.size == (width, height)
    array = np.asarray(found).reshape(height, width, -1).transpose(2, 0, 1)
    if pixels.alpha is None:
        assert np.array_equal(array, pixels.values)
    else:
        assert np.array_equal(array[-1], pixels.alpha)
        assert np.array_equal(array[:-1], np.where(pixels.alpha == 0, 0, pixels.values))


@pytest.mark.parametrize("ending", ["webp", "jpg"])
@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_the_lossy_formats_stay_near_and_keep_alpha_exactly(ending: str, bands: int, with_alpha: bool) -> None:
    y, x = np.mgrid[0:256, 0:256]
    values = np.stack([(x * (band + 1) + y) / 4 for band in range(bands)]).astype(np.uint8)
    alpha = np.where(x > y, 255, 0).astype(np.uint8) if with_alpha else None
    found = Image.open(io.BytesIO(FORMATS[ending].encode(Pixels(values, alpha))))
    array = np.asarray(found.convert("RGBA")).astype(int)
    if with_alpha and ending == "webp":
        assert np.array_equal(array[..., 3], alpha)
    inside = (x > y + 8) if with_alpha else np.ones_like(x, bool)
    wanted = np.broadcast_to(values, (3, 256, 256)).transpose(1, 2, 0).astype(int)
    assert np.abs(array[inside][:, :3] - wanted[inside]).mean() < 4


@settings(max_examples=budget(60, 3000), deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_laying_over_is_porter_and_duffs(seed: int, below_is_opaque: bool) -> None:
    top = random_pixels(seed, 3, 12, 9, with_alpha=True)
    below = random_pixels(seed + 1, 3, 12, 9, with_alpha=not below_is_opaque)
    found = over(top, below)
    assert top.alpha is not None
    a = top.alpha / 255.0
    b = (np.ones_like(a) if below.alpha is None else below.alpha / 255.0) * (1 - a)
    whole = a + b
    colours = (top.values * a + below.values * b) / np.where(whole == 0, 1, whole)
    alpha = np.full(a.shape, 255) if found.alpha is None else found.alpha
    assert np.abs(alpha - whole * 255).max() <= 0.51
    assert np.abs(found.values - colours)[:, whole > 0].max(initial=0) <= 0.51


def test_grey_under_colour_and_colour_under_grey() -> None:
    hole = np.array([[0, 255]], np.uint8)
    grey, colour = np.full((1, 1, 2), 7, np.uint8), np.full((3, 1, 2), 200, np.uint8)
    assert over(Pixels(grey, hole), Pixels(colour, None)).values[:, 0].tolist() == [[200, 7]] * 3
    assert over(Pixels(colour, hole), Pixels(grey, None)).values[:, 0].tolist() == [[7, 200]] * 3


@pytest.mark.parametrize(("east", "north"), [(0.0, 0.0), (0.3, 0.0), (0.0, -0.5), (0.4, 0.2), (-1.0, 1.0)])
def test_a_plane_is_shaded_by_the_cosine_of_its_normal(east: float, north: float) -> None:
    """A plane that rises ``east`` metres for each metre eastwards on the ground, wherever on the map it lies."""
    square = Square.of_tile(15, 20_940, 13_970, margin=1)
    rows, columns = np.mgrid[0:258, 0:258].astype(float)
    radius = 6378137.0
    y = WEB_MERCATOR.north - (square.row + np.arange(258) + 0.5) * square.cell_m
    ground = square.cell_m * np.cos(2 * np.arctan(np.exp(y / radius)) - math.pi / 2)
    heights = columns * east * ground[:, None] - (rows - 129) * north * ground[:, None]
    shade = hillshade(Pixels(heights[None].astype(np.float32), None), square)
    assert shade.values.shape == (1, 256, 256) and shade.alpha is None
    normal = np.array([-east, -north, 1.0]) / math.sqrt(1 + east**2 + north**2)
    sun = np.array([-1.0, 1.0, math.sqrt(2.0)]) / 2.0
    wanted = max(normal @ sun, 0.0) * 255
    row = shade.values[0, 128].astype(float)  # the ground's scale changes a little from row to row
    assert np.abs(row - wanted).max() <= 1.0


def test_shades_of_two_tiles_are_those_of_one_picture() -> None:
    chance = np.random.default_rng(5)
    zoom, column, row = 15, 20_940 * 256, 13_970 * 256
    whole = Square(zoom, column - 1, row - 1, 514)
    heights = chance.normal(0, 4, (1, 514, 514)).cumsum(axis=1).astype(np.float32)
    both = hillshade(Pixels(heights, None), whole).values[0]
    for right in (0, 1):
        for down in (0, 1):
            part = Pixels(heights[:, 256 * down : 256 * down + 258, 256 * right : 256 * right + 258], None)
            one = hillshade(part, Square(zoom, column - 1 + 256 * right, row - 1 + 256 * down, 258)).values[0]
            assert np.array_equal(one, both[256 * down : 256 * (down + 1), 256 * right : 256 * (right + 1)])


def test_an_edge_of_nothing_is_no_cliff() -> None:
    heights = np.full((1, 258, 258), 100.0, np.float32)
    alpha = np.full((258, 258), 255, np.uint8)
    heights[0, :, :120] = -9999.0
    alpha[:, :120] = 0
    shade = hillshade(Pixels(heights, alpha), Square.of_tile(15, 20_940, 13_970, margin=1))
    assert shade.alpha is not None and np.array_equal(shade.alpha, alpha[1:-1, 1:-1])
    assert set(np.unique(shade.values[0][shade.alpha > 0])) == {180}


def test_the_ramp_ends_at_its_ends() -> None:
    heights = np.array([[[-500.0, 10.0, 60.0, 110.0, 900.0]]], np.float32)
    found = ramp(Pixels(heights, None), 10.0, 110.0).values[:, 0].T.tolist()
    assert found[0] == found[1] and found[3] == found[4] and len({tuple(c) for c in found}) == 3


@pytest.mark.parametrize("header", ["image/webp;q=0, image/png;q=0, image/jpeg;q=0", "text/html", "*/*;q=0", ",;,"])
def test_what_accepts_none_of_ours_is_refused(header: str) -> None:
    with pytest.raises(BadRequest) as caught:
        accepted_format(header)
    assert caught.value.status == 406


@settings(max_examples=budget(100, 5000), deadline=None)
@given(st.text(alphabet="imagewbpnj/*;,=q01. ", max_size=60))
def test_any_accept_header_gets_a_format_or_a_refusal(header: str) -> None:
    try:
        assert accepted_format(header) in FORMATS
    except BadRequest as bad:
        assert bad.status == 406
