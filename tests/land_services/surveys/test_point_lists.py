"""Lists of points as instruments write them: text between any marks, Leica GSI, and what is refused with advice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.pipeline import read_bytes
from land_services.surveys.reader import read_survey

Point = tuple[str, float, float, float | None, str]


def points_of(data: bytes, name: str = "points.txt", unit: str | None = None) -> list[Point]:
    plan = read_bytes(data, name, "EPSG:32639", unit, points_only=True)
    return [(p.number, p.x, p.y, p.z, p.code) for p in plan.points]


def refused(data: bytes, name: str = "points.txt", unit: str | None = None) -> list[tuple[str, str]]:
    with pytest.raises(SurveyUnreadable) as caught:
        read_bytes(data, name, "EPSG:32639", unit, points_only=True)
    return [(one.rule, one.variant) for one in caught.value.findings if one.severity == "error"]


@pytest.mark.parametrize(
    "text",
    [
        "no e n h code\n101 413000.25 2925000 3.1 peg\n102 413020.25 2925000 3.2 wall of the neighbour\n",
        "  no      e          n     h   code\r\n 101  413000.25  2925000.00  3.1  peg\r\n"
        " 102  413020.25  2925000.00  3.2  wall of the neighbour\r\n",
        "no\te\tn\th\tcode\n101\t413000.25\t2925000\t3.1\tpeg\n102\t413020.25\t2925000\t3.2\twall of the neighbour\n",
        "النقطة شرق شمال المنسوب رمز\n١٠١ ٤١٣٠٠٠٫٢٥ ٢٩٢٥٠٠٠ ٣٫١ peg\n102 413020.25 2925000 3.2 wall of the neighbour\n",
    ],
)
def test_a_list_is_read_whatever_stands_between_its_columns(text: str) -> None:
    assert points_of(text.encode()) == [
        ("101", 413000.25, 2925000.0, 3.1, "peg"),
        ("102", 413020.25, 2925000.0, 3.2, "wall of the neighbour"),
    ]


def test_a_line_that_is_short_of_a_coordinate_is_named() -> None:
    text = b"no e n h\n101 413000.25 2925000 3.1\n102 413020.25\n103 413040.25 2925000\n"
    with pytest.raises(SurveyUnreadable) as caught:
        read_bytes(text, "a.txt", "EPSG:32639", points_only=True)
    assert [one.params["line"] for one in caught.value.findings if one.severity == "error"] == [3]


def test_prose_is_no_list() -> None:
    assert refused(b"The corners were measured.\nAll of them on one day.\nNothing was found.\n") == [
        ("SRV-02", "unknown")
    ]


# Leica GSI ------------------------------------------------------------------------------------------------------------


def gsi(number: str, values: dict[str, str], *, wide: bool = True, line: int = 1) -> str:
    """A line of GSI-16 or GSI-8; ``values`` are the words' unit, sign and figures by their code."""
    places = 16 if wide else 8
    words = [f"11{line:04d}+{number.rjust(places, '0')}"]
    words += [f"{code}..1{one[0]}{one[1]}{one[2:].rjust(places, '0')}" for code, one in values.items()]
    return ("*" if wide else "") + " ".join(words) + " "


def test_points_of_gsi_in_both_widths_and_units_of_length() -> None:
    lines = [
        gsi("B101", {"81": "0+411000250", "82": "0+2923000125", "83": "0-92", "71": "0+PEG"}),
        gsi("102", {"81": "6+4110002505", "82": "6+29230001255", "83": "6+31000"}),
        gsi("103", {"81": "8+41100025051", "82": "8+292300012551"}),
        gsi("104", {"81": "0+411000250", "82": "0+2923000125", "83": "0+-----"}),
    ]
    assert points_of("\r\n".join(lines).encode(), "job.gsi") == [
        ("B101", 411000.25, 2923000.125, -0.092, "PEG"),
        ("102", 411000.2505, 2923000.1255, 3.1, ""),
        ("103", 411000.25051, 2923000.12551, None, ""),
        ("104", 411000.25, 2923000.125, None, ""),
    ]
    narrow = gsi("7", {"81": "0+91515440", "82": "0+2815220"}, wide=False)
    assert points_of((narrow + "\n" + narrow).encode(), "job.gsi")[0] == ("7", 91515.44, 2815.22, None, "")


