"""The private cluster: started, killed, moved, copied, its port taken; it always comes back with what was committed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
import redis

from scripts import broker, cluster, services
from scripts.account import Account, ServiceError

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@dataclass
class Clone:
    """A copy of the set-up in a folder of its own."""

    path: Path

    def run(self, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {n: value for n, value in os.environ.items() if not n.startswith(("DATABASE_", "REDIS_"))}
        return subprocess.run(
            [sys.executable, "-m", "scripts.services", command],
            cwd=self.path,
            env={**kept, **variables},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def up(self) -> None:
        done = self.run("up")
        assert done.returncode == 0, done.stderr

    @property
    def state(self) -> Path:
        return Path((self.path / ".local" / "state").read_text().strip())

    def env(self) -> dict[str, str]:
        return services.read_env(self.path / ".local")

    def cluster(self) -> cluster.Cluster:
        return cluster.Cluster(self.state, Account.current())

    def broker(self) -> broker.Broker:
        return broker.Broker(self.state, Account.current())

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.env()["REDIS_URL"])

    def postmaster(self) -> int:
        pid = self.cluster().postmaster()
        assert pid is not None
        return pid

    def query(self, statement: str, *, owner: bool = True) -> list[tuple[object, ...]]:
        session = psycopg2.connect(self.env()["DATABASE_OWNER_URL" if owner else "DATABASE_URL"])
        session.autocommit = True
        try:
            with session.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            session.close()


def make_clone(folder: Path) -> Clone:
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return Clone(folder)


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that the database's user can search, unlike pytest's own; every cluster in it is ended."""
    folder = Path(tempfile.mkdtemp(prefix="gp-"))
    folder.chmod(0o755)
    yield folder
    for pointer in folder.rglob(".local/state"):
        Clone(pointer.parent.parent).run("forget")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def running() -> Iterator[Clone]:
    folder = Path(tempfile.mkdtemp(prefix="gp-"))
    folder.chmod(0o755)
    clone = make_clone(folder / "clone")
    clone.up()
    yield clone
    assert clone.run("forget").returncode == 0
    shutil.rmtree(folder)


def test_it_starts_with_two_roles_and_a_private_file_of_addresses(running: Clone) -> None:
    path = running.path / ".local" / "env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    wanted = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "PERSONAL_DATA_KEY"}
    assert wanted <= running.env().keys()
    assert running.query("SELECT current_user, current_database()", owner=False) == [("gisportal_app", "gisportal")]
    assert running.query("SELECT current_user, current_database()") == [("gisportal_owner", "gisportal")]


def test_everything_secret_is_closed_to_others(running: Clone) -> None:
    assert stat.S_IMODE(running.state.stat().st_mode) == 0o700
    for name in ("passwords.json", "provisioned", "redis/redis.conf"):
        assert stat.S_IMODE((running.state / name).stat().st_mode) == 0o600
    for name in ("pg", "run", "redis"):
        assert stat.S_IMODE((running.state / name).stat().st_mode) == 0o700


def test_durability_is_on_and_commit_times_are_kept(running: Clone) -> None:
    for name, value in {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "track_commit_timestamp": "on",
        "max_locks_per_transaction": "512",
        "listen_addresses": "127.0.0.1",
    }.items():
        assert running.query(f"SHOW {name}") == [(value,)], name


def test_a_wrong_password_is_refused(running: Clone) -> None:
    url = running.env()["DATABASE_URL"]
    word = url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(url.replace(word, "guess"))


def test_a_second_start_changes_nothing(running: Clone) -> None:
    before = running.postmaster(), running.broker().processes(), running.env()
    running.up()
    assert (running.postmaster(), running.broker().processes(), running.env()) == before


def test_lines_that_a_person_added_are_kept(running: Clone) -> None:
    path = running.path / ".local" / "env"
    path.write_text(path.read_text() + "LOG_LEVEL=DEBUG\n")
    running.up()
    assert running.env()["LOG_LEVEL"] == "DEBUG"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_owner_clones_the_template_with_its_extensions_and_privileges(running: Clone) -> None:
    running.query("DROP DATABASE IF EXISTS fabric")
    running.query("CREATE DATABASE fabric TEMPLATE template_gisportal")
    session = psycopg2.connect(running.env()["DATABASE_OWNER_URL"].removesuffix("gisportal") + "fabric")
    with session, session.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension ORDER BY 1")
        assert {"btree_gist", "pg_trgm", "postgis"} <= {row[0] for row in cursor.fetchall()}
        cursor.execute("CREATE TABLE land (id bigserial PRIMARY KEY, geom geometry(Polygon, 9356))")
        cursor.execute("INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid) VALUES (998001, 'TEST', 998001)")
        cursor.execute(
            "SELECT has_table_privilege('gisportal_app', 'land', p) "
            "FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p"
        )
        assert [row[0] for row in cursor.fetchall()] == [True, True, True, True, False]
    session.close()
    running.query("DROP DATABASE fabric WITH (FORCE)")


