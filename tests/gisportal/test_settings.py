"""Settings are strict: what cannot be read stops the start and says which setting it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gisportal import settings
from gisportal.env import Env, EnvError, parse_database_url, parse_email_url, read_env_file

ROOT = Path(__file__).resolve().parents[2]
SECURE = {
    "DATABASE_URL": "postgresql://app:x@localhost/none",
    "SECRET_KEY": "k" * 50,
    "PERSONAL_DATA_KEY": "p" * 50,
    "ALLOWED_HOSTS": "gis.example.sa",
}


def loaded(expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own with exactly this environment and print an expression of them."""
    code = f"from gisportal import settings as s; print({expression})"
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code], env=base | environment, capture_output=True, text=True, cwd="/", check=False
    )


@pytest.mark.parametrize("word", ["", "maybe", "2", "True ish", "debug"])
def test_a_flag_that_is_no_flag_is_refused_and_named(word: str) -> None:
    with pytest.raises(EnvError, match="DEBUG"):
        Env({"DEBUG": word}).flag("DEBUG", False)


@pytest.mark.parametrize(("word", "value"), [("1", True), ("TRUE", True), (" on ", True), ("0", False), ("No", False)])
def test_flags_are_read(word: str, value: bool) -> None:
    assert Env({"X": word}).flag("X", not value) is value


@pytest.mark.parametrize("word", ["", "3.5", "0x10", "ten", "1e3"])
def test_a_number_that_is_no_number_is_refused(word: str) -> None:
    with pytest.raises(EnvError, match="PORT"):
        Env({"PORT": word}).integer("PORT", 1)


def test_a_number_outside_its_limits_is_refused() -> None:
    with pytest.raises(EnvError, match="between 1 and 5"):
        Env({"N": "6"}).integer("N", 1, low=1, high=5)


def test_a_secret_may_come_from_a_file_but_not_from_two_places(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("from-file\n", encoding="utf-8")
    assert Env({"KEY_FILE": str(secret)}).text("KEY") == "from-file"
    with pytest.raises(EnvError, match="both set"):
        Env({"KEY": "a", "KEY_FILE": str(secret)}).text("KEY")
    with pytest.raises(EnvError, match="cannot read"):
        Env({"KEY_FILE": str(tmp_path / "absent")}).text("KEY")


def test_a_line_that_is_no_setting_stops_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("# words\nA=1\nB='two words'\nexport C=3\n", encoding="utf-8")
    assert read_env_file(path) == {"A": "1", "B": "two words", "C": "3"}
    path.write_text("A=1\nnonsense\n", encoding="utf-8")
    with pytest.raises(EnvError, match=":2:"):
        read_env_file(path)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("smtp://mail", ("mail", 25, "", "", False, False)),
        ("smtp://mail?starttls=1", ("mail", 587, "", "", False, True)),
        ("smtps://me%40x:p%3Aw@mail.example:2465", ("mail.example", 2465, "me@x", "p:w", True, False)),
    ],
)
def test_a_mail_address_is_read(url: str, found: tuple[Any, ...]) -> None:
    read = parse_email_url(url)
    assert tuple(read[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "SSL", "STARTTLS")) == found
    assert read["BACKEND"].endswith("smtp.EmailBackend")


def test_mail_goes_to_files_or_nowhere() -> None:
    assert parse_email_url("file:///var/mail%20out")["FOLDER"] == "/var/mail out"
    assert parse_email_url("")["BACKEND"].endswith("dummy.EmailBackend")


@pytest.mark.parametrize(
    "url",
    ["mail.example", "smtp://", "file://host/x", "file:///", "smtp://m?starttls=yes", "smtps://m?starttls=1",
     "smtp://m?tls=1", "smtp://m:port", "http://m"],
)  # fmt: skip
def test_a_mail_address_that_cannot_be_read_is_named(url: str) -> None:
    with pytest.raises(EnvError, match="EMAIL_URL"):
        parse_email_url(url)


