"""``make test``: lint, types, contracts, migrations and translations, then every test; one summary, one exit code.

All steps run even when one fails, so that one run names everything. With ``GISPORTAL_SOAK=1`` tests take their full
budgets and no time limit. ``PYTEST_ARGS`` is handed to pytest.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time

from scripts.account import say
from scripts.services import CLONE

PYTHON = sys.executable
MODULES = ["gisportal", "land_services", "layers", "tiles", "scripts", "manage.py"]
CONTRACTS = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"
STEPS: dict[str, list[str]] = {
    "lint": [PYTHON, "-m", "ruff", "check", "--quiet", "--output-format", "concise", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "--output-format", "concise", "."],
    "types": [PYTHON, "-m", "mypy", "--no-error-summary", *MODULES],
    "import contracts": [PYTHON, "-c", CONTRACTS],
    "system checks": [PYTHON, "manage.py", "check", "--fail-level", "WARNING"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run", "--verbosity", "1"],
}


def run_step(name: str, command: list[str]) -> bool:
    """Run one step quietly; its output is shown only where it fails."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=CLONE, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    good = done.returncode == 0
    say(f"{name}: {'ok' if good else 'FAILED'} ({time.monotonic() - began:.1f} s)")
    if not good:
        say((done.stdout + done.stderr).strip())
    return good


def run_tests() -> bool:
    workers = os.environ.get("PYTEST_WORKERS") or str(max(2, min(4, os.cpu_count() or 2)))
    # A file's tests stay on one worker, in their order: what a module sets up is set up once.
    command = [PYTHON, "-m", "pytest", "-q", "-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    if os.environ.get("GISPORTAL_SOAK") == "1":
        command += ["--timeout", "0"]
    command += shlex.split(os.environ.get("PYTEST_ARGS", ""))
    return subprocess.run(command, cwd=CLONE, stdin=subprocess.DEVNULL).returncode == 0


def main() -> int:
    failed = [name for name, command in STEPS.items() if not run_step(name, command)]
    if not run_tests():
        failed.append("tests")
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
