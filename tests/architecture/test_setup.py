"""The set-up describes itself truly: requirements, commands, lock file, what is kept out of the repository."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"gisportal", "land_services", "layers", "tiles", "tests", "scripts"}
TARGETS = ["demo", "test", "soak", "serve", "stop", "bench", "clean", "help", "setup"]


def requirements(name: str) -> dict[str, str]:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+-]+", line) for line in lines), "one exact version on each line"
    return {_canonical(line.split("==")[0]): line.split("==")[1] for line in lines}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(folders: list[str]) -> set[str]:
    """Return the top names that the sources import, those inside functions too."""
    found: set[str] = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            if "node_modules" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    found.add(node.module.split(".")[0])
    return found - OURS - set(sys.stdlib_module_names)


def distributions(module: str) -> set[str]:
    return {_canonical(name) for name in importlib.metadata.packages_distributions().get(module, [])}


def test_everything_the_product_imports_is_required() -> None:
    pinned = requirements("requirements.txt").keys()
    used = imported(["gisportal", "land_services", "layers", "tiles"])
    assert {name for name in used if not distributions(name) & pinned} == set()


def test_everything_the_tests_import_is_required() -> None:
    pinned = requirements("requirements.txt").keys() | requirements("requirements-dev.txt").keys()
    assert {name for name in imported(["tests", "scripts"]) if not distributions(name) & pinned} == set()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_installed_versions_are_the_required_ones(name: str) -> None:
    installed = {package: importlib.metadata.version(package) for package in requirements(name)}
    assert installed == requirements(name)


def test_no_requirement_brings_psycopg_3_or_copyleft_servers() -> None:
    named = requirements("requirements.txt").keys() | requirements("requirements-dev.txt").keys()
    assert not named & {"psycopg", "psycopg-binary", "psycopg2-binary", "viewflow", "procrastinate"}


def test_the_lock_file_holds_every_platform() -> None:
    """``npm ci`` refuses a lock that misses an optional package, and says so only on another machine."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        for wanted in package.get("optionalDependencies", {}):
            assert f"node_modules/{wanted}" in packages or f"{name}/node_modules/{wanted}" in packages, wanted
        assert "://" not in package.get("resolved", "") or "registry.npmjs.org" in package["resolved"]


def test_every_command_is_there_and_explains_itself() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    for target in TARGETS:
        assert re.search(rf"^  make {target} +[A-Z]", shown, re.MULTILINE), target
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_ci_calls_make_test_and_nothing_else() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert re.findall(r"\bmake \w+", "\n".join(line for line in text.splitlines() if not line.startswith("#"))) == [
        "make stop",
        "make test",
    ]


@pytest.mark.parametrize("path", ["scripts/setup.sh", ".ci/run"])
def test_shell_scripts_are_plain_posix(path: str) -> None:
    assert (ROOT / path).stat().st_mode & 0o111
    assert subprocess.run(["dash", "-n", str(ROOT / path)]).returncode == 0


def test_what_the_set_up_makes_stays_out_of_the_repository() -> None:
    made = [".local/env", ".venv/bin/python", "node_modules/x", "gisportal/static/build/site.js", "locale/ar/x.mo"]
    made += ["staticfiles/x", "media/x", "test-results/x", ".mypy_cache/x", ".hypothesis/x"]
    done = subprocess.run(["git", "check-ignore", *made], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == made


def test_the_kernel_and_the_services_import_without_django() -> None:
    code = (
        "import sys; sys.modules['django'] = None; import land_services.domain, land_services.precision;"
        "import land_services.geometry.split, land_services.services.subdivision, land_services.rules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env={})
    assert done.returncode == 0, done.stderr
