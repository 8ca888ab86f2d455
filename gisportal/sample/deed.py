"""A deed for the demonstration: a page that says of itself that it is a sample."""

from __future__ import annotations

from pathlib import Path

from weasyprint import HTML

__all__ = ["write_deed"]

PAGE = """<!doctype html><html dir="rtl" lang="ar"><meta charset="utf-8"><title>نموذج صك</title>
<style>@page {{ size: A4; margin: 25mm }} body {{ font: 14pt "Noto Naskh Arabic", serif }} h1 {{ text-align: center }}
table {{ width: 100%; border-collapse: collapse }} td {{ border: .3mm solid #555; padding: 3mm }}
p.sample {{ text-align: center; color: #a33; font-weight: bold }} [lang=en] {{ direction: ltr }}</style>
<p class="sample">نموذج للعرض فقط، لا يثبت ملكية · <span lang="en">Sample for demonstration, proves nothing</span></p>
<h1>{title}</h1>
<table>{rows}</table></html>"""


def write_deed(path: Path, lines: dict[str, str], *, title: str = "صك ملكية") -> Path:
    """Write a sample deed, or another paper of this title, with these lines as a PDF; return where."""
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in lines.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    HTML(string=PAGE.format(title=title, rows=rows)).write_pdf(path)
    return path