def test_a_database_address_is_read_in_both_forms() -> None:
    tcp = parse_database_url("postgresql://app:p%40ss@db:5433/gis?sslmode=require")
    assert (tcp["NAME"], tcp["USER"], tcp["PASSWORD"], tcp["HOST"], tcp["PORT"]) == ("gis", "app", "p@ss", "db", "5433")
    assert tcp["OPTIONS"] == {"sslmode": "require"}
    socket = parse_database_url("postgresql:///gis?host=/run/pg&user=app&port=5433")
    assert (socket["HOST"], socket["USER"], socket["PORT"], socket["OPTIONS"]) == ("/run/pg", "app", "5433", {})
    for wrong in ("mysql://a/b", "postgresql://host/", "postgresql://h:port/db"):
        with pytest.raises(EnvError):
            parse_database_url(wrong)


@pytest.mark.parametrize("absent", ["SECRET_KEY", "PERSONAL_DATA_KEY"])
def test_without_debug_no_secret_has_a_default(absent: str) -> None:
    environment = {key: value for key, value in SECURE.items() if key != absent}
    result = loaded("s.DEBUG", **environment)
    assert result.returncode != 0
    assert absent in result.stderr


def test_a_short_key_is_refused() -> None:
    result = loaded("s.DEBUG", **{**SECURE, "SECRET_KEY": "short"})
    assert result.returncode != 0
    assert "SECRET_KEY" in result.stderr


def test_without_debug_everything_is_locked() -> None:
    expression = (
        "(s.DEBUG, s.ALLOWED_HOSTS, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_SECURE,"
        " s.TECHNICAL_ERRORS, s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_HTTPONLY,"
        " s.DATABASES['default']['ATOMIC_REQUESTS'])"
    )
    result = loaded(expression, **SECURE, TECHNICAL_ERRORS="1")
    assert result.returncode == 0, result.stderr
    expected = (False, ["gis.example.sa"], True, "__Host-session", True, False, True, True, False)
    assert result.stdout.strip() == str(expected)


@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        ({}, 31_536_000),
        ({"HSTS_SECONDS": "0"}, 0),
        ({"HSTS_SECONDS": "300"}, 300),
        ({"SECURE": "0"}, 0),
        ({"DEBUG": "1"}, 0),
        ({"DEBUG": "1", "SECURE": "1"}, 0),
    ],
)
def test_a_secure_installation_tells_browsers_to_stay_on_https_for_a_year(more: dict[str, str], seconds: int) -> None:
    result = loaded("s.SECURE_HSTS_SECONDS", **SECURE, **more)
    assert result.stdout.strip() == str(seconds), result.stderr


def test_the_header_goes_out_over_https_only(client: Client, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    assert client.get("/healthz", secure=True)["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/healthz")


def test_with_debug_the_key_is_random_and_never_the_same() -> None:
    environment = {"DATABASE_URL": SECURE["DATABASE_URL"], "DEBUG": "1"}
    first, second = (loaded("s.SECRET_KEY", **environment).stdout for _ in range(2))
    assert first.strip() and first != second


def test_the_table_of_settings_names_exactly_what_is_asked_for() -> None:
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", table, flags=re.MULTILINE))
    assert documented == settings.env.asked


def test_a_process_of_our_own_gets_the_values_given_and_no_file_beside_them() -> None:
    ours = Env({"A": "1", "B_FILE": "/run/b", "C": "3", "C_FILES": "4"})
    assert ours.with_values(B="2", C="5") == {"A": "1", "B": "2", "C": "5", "C_FILES": "4"}
    assert ours.values == {"A": "1", "B_FILE": "/run/b", "C": "3", "C_FILES": "4"}


def test_nobody_reads_the_environment_past_the_settings() -> None:
    """A setting that is read elsewhere would be missing from the table."""
    allowed = {f"gisportal/{name}.py" for name in ("env", "wsgi", "asgi", "celery")}
    found = set()
    for package in ("gisportal", "layers", "tiles"):
        for path in (ROOT / package).rglob("*.py"):
            if re.search(r"os\.(environ|getenv)", path.read_text(encoding="utf-8")):
                found.add(path.relative_to(ROOT).as_posix())
    assert found <= allowed
