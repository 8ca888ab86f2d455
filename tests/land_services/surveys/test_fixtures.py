"""Small files, each one nasty case with a name: ``plan_*`` are read, the others refused by the rule they are named for.

``python -m tests.land_services.surveys.test_fixtures`` writes them again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from land_services.surveys.errors import SurveyUnreadable
from land_services.surveys.reader import read_survey
from land_services.surveys.write_dxf import write_subdivision_dxf
from land_services.surveys.write_files import write_geojson, write_gpkg, write_landxml
from tests.land_services.surveys.samples import curved_plan, geojson, landxml, parcel, square

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "surveys"
REFUSED = {
    "billion_laughs.xml": "SRV-25",
    "coordinate_nan.geojson": "SRV-07",
    "metres_called_wgs84.geojson": "SRV-11",
    "open_parcel.xml": "SRV-08",
    "points_only.geojson": "SRV-10",
    "self_crossing.geojson": "SRV-09",
    "truncated.dxf": "SRV-05",
    "vrt_in_disguise.gpkg": "SRV-02",
}


@pytest.mark.parametrize("name", ("plan_arcs.dxf", "plan_arcs.gpkg", "plan_arcs.xml", "plan_chords.geojson"))
def test_a_sound_plan_is_read(name: str) -> None:
    plan = read_survey(FOLDER / name, crs="EPSG:32639")
    assert [p.number for p in plan.parts] == ["1", "2"] and plan.outer is not None
    assert all(r.severity == "info" for r in plan.remarks)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_bad_file_is_refused_for_its_fault(name: str) -> None:
    with pytest.raises(SurveyUnreadable) as caught:
        read_survey(FOLDER / name)
    assert caught.value.findings[0].rule == REFUSED[name]


def write_all() -> None:
    """Write every fixture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    plan = curved_plan()
    write_subdivision_dxf(FOLDER / "plan_arcs.dxf", plan.parts, plan.outer, version="R2000")
    write_gpkg(FOLDER / "plan_arcs.gpkg", plan)
    write_landxml(FOLDER / "plan_arcs.xml", plan)
    write_geojson(FOLDER / "plan_chords.geojson", plan)
    drawing = (FOLDER / "plan_arcs.dxf").read_bytes()
    bow = square("1")
    ring = bow["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    point = {"type": "Feature", "properties": {"point_no": "1"}, "geometry": {"type": "Point", "coordinates": [50, 26]}}
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in ("ab", "bc", "cd", "de", "ef", "fg"))
    bomb = f'<!DOCTYPE LandXML [<!ENTITY a "ha">{entities}]><LandXML>&g;</LandXML>'
    contents = {
        "billion_laughs.xml": bomb.encode(),
        "coordinate_nan.geojson": geojson(square("1")).replace(b"50.101", b"NaN"),
        "metres_called_wgs84.geojson": geojson(square("1", 413000, 2925000, 20)),
        "open_parcel.xml": landxml(parcel("1", (0, 0), (20, 0), (20, 30), (0, 30), close=False)),
        "points_only.geojson": geojson(point),
        "self_crossing.geojson": geojson(bow),
        "truncated.dxf": drawing[: len(drawing) * 2 // 3],
        "vrt_in_disguise.gpkg": b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>",
    }
    for name, content in contents.items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    write_all()