def test_kill_9_loses_nothing_that_was_committed(running: Clone) -> None:
    running.query("CREATE TABLE kept (n int)")
    for n in range(3):
        running.query(f"INSERT INTO kept VALUES ({n})")
        os.kill(running.postmaster(), signal.SIGKILL)
        assert running.run("status").returncode == 3
        running.up()
    assert running.query("SELECT count(*) FROM kept") == [(3,)]
    running.query("DROP TABLE kept")


def test_kill_9_of_every_process_at_once_is_survived(running: Clone) -> None:
    for pid in running.cluster().processes():
        with suppress(ProcessLookupError):  # one that fell with its postmaster meanwhile
            os.kill(pid, signal.SIGKILL)
    running.up()
    assert running.query("SELECT 1") == [(1,)]


def test_a_lock_file_that_names_a_stranger_does_not_stop_it(running: Clone) -> None:
    """After a reboot the number in postmaster.pid may belong to any process."""
    path = running.state / "pg" / "postmaster.pid"
    lines = path.read_text().splitlines()
    assert running.run("down").returncode == 0
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        path.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert running.run("status").returncode == 3
        assert running.run("down").returncode == 0
        assert stranger.poll() is None, "stop must not touch a process that is not ours"
        running.up()
    finally:
        stranger.kill()
        stranger.wait()


def test_a_taken_port_is_left_to_whoever_has_it(running: Clone) -> None:
    before = running.env()["DATABASE_URL"]
    port = running.cluster().port()
    assert running.run("down").returncode == 0
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        running.up()
        assert running.cluster().port() != port
    assert running.env()["DATABASE_URL"] != before
    assert running.query("SELECT 1") == [(1,)]


def test_a_port_lost_between_looking_and_starting_is_tried_again(
    running: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert running.run("down").returncode == 0
    ours = running.cluster()
    port = ours.last_port()
    monkeypatch.setattr(cluster, "port_is_free", lambda port: True)
    try:
        with socket.socket() as other:
            # A session that the server closed first keeps the port for a minute after the server has gone.
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen()
            ours.start()
        assert ours.is_ready()
        assert ours.port() != port
    finally:
        running.up()  # the other tests of this cluster want it running, whatever became of this one


def test_two_clones_run_side_by_side(running: Clone, room: Path) -> None:
    second = make_clone(room / "second")
    second.up()
    assert second.cluster().port() != running.cluster().port()
    second.query("CREATE TABLE only_here (n int)")
    assert running.query("SELECT to_regclass('only_here')") == [(None,)]
    assert second.run("down").returncode == 0
    assert running.run("status").returncode == 0


def test_a_copy_of_a_clone_gets_a_cluster_of_its_own(running: Clone, room: Path) -> None:
    shutil.copytree(running.path, room / "copy", ignore=shutil.ignore_patterns("*.lock", ".s.PGSQL*"))
    copy = Clone(room / "copy")
    copy.up()
    assert copy.state == room / "copy" / ".local" / "services"
    assert copy.postmaster() != running.postmaster()
    assert running.query("SELECT 1") == [(1,)]


def test_a_moved_clone_keeps_its_data(room: Path) -> None:
    clone = make_clone(room / "before")
    clone.up()
    clone.query("CREATE TABLE kept (n int)")
    clone.run("down")
    moved = Clone((room / "before").rename(room / "after"))
    moved.up()
    assert moved.query("SELECT count(*) FROM kept") == [(0,)]


def test_a_half_made_cluster_is_made_again(room: Path) -> None:
    clone = make_clone(room / "clone")
    half = room / "clone" / ".local" / "services" / "pg.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    clone.up()
    assert clone.query("SELECT 1") == [(1,)]
    assert not half.exists()


@AS_ROOT
def test_a_path_too_long_for_a_socket_is_replaced_by_a_folder_of_the_system(room: Path) -> None:
    """What a clone that was removed left there is not taken over by the next one at the same path."""
    clone = make_clone(room / ("x" * 90))
    clone.up()
    assert clone.state == Path("/var/lib/gisportal") / services.clone_hash(clone.path)
    clone.query("CREATE TABLE left_behind (n int)")
    shutil.rmtree(clone.path)
    again = make_clone(clone.path)
    again.up()
    assert again.query("SELECT to_regclass('left_behind')") == [(None,)]
    state = again.state
    assert again.run("forget").returncode == 0
    assert not state.exists()
    assert not (again.path / ".local").exists()


@AS_ROOT
@pytest.mark.parametrize("name", ["closed/x", "a b", "a,b", "a'b"])
def test_a_folder_that_cannot_serve_is_found_out(room: Path, name: str) -> None:
    folder = room / name
    folder.mkdir(parents=True)
    (room / "closed").mkdir(exist_ok=True)
    (room / "closed").chmod(0o700)
    assert services.can_serve(folder / "services", Account.current()) is False
    assert services.can_serve(room / "services", Account.current()) is True


def test_with_a_database_of_ones_own_nothing_private_is_started(room: Path) -> None:
    clone = make_clone(room / "clone")
    done = clone.run("up", DATABASE_URL="postgresql://somebody@db.example/land")
    assert done.returncode == 0
    assert not (room / "clone" / ".local" / "services").exists()
    assert "DATABASE_URL" not in clone.env()


def test_two_databases_are_never_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services.only_one(tmp_path / ".local").__enter__()
    services.write_env(tmp_path / ".local", {"DATABASE_URL": "private-app", "DATABASE_OWNER_URL": "private-owner"})
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", "mine")
    assert services.environment(tmp_path)["DATABASE_URL"] == "mine"
    assert "DATABASE_OWNER_URL" not in services.environment(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "private-app")
    assert services.environment(tmp_path)["DATABASE_OWNER_URL"] == "private-owner"


def test_a_full_disk_is_named_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=10 * cluster.MIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ServiceError, match="only 10 MiB are free"):
        cluster.Cluster(tmp_path, Account.current()).create()
    assert list(tmp_path.iterdir()) == []