@given(
    st.lists(
        st.tuples(
            st.integers(1, 99_999_999), st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), st.booleans()
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_written_as_gsi_is_read_to_the_millimetre(rows: list[tuple[int, int, int, bool]]) -> None:
    lines = [
        gsi(
            str(n),
            {"81": f"0{'-' if x < 0 else '+'}{abs(x)}", "82": f"0{'-' if y < 0 else '+'}{abs(y)}"},
            line=k % 1000,
        )
        for k, (n, x, y, _) in enumerate(rows, start=1)
    ]
    read = points_of("\n".join(lines).encode(), "job.gsi")
    assert [(int(n), round(x * 1000), round(y * 1000)) for n, x, y, _, _ in read] == [(n, x, y) for n, x, y, _ in rows]


def test_lines_of_observations_are_left_out_and_counted() -> None:
    seen = gsi("9", {"21": "2+13572460", "22": "2+8953210", "31": "0+12345"})
    point = gsi("101", {"81": "0+411000250", "82": "0+2923000125"})
    plan = read_bytes(f"{seen}\n{point}\n{seen}".encode(), "job.gsi", "EPSG:32639", points_only=True)
    assert [p.number for p in plan.points] == ["101"]
    assert [(r.rule, r.params["count"]) for r in plan.remarks if r.variant == "element"] == [("SRV-17", 2)]
    assert refused(f"{seen}\n{seen}".encode(), "job.gsi") == [("SRV-02", "observations")]


def test_feet_must_be_named_as_the_instrument_does_not_say_which() -> None:
    lines = "\n".join(gsi(str(n), {"81": f"1+{n}000", "82": f"1+{n}500"}) for n in (1, 2)).encode()
    assert refused(lines, "job.gsi") == [("SRV-12", "missing")]
    assert points_of(lines, "job.gsi", "us-ft")[1] == ("2", 2.0, 2.5, None, "")
    mixed = gsi("1", {"81": "1+1000", "82": "0+500"}) + "\n"
    assert ("SRV-12", "unknown") in refused((mixed * 2).encode(), "job.gsi")


def test_a_damaged_word_is_named_with_its_line() -> None:
    bad = gsi("2", {"81": "0+41100x250", "82": "0+2923000125"})
    good = gsi("1", {"81": "0+411000250", "82": "0+2923000125"})
    with pytest.raises(SurveyUnreadable) as caught:
        read_bytes(f"{good}\n{bad}\n".encode(), "job.gsi", "EPSG:32639", points_only=True)
    assert [(f.rule, f.params["line"]) for f in caught.value.findings if f.severity == "error"] == [("SRV-05", 2)]
    absent = gsi("3", {"81": "0+-----", "82": "0+2923000125"})
    plan = read_bytes(f"{good}\n{absent}\n".encode(), "job.gsi", "EPSG:32639", points_only=True)
    assert [(r.rule, r.params["number"]) for r in plan.remarks if r.variant == "no_place"] == [("SRV-17", "3")]


# What instruments keep for themselves ---------------------------------------------------------------------------------

BOOKS = {
    "GeoEasy": b"{2 st1}\n{5 101} {7 1.5} {11 20.1} {4 peg}\n",
    "Sokkia SDR": b"00NMSDR33  V04-04.34    01-Jan-20 12:33 111121\r\n10NMjob             121111\r\n",
    "Nikon RAW": b"CO,Nikon RAW data format V2.00\r\nCO,job\r\n",
    "Sokkia SET": b",SET4C,1,2,3,E0\r\nM,1.1.20,1,?,1.5,20,760,0.0,0.0,0.0,0\r\n",
    "Trimble M5": b"For M5|Adr 00001|TI  STAT |\r\nFor M5|Adr 00002|PI1 1 |\r\n",
    "Geodimeter": b"2=P1\r\n3=1.50\r\n5=101\r\n",
    "Topcon GTS": b"TopSURV v6\r\nJOB     A,\r\n",
    "Leica IDX": b"HEADER\r\n\tVERSION 1.20\r\n",
}


@pytest.mark.parametrize("kind", BOOKS)
def test_an_instruments_own_file_is_refused_by_name_and_with_advice(kind: str) -> None:
    with pytest.raises(SurveyUnreadable) as caught:
        read_bytes(BOOKS[kind], "job.raw", "EPSG:32639", points_only=True)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.variant, finding.params["kind"]) == ("SRV-02", "field_book", kind)


def test_real_files_of_instruments_are_read_or_refused_by_name() -> None:
    root = os.environ.get("GISPORTAL_REAL_DATA")
    if not root:
        pytest.skip("GISPORTAL_REAL_DATA is not set")
    told: dict[str, str] = {}
    for path in sorted(Path(root, "survey", "fieldbooks").iterdir()):
        try:
            told[path.name] = str(len(read_survey(path, crs="EPSG:32639", points_only=True).points))
        except SurveyUnreadable as caught:
            told[path.name] = caught.findings[0].variant
    assert told["tsdata__leica__coords.gsi"] == "48"
    assert sum(one == "field_book" for one in told.values()) == 22, told
