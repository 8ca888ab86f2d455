"""Who owns the land, by which papers: parties, titles, shares, deeds and restrictions, with realistic faults.

Nothing here is anybody's: names are built from word lists, id numbers fail their checksum, deed numbers begin with 99.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from random import Random
from uuid import UUID

from gisportal.sample.chance import chance
from gisportal.sample.names import BODIES, FAMILIES, company_name, person_name, pick
from gisportal.sample.rows import DeedRow, PartyRow, RestrictionRow, RightRow, TitleRow

BODY_OF = {"school": 1, "mosque": 2, "utility": 3, "health": 4}
"""Which body (index in ``BODIES``) holds lots of a public use; the municipality holds the others."""

PUBLIC_USES = frozenset({"mosque", "school", "park", "utility", "government", "health"})
BIG_DENOMINATOR = 1_000_000

FAMILY_SHARES = (
    ((1, 2), (1, 2)),
    ((2, 3), (1, 3)),
    ((1, 4), (3, 4)),
    ((1, 3), (1, 3), (1, 3)),
    ((1, 2), (1, 3), (1, 6)),
)

NOTARY = "كتابة العدل الأولى بمرسى الخليج"
COURT = "المحكمة العامة بمرسى الخليج"
EXCHANGE = "البورصة العقارية"
BANK = "بنك مرسى الخليج"
EXECUTION_COURT = "محكمة التنفيذ بمرسى الخليج"
HOLDERS = {"mortgage": BANK, "seizure": EXECUTION_COURT, "easement": BODIES[3][0], "usufruct": BODIES[2][0]}

MONTHS = ("المحرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة", "رجب", "شعبان", "رمضان",
          "شوال", "ذي القعدة", "ذي الحجة")  # fmt: skip
DOUBLED = {str(d): 2 * d - 9 * (d > 4) for d in range(10)}
ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True)
class Wish:
    """What a title must be, for the situations; empty fields are left to chance."""

    owner: str = ""
    paper: str = ""
    restriction: str = ""
    agent: bool = False
    parcels: int = 1
    vacant: bool = False


CLEAN = Wish(owner="person", paper="equal")


@dataclass
class Papers:
    """The rows that one plan's titles produce."""

    parties: list[PartyRow] = field(default_factory=list)
    titles: list[TitleRow] = field(default_factory=list)
    rights: list[RightRow] = field(default_factory=list)
    deeds: list[DeedRow] = field(default_factory=list)
    restrictions: list[RestrictionRow] = field(default_factory=list)


def decimal_m2(cents: int) -> Decimal:
    """Return hundredths of a square metre as a Decimal with two places."""
    return Decimal(cents).scaleb(-2)


def id_number(first: str, number: int) -> str:
    """Return a ten-digit number that looks like an id number and fails the Luhn checksum.

    Examples
    --------
    >>> id_number("1", 7)
    '1515815093'
    """
    body = f"{first}{number * 7_368_787 % 100_000_000:08d}"
    total = sum(map(DOUBLED.__getitem__, body[::2])) + sum(map(int, body[1::2]))
    return f"{body}{(15 - total % 10) % 10}"


