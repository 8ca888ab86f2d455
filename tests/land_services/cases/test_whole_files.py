"""A kept file is whole or not there, wherever the process that wrote it ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from django.core.files.base import ContentFile

from land_services.cases.whole_files import BEGUN, WholeFiles, clear_begun

DIES = """
import os, sys
import django
from django.conf import settings
settings.configure()
from django.core.files.base import ContentFile
from land_services.cases.whole_files import WholeFiles

class Dies(ContentFile):
    def chunks(self, chunk_size=None):
        yield b"the first half"
        os._exit(9)

WholeFiles(sys.argv[1]).save("papers/ab/name.pdf", Dies(b""))
"""


def test_a_process_that_dies_while_it_writes_leaves_no_file_of_that_name(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False)
    assert done.returncode == 9
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.suffix for path in left] == [BEGUN] and not (tmp_path / "papers/ab/name.pdf").exists()
    store = WholeFiles(str(tmp_path))
    assert store.save("papers/ab/name.pdf", ContentFile(b"all of it")) == "papers/ab/name.pdf"
    assert (tmp_path / "papers/ab/name.pdf").read_bytes() == b"all of it"

    assert clear_begun(tmp_path) == 0, "it might be at work still"
    two_days_ago = time.time() - 2 * 86_400
    os.utime(left[0], (two_days_ago, two_days_ago))
    os.utime(tmp_path / "papers/ab/name.pdf", (two_days_ago, two_days_ago))
    assert clear_begun(tmp_path) == 1
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["name.pdf"]


def test_another_content_under_a_name_that_is_taken_gets_a_name_of_its_own(tmp_path: Path) -> None:
    store = WholeFiles(str(tmp_path))
    first, second = store.save("a.pdf", ContentFile(b"1")), store.save("a.pdf", ContentFile(b"2"))
    assert first == "a.pdf" != second
    assert store.open(first).read() == b"1" and store.open(second).read() == b"2"
