"""Damaged files of every format: a plan or a refusal with reasons, never anything else."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from land_services.surveys.codec import dump_plan, load_plan
from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.messages import MESSAGES
from land_services.surveys.pipeline import read_bytes
from land_services.surveys.write_dxf import write_subdivision_dxf
from land_services.surveys.write_files import write_geojson, write_gpkg, write_landxml
from tests.budget import budget
from tests.land_services.surveys.samples import curved_plan, zipped


def _written(writer: Callable[[Path], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan"
        writer(path)
        return path.read_bytes()


PLAN = curved_plan()
SEEDS = {
    "a.geojson": _written(lambda p: write_geojson(p, PLAN)),
    "a.gpkg": _written(lambda p: write_gpkg(p, PLAN)),
    "a.xml": _written(lambda p: write_landxml(p, PLAN)),
    "a.dxf": _written(lambda p: write_subdivision_dxf(p, PLAN.parts, PLAN.outer, version="R2000")),
    "a.gsi": "".join(
        f"*11{n:04d}+{n:016d} 81..10+{413000250 + 500 * n:016d} 82..10+{2925000000 + n:016d} 83..10-{n:016d} \r\n"
        for n in range(1, 30)
    ).encode(),
    "a.txt": (
        "no e n h code parcel_no\n" + "".join(f"{n} {413000 + n} {2925000 + n * n} 3.1 peg 7\n" for n in range(9))
    ).encode(),
    "a.zip": zipped(a__geojson=_written(lambda p: write_geojson(p, PLAN))),
}
HOSTILE = (b"nan", b"inf", b"1e999", b"-1", b"0", b"\x00", b"\xff\xfe", b"<!DOCTYPE x>", b"]]]]", b"{", b"&x;", b"%%u",
           b"\\U+0000", b"9" * 400, "٣".encode(), b"\r\n  0\r\nSECTION\r\n", b"EPSG:0", b"foot")  # fmt: skip


def damaged(data: bytes, seed: int) -> bytes:
    """Return the bytes with a few random cuts, swaps, insertions and flips."""
    rng = random.Random(seed)
    value = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at, kind = rng.randrange(len(value)), rng.randrange(6)
        length = rng.choice((1, 2, 8, 64, 1000))
        if kind == 0:
            value[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            value[at : at + length] = b""
        elif kind == 2:
            value[at:at] = rng.choice(HOSTILE)
        elif kind == 3:
            value[at:at] = value[at : at + length]
        elif kind == 4:
            value[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"))
        else:
            found = value.find(rng.choice((b"413", b"2925", b">", b",", b"\n", b"10")), at)
            if found >= 0:
                value[found : found + 2] = rng.choice(HOSTILE)
        if not value:
            value = bytearray(b" ")
    return bytes(value)


def outcome_is_clean(data: bytes, name: str) -> None:
    try:
        plan = read_bytes(data, name, "EPSG:32639", points_only=name.endswith(".gsi"))
    except SurveyUnreadable as refused:
        assert any(f.severity == "error" for f in refused.findings)
        findings = refused.findings
    else:
        assert (plan.parts or plan.points) and load_plan(dump_plan(plan), plan.file_name) == plan
        findings = plan.remarks
    for finding in findings:
        text = MESSAGES[finding.rule][finding.variant]
        assert text["ar"].format_map(dict(finding.params)) and text["en"].format_map(dict(finding.params))


@pytest.mark.parametrize("name", sorted(SEEDS))
@settings(max_examples=budget(60, 5000), deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
@example(seed=123541645)  # a whole number of DXF written as 1e9991
def test_damage_never_ends_in_a_traceback(name: str, seed: int) -> None:
    outcome_is_clean(damaged(SEEDS[name], seed), name)


@settings(max_examples=budget(100, 5000), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    head=st.sampled_from([b"", b"{", b"<", b"0\nSECTION\n", b"PK\x03\x04", b"SQLite format 3\x00", b"x,y\n"]),
    rest=st.binary(max_size=300),
)
def test_nonsense_is_refused(head: bytes, rest: bytes) -> None:
    outcome_is_clean(head + rest, "a.dxf")
