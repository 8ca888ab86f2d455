"""Numbers, names, titles and papers of the sample; the same rows everywhere, in bounded memory."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import shapely

from gisportal.sample.city import City, generate
from gisportal.sample.lattice import SRIDS
from gisportal.sample.rows import line_wkb, multiline_wkb, multipolygon_wkb, point_wkb, polygon_wkb
from land_services.cases.land_papers import ID_KINDS as WORDS
from land_services.register.personal import ID_KINDS
from tests.budget import budget
from tests.gisportal.sample.cities import area2, city, polygon

ROOT = Path(__file__).parents[3]
DIGEST = """
import hashlib
from gisportal.sample.city import generate
digest = hashlib.sha256()
for chunk in generate({parcels}, {seed}).chunks():
    digest.update(repr(chunk).encode())
print(digest.hexdigest())
"""
KNOWN_PARCELS, KNOWN_SEED = 700, 1448
KNOWN_DIGEST = "958d99718a84b686bdda88aef28bb35b17d44f4ab82a36bc613cc4a9ee3639d6"
"""Of a city drawn on another machine; a change of the generator that means to change cities changes it too."""


def digest(sample: City) -> str:
    found = hashlib.sha256()
    for chunk in sample.chunks():
        found.update(repr(chunk).encode())
    return found.hexdigest()


def digest_elsewhere(parcels: int, seed: int, hash_seed: str) -> str:
    code = DIGEST.format(parcels=parcels, seed=seed)
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_two_processes_with_different_hash_seeds_write_the_same_rows() -> None:
    parcels = budget(2500, 100_000)
    assert digest_elsewhere(parcels, 3, "1") == digest_elsewhere(parcels, 3, "4242")


def test_the_city_is_the_one_that_another_machine_drew() -> None:
    assert digest(generate(KNOWN_PARCELS, KNOWN_SEED)) == KNOWN_DIGEST


def test_asking_twice_gives_the_same_rows() -> None:
    sample = generate(600, 9)
    assert list(sample.parcels) == list(sample.parcels) == list(generate(600, 9).parcels)


def test_another_seed_gives_another_city() -> None:
    cities = [generate(300, seed) for seed in range(4)]
    assert len(set(map(digest, cities))) == 4
    uids = [p.uid for sample in cities for p in sample.parcels]
    assert len(set(uids)) == len(uids)


@pytest.mark.parametrize("parcels", [1, 2, 7, 60, 259, 1000, 1501])
def test_the_number_of_parcels_is_exact(parcels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gisportal.sample.city.KEEP_PARCELS", 1200)  # the largest is drawn again for each question
    sample = generate(parcels, 5)
    assert sum(1 for _ in sample.parcels) == parcels
    assert len({uid for t in sample.titles for uid in t.parcels}) == parcels


@pytest.mark.parametrize("parcels", [0, -3])
def test_it_refuses_a_city_without_parcels(parcels: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        generate(parcels, 1)


def test_it_refuses_a_crs_it_does_not_fit() -> None:
    with pytest.raises(ValueError, match="32639"):
        generate(10, 1, srid=3857)


@pytest.mark.parametrize("srid", [32638, 32639, 32640, 9358, 9359, 9360, 20438, 20439, 20440])
def test_it_fits_the_belts_of_the_gulf(srid: int) -> None:
    from pyproj import Transformer

    parcel = next(iter(generate(5, 1, srid).parcels))
    lon, lat = Transformer.from_crs(srid, 4326, always_xy=True).transform(*polygon(parcel.rings).centroid.coords[0])
    west = {38: 42, 39: 48, 40: 54}[SRIDS[srid]]
    assert west < lon < west + 6
    assert 24 < lat < 27


def test_chunks_come_in_an_order_that_keys_allow() -> None:
    """A row never names a row of a later chunk."""
    known: dict[str, set[object]] = defaultdict(set)
    for chunk in city().chunks():
        known["district"] |= {d.id for d in chunk.districts}
        known["plan"] |= {p.id for p in chunk.plans}
        known["party"] |= {p.id for p in chunk.parties}
        known["title"] |= {t.id for t in chunk.titles}
        known["parcel"] |= {p.uid for p in chunk.parcels}
        assert all(p.district in known["district"] for p in chunk.plans)
        assert all(s.plan is None or s.plan in known["plan"] for s in chunk.streets)
        assert all(set(t.parcels) <= known["parcel"] for t in chunk.titles)
        assert all(r.title in known["title"] and r.party in known["party"] for r in chunk.rights)
        assert all(d.title in known["title"] for d in chunk.deeds)
        assert all(r.title in known["title"] for r in chunk.restrictions)
        assert all({p.agent_of, p.member_of} <= known["party"] | {None} for p in chunk.parties)
        assert all(p.parcel in known["parcel"] for p in chunk.places)
        assert all(a.parcel in known["parcel"] for a in chunk.addresses)


def test_ids_are_unique() -> None:
    sample = city()
    for rows in (
        sample.streets,
        sample.blocks,
        sample.plans,
        sample.zones,
        sample.places,
        sample.addresses,
        sample.parties,
    ):
        ids = [row.id for row in rows]
        assert len(set(ids)) == len(ids)
    zones = [z.id for z in (*sample.zones, *sample.growth_phases, *sample.prohibited_zones)]
    assert len(set(zones)) == len(zones)


def test_a_number_names_one_parcel_of_a_block() -> None:
    numbers = Counter((p.plan_no, p.block_no, p.parcel_no) for p in city(5000, 8).parcels)
    assert max(numbers.values()) == 1
    assert any(plan == "بدون" for plan, _, _ in numbers)
    assert any("/أ" in number for _, _, number in numbers)
    assert all(type(part) is str for key in numbers for part in key)


def test_shares_of_every_title_sum_to_one() -> None:
    shares: dict[int, Fraction] = defaultdict(Fraction)
    for right in city(5000, 8).rights:
        assert right.share_num > 0
        assert right.kind == "ownership"
        shares[right.title] += Fraction(right.share_num, right.share_den)
    assert set(shares) == {t.id for t in city(5000, 8).titles}
    assert set(shares.values()) == {Fraction(1)}
    assert max(r.share_den for r in city(5000, 8).rights) >= 1_000_000
    assert max(r.share_den for r in city(5000, 8).rights) < 2**63


def luhn_holds(number: str) -> bool:
    digits = [int(d) for d in reversed(number)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2])) % 10 == 0


def test_no_id_number_could_be_anybodys() -> None:
    numbers = [p.id_number for p in city(5000, 8).parties]
    assert len(set(numbers)) == len(numbers)
    for party in city(5000, 8).parties:
        assert party.kind in {"person", "company", "government", "group"}
        if party.kind != "government":
            assert len(party.id_number) == 10
            assert not luhn_holds(party.id_number)


def test_every_kind_of_id_is_one_the_register_and_the_papers_know() -> None:
    """An inheritance certificate is a deed about people: it is printed, and nobody is asked for its number."""
    kinds = {party.id_kind for party in city(5000, 8).parties} - {"inheritance_certificate"}
    assert kinds == set(ID_KINDS) and kinds < set(WORDS)


def test_surveyed_areas_are_the_grounds() -> None:
    for parcel in city().parcels:
        ground = (Decimal(sum(area2((ring,)) for ring in parcel.rings)) / 2_000_000).quantize(Decimal("0.01"))
        if parcel.surveyed_area_m2 is not None:
            assert abs(parcel.surveyed_area_m2 - ground) <= Decimal("0.01")
            assert parcel.surveyed_area_m2.as_tuple().exponent == -2


def test_deeds_differ_from_the_ground_as_often_as_real_ones() -> None:
    bands: Counter[str] = Counter()
    for parcel in city(5000, 8).parcels:
        ground = polygon(parcel.rings).area
        if parcel.official_area_m2 is None:
            bands["none"] += 1
            continue
        share = abs(float(parcel.official_area_m2) - ground) / ground
        bands["equal" if share < 1e-4 else "half" if share < 0.0051 else "some" if share <= 0.25 else "much"] += 1
    assert bands["equal"] > 3000
    assert all(bands[band] >= 20 for band in ("none", "half", "some", "much"))


def test_well_known_bytes_hold_the_same_millimetres() -> None:
    street = next(s for s in city().streets if len(s.right_of_way) > 1)
    parcel = next(p for p in city().parcels if len(p.rings) > 1)
    cases = [
        (polygon_wkb(parcel.rings, 32639), parcel.rings[0][0]),
        (multipolygon_wkb(street.right_of_way, 32639), street.right_of_way[0][0][0]),
        (line_wkb(street.centrelines[0], 32639), street.centrelines[0][0]),
        (multiline_wkb(street.centrelines, 32639), street.centrelines[0][0]),
        (point_wkb((1, -2_500), 32639), (1, -2_500)),
    ]
    for data, (x, y) in cases:
        shape = shapely.from_wkb(data)
        assert shape.is_valid
        assert shapely.get_srid(shape) == 32639
        assert tuple(shapely.get_coordinates(shape)[0]) == (x / 1000, y / 1000)
    assert shapely.get_srid(shapely.from_wkb(polygon_wkb(parcel.rings))) == 0
    assert shapely.from_wkb(polygon_wkb(parcel.rings)).equals(polygon(parcel.rings))


def test_places_lie_on_their_parcels_in_every_category() -> None:
    sample = city(5000, 8)
    parcels = {p.uid: p for p in sample.parcels}
    categories = set()
    for place in sample.places:
        shape = shapely.from_wkb(point_wkb(place.point))
        assert polygon(parcels[place.parcel].rings).contains(shape), place
        categories.add(place.category)
    assert categories == set("food health gas water repair mosque school municipal park fuel public_service".split())


def test_memory_does_not_grow_with_the_city() -> None:
    code = (
        "import resource, sys\n"
        "from gisportal.sample.city import generate\n"
        "assert sum(len(c.parcels) for c in generate(int(sys.argv[1]), 1).chunks()) == int(sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    sizes = [
        int(subprocess.run([sys.executable, "-c", code, str(n)], env=env, capture_output=True, check=True).stdout)
        for n in (3_000, budget(9_000, 1_000_000))
    ]
    assert sizes[1] < sizes[0] + budget(8, 300)
