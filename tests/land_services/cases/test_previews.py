"""Pictures of documents that were handed in: made in a confined process, for those who may see the case alone."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image

from land_services.cases import acts, previews
from land_services.cases.models import Case, CaseFile
from land_services.cases.previews import preview_of
from tests.sample import Sample

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 5 0 R>>endobj
4 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 200]/Contents 5 0 R>>endobj
5 0 obj<</Length 23>>stream
1 0 0 rg 10 10 60 60 re f
endstream endobj
trailer<</Root 1 0 R>>
"""


@pytest.fixture
def sample(sample_recommended: Sample) -> Sample:
    return sample_recommended


@pytest.fixture
def attached(sample: Sample, tmp_path: Path) -> Callable[[bytes, str], CaseFile]:
    """Attach content under a name to a draft."""
    case = acts.open_case("subdivision", [sample.uid], viewer=sample.viewer("surveyor"))

    def attach(content: bytes, name: str) -> CaseFile:
        path = tmp_path / name
        path.write_bytes(content)
        return acts.attach(case, path, viewer=sample.viewer("surveyor"), file_name=name)

    return attach


def picture_of(file: CaseFile, page: int = 1) -> Image.Image:
    path = preview_of(file, page)
    assert path is not None
    picture = Image.open(path)
    assert picture.format == "PNG"
    return picture


def photo(kind: str, size: tuple[int, int] = (3000, 1500)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, kind)
    return out.getvalue()


def test_each_page_of_a_pdf_has_its_picture(attached: Callable[[bytes, str], CaseFile]) -> None:
    file = attached(PDF, "plan.pdf")
    first, second = picture_of(file, 1), picture_of(file, 2)
    assert first.width == 1400 and first.width > first.height and second.height > second.width
    assert first.convert("RGB").getpixel((first.width // 5, first.height // 2)) == (255, 0, 0)
    assert preview_of(file, 3) is None and preview_of(file, 0) is None and preview_of(file, 201) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_photos_and_scans_are_made_small(attached: Callable[[bytes, str], CaseFile], kind: str) -> None:
    picture = picture_of(attached(photo(kind), f"photo.{kind.lower()}"))
    assert picture.size == (1400, 700)
    red, green, blue = picture.convert("RGB").getpixel((700, 350))  # type: ignore[misc]
    assert green > 100 > max(red, blue)


def test_a_drawing_is_drawn(sample: Sample, attached: Callable[[bytes, str], CaseFile]) -> None:
    picture = picture_of(attached(sample.proper.read_bytes(), "plan.dxf")).convert("L")
    assert max(picture.size) == 1400 and 100 < sum(picture.histogram()[:128]) < picture.width * picture.height / 10


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7\n nothing of a PDF", "broken.pdf"),
        (b"0\nSECTION\n2\nENTITIES\n", "cut.dxf"),
        (b"a,b\n1,2\n", "table.csv"),
    ],
)
def test_what_cannot_be_shown_has_no_picture_and_is_tried_once(
    attached: Callable[[bytes, str], CaseFile], content: bytes, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = attached(content, name)
    assert preview_of(file) is None
    monkeypatch.setattr(previews, "_picture", None)
    assert preview_of(file) is None


def test_a_child_that_takes_too_long_is_ended(
    attached: Callable[[bytes, str], CaseFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(previews, "_CHILD", slow)
    monkeypatch.setattr(previews, "LONGEST_S", 0.5)
    assert preview_of(attached(PDF + b"%", "slow.pdf")) is None


def test_only_those_who_see_the_case_see_the_picture(
    sample: Sample, attached: Callable[[bytes, str], CaseFile]
) -> None:
    file = attached(PDF + b"% mine", "plan.pdf")
    address = f"/en/cases/{file.case.reference}/papers/{file.pk}/preview/1.png"
    for login, status in (("surveyor", 200), ("outsider", 404), ("resident", 404), ("reviewer", 404)):
        client = Client()
        client.force_login(sample.user(login))
        answer = client.get(address)
        assert answer.status_code == status, login
    assert Client().get(address).status_code == 302
    other = Case.objects.exclude(pk=file.case_id)[0]
    client = Client()
    client.force_login(sample.user("surveyor"))
    assert client.get(address.replace(file.case.reference, other.reference)).status_code == 404
    shown = client.get(address)
    assert shown["Content-Type"] == "image/png" and shown["Content-Security-Policy"] == "sandbox"
    page = client.get(f"/en/cases/{file.case.reference}/").content.decode()
    assert f'loading="lazy" width="320" src="{address}"' in page