class Registry:
    """Hands out ids and writes the papers of one title after the other."""

    def __init__(self, parcels: int, seed: int) -> None:
        self._party = self._title = self._right = self._deed = self._restriction = 0
        self.companies = max(6, min(400, parcels // 250))
        self.papers = Papers()
        self._seed = seed
        rng = chance(seed, "companies")
        for k, (ar, en) in enumerate(BODIES):
            self._add_party("government", (ar, en), "government_code", f"MK-{k + 1:03d}")
        self._first_company = self._party + 1
        for k in range(self.companies):
            self._add_party("company", company_name(k, rng), "commercial_registration", "")
        self._people = 0

    def take(self) -> Papers:
        """Return the papers written since the last call."""
        papers, self.papers = self.papers, Papers()
        return papers

    def _add_party(
        self, kind: str, name: tuple[str, str], id_kind: str, number: str,
        agent_of: int | None = None, member_of: int | None = None,
    ) -> int:  # fmt: skip
        self._party += 1
        if not number:
            first = {"commercial_registration": "9", "iqama": "2", "inheritance_certificate": "8"}
            number = id_number(first.get(id_kind, "1"), self._party + self._seed % 97)
        self.papers.parties.append(PartyRow(self._party, kind, name[0], name[1], id_kind, number, agent_of, member_of))
        return self._party

    def _add_right(self, party: int, share: Fraction) -> None:
        self._right += 1
        self.papers.rights.append(
            RightRow(self._right, self._title, party, "ownership", share.numerator, share.denominator)
        )

    def title(self, uids: tuple[UUID, ...], uid: UUID, use: str, cents: int, rng: Random, wish: Wish) -> int | None:
        """Write a title with its owners, deed and restrictions; return the deed's area in 0.01 m2, if any."""
        self._title += 1
        self.papers.titles.append(TitleRow(self._title, uid, uids))
        if use in PUBLIC_USES and not wish.owner:
            self._add_right(1 + BODY_OF.get(use, 0), Fraction(1))
            return self._write_deed(cents, rng, "equal")
        self._owners(wish, rng)
        area = self._write_deed(cents, rng, wish.paper or _paper_fault(rng))
        self._restrict(wish, rng)
        return area

    # Owners ---------------------------------------------------------------------------------------------------------

    def _owners(self, wish: Wish, rng: Random) -> None:
        draw = rng.random()
        kind = wish.owner or (
            "person" if draw < 0.68 else "family" if draw < 0.80 else "heirs" if draw < 0.89
            else "company" if draw < 0.97 else "old_heirs"
        )  # fmt: skip
        if kind == "person":
            party = self._person(rng)
            self._add_right(party, Fraction(1))
            if wish.agent or (not wish.owner and rng.random() < 0.04):
                self._add_party("person", person_name(rng), "national_id", "", agent_of=party)
        elif kind == "company":
            self._add_right(self._first_company + int(rng.random() * self.companies), Fraction(1))
        elif kind == "family":
            self._family(rng)
        else:
            self._heirs(rng, is_old=kind == "old_heirs")

    def _person(self, rng: Random) -> int:
        draw = rng.random()
        id_kind = "iqama" if draw < 0.03 else "national_id"
        return self._add_party("person", person_name(rng, is_woman=draw > 0.72), id_kind, "")

    def _family(self, rng: Random) -> None:
        """Two or three relations with simple shares."""
        family = pick(FAMILIES, rng)
        chosen = FAMILY_SHARES[int(rng.random() * len(FAMILY_SHARES))]
        for k, (num, den) in enumerate(chosen):
            name = person_name(rng, family, is_woman=k == 1)
            self._add_right(self._add_party("person", name, "national_id", ""), Fraction(num, den))

    def _heirs(self, rng: Random, is_old: bool) -> None:
        """Heirs as the law shares: 1/8 to the widow, a son twice a daughter; old estates through generations."""
        family = pick(FAMILIES, rng)
        late = person_name(rng, family)
        name = (f"ورثة {late[0]}", f"Heirs of {late[1]}")
        group = self._add_party("group", name, "inheritance_certificate", "")
        shares = _estate(rng, Fraction(1))
        while is_old and max(s.denominator for s, _ in shares) < BIG_DENOMINATOR:
            dead, _ = shares.pop()
            shares += _estate(rng, dead)
        for share, is_woman in shares:
            person = person_name(rng, family, is_woman)
            self._add_right(self._add_party("person", person, "national_id", "", member_of=group), share)

    # Papers ---------------------------------------------------------------------------------------------------------

    def _write_deed(self, cents: int, rng: Random, fault: str) -> int | None:
        if fault == "none":
            return None
        area = _deed_area(cents, fault, rng)
        self._deed += 1
        n = self._deed
        draw = rng.random()
        if fault == "ancient":
            year, month = 1325 + int(rng.random() * 17), MONTHS[int(rng.random() * 12)]
            row = (f"{n % 900 + 1}", f"شهر {month} سنة {year} هـ".translate(ARABIC_DIGITS), COURT, "paper")
        elif draw < 0.72 or fault in ("equal", "3%", "30%"):
            row = (f"99{n:010d}", _hijri(1431, 16, rng), EXCHANGE if draw < 0.3 else NOTARY, "electronic")
        else:
            row = (f"{n % 997 + 1}/{n % 43 + 1}", _hijri(1362, 68, rng), NOTARY if draw < 0.9 else COURT, "paper")
        self.papers.deeds.append(DeedRow(n, self._title, *row, decimal_m2(area), fault != "void"))
        return area

    def _restrict(self, wish: Wish, rng: Random) -> None:
        draw = rng.random()
        kind = wish.restriction
        if not kind and not wish.paper and not wish.owner:
            kind = (
                "mortgage" if draw < 0.02 else "seizure" if draw < 0.028 else "easement" if draw < 0.032
                else "usufruct" if draw < 0.034 else ""
            )  # fmt: skip
        if not kind:
            return
        self._restriction += 1
        {"mortgage": BANK, "seizure": EXECUTION_COURT, "easement": BODIES[3][0], "usufruct": BODIES[2][0]}[kind]
        reference = f"{kind[0].upper()}-{self._restriction:06d}"
        self.papers.restrictions.append(RestrictionRow(self._restriction, self._title, kind, reference, HOLDERS[kind]))


def _estate(rng: Random, whole: Fraction) -> list[tuple[Fraction, bool]]:
    """Share an estate among a widow, daughters and sons; the last heir is a son. Each is (share, is a woman)."""
    sons, daughters = 1 + int(rng.random() * 4), int(rng.random() * 5)
    unit = whole * Fraction(7, 8) / (2 * sons + daughters)
    return [(whole / 8, True), *[(unit, True)] * daughters, *[(unit * 2, False)] * sons]


def _paper_fault(rng: Random) -> str:
    """Choose how a deed differs from the ground."""
    draw = rng.random()
    for limit, fault in ((0.72, "equal"), (0.84, "rounding"), (0.945, "percents"), (0.96, "much"), (0.975, "ancient"),
                         (0.988, "void")):  # fmt: skip
        if draw < limit:
            return fault
    return "none"


def _deed_area(cents: int, fault: str, rng: Random) -> int:
    """Return a deed's area in hundredths of a m2 for land of ``cents``. Integer arithmetic in parts per 100,000."""
    draw, sign = int(rng.random() * 1000), 1 if rng.random() < 0.5 else -1
    per_100k = {"rounding": draw // 2, "percents": 1000 + draw * 8, "much": 25_500 + draw * 20}.get(fault, 0)
    if fault == "ancient":
        per_100k = draw * 4
    if fault == "3%":
        per_100k, sign = 3000, -1
    if fault == "30%":
        per_100k, sign = 30_000, -1
    area = cents + sign * (cents * per_100k // 100_000)
    return area // 100 * 100 if fault in ("ancient", "much") else area


def _hijri(first: int, years: int, rng: Random) -> str:
    year, month, day = first + int(rng.random() * years), 1 + int(rng.random() * 12), 1 + int(rng.random() * 29)
    return f"{year}/{month:02d}/{day:02d}"
