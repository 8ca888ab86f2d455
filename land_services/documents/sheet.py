"""What every page carries: number, verification, hash, faces and their names."""

from __future__ import annotations

from typing import Any, Final

from land_services.documents.model import CORNER_CUTS, FACES, DocumentHeader, Text
from land_services.documents.qr import qr_svg, verify_url

FACE_NAMES: Final = {
    "N": Text("الشمال", "North"),
    "S": Text("الجنوب", "South"),
    "E": Text("الشرق", "East"),
    "W": Text("الغرب", "West"),
}
CUT_NAMES: Final = {
    "NE": Text("شمال شرق", "NE"),
    "NW": Text("شمال غرب", "NW"),
    "SE": Text("جنوب شرق", "SE"),
    "SW": Text("جنوب غرب", "SW"),
}
QR_MM: Final = 21.0


def page_context(header: DocumentHeader, digest: str) -> dict[str, Any]:
    """Return what the page template needs beside the document itself."""
    address = verify_url(header.base_url, header.verification_code)
    return {
        "header": header,
        "digest": digest,
        "address": address,
        "qr": qr_svg(address, QR_MM),
        "faces": FACES,
        "face_names": FACE_NAMES,
        "cut_names": CUT_NAMES,
        "cuts": CORNER_CUTS,
    }