def test_passwords_are_not_in_any_command_line(running: Clone) -> None:
    words = json.loads((running.state / "passwords.json").read_text()).values()
    (running.state / "provisioned").unlink()
    starting = subprocess.Popen(
        [sys.executable, "-m", "scripts.services", "up"], cwd=running.path, stdout=subprocess.DEVNULL
    )
    seen = ""
    while starting.poll() is None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen += path.read_text(errors="replace")
            except OSError:
                continue
        time.sleep(0.005)
    assert starting.returncode == 0
    assert not any(word in seen for word in words)


# The broker -----------------------------------------------------------------------------------------------------------


def test_the_broker_answers_on_this_machine_only_and_to_its_password_only(running: Clone) -> None:
    assert running.redis().ping()
    port = running.broker().port()
    for url in (f"redis://127.0.0.1:{port}", f"redis://:guess@127.0.0.1:{port}"):
        with pytest.raises(redis.exceptions.AuthenticationError):
            redis.Redis.from_url(url).ping()
    assert running.redis().config_get("bind") == {"bind": "127.0.0.1"}


def test_the_broker_keeps_nothing_on_disk_and_drops_no_job_for_lack_of_room(running: Clone) -> None:
    found = running.redis().config_get("save", "appendonly", "maxmemory-policy")
    assert found == {"save": "", "appendonly": "no", "maxmemory-policy": "volatile-lru"}
    [pid] = running.broker().processes()
    assert Path(f"/proc/{pid}").stat().st_uid == Account.current().uid
    assert b"requirepass" not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_killed_broker_is_started_again_on_its_port_with_its_password(running: Clone) -> None:
    before = running.env()["REDIS_URL"]
    for pid in running.broker().processes():
        os.kill(pid, signal.SIGKILL)
    shown = running.run("status")
    assert shown.returncode == 0 and "broker: stopped" in shown.stdout
    running.up()
    assert running.env()["REDIS_URL"] == before and running.redis().ping()


def test_the_broker_leaves_a_taken_port_and_goes_down_with_the_database(running: Clone) -> None:
    port = running.broker().port()
    assert running.run("down").returncode == 0
    assert not running.broker().processes()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        running.up()
    assert running.broker().port() != port and running.redis().ping()


def test_with_a_broker_of_ones_own_no_private_one_is_started(room: Path) -> None:
    clone = make_clone(room / "clone")
    assert clone.run("up", REDIS_URL="redis://jobs.example").returncode == 0
    assert "REDIS_URL" not in clone.env() and not clone.broker().processes()
    assert "no private one is used" in clone.run("status", REDIS_URL="redis://jobs.example").stdout


def test_the_private_broker_is_not_used_beside_a_database_of_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.only_one(tmp_path / ".local").__enter__()
    services.write_env(tmp_path / ".local", {"DATABASE_URL": "private", "REDIS_URL": "private-broker"})
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", "mine")
    assert "REDIS_URL" not in services.environment(tmp_path)
    monkeypatch.setenv("REDIS_URL", "my-broker")
    assert services.environment(tmp_path)["REDIS_URL"] == "my-broker"
    monkeypatch.setenv("DATABASE_URL", "private")
    monkeypatch.delenv("REDIS_URL")
    assert services.environment(tmp_path)["REDIS_URL"] == "private-broker"
