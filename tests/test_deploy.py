"""What an operator copies: the compose file, .env.example and production settings."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from compose_spec import PyCompose

from ops import supervisor
from waitlist import imports

ROOT = Path(__file__).resolve().parent.parent
READ_BY_COMPOSE_ONLY = {"POSTGRES_PASSWORD"}
PRODUCTION = {
    "SECRET_KEY": "k" * 64 + "0123456789",
    "PUBLIC_URL": "https://standby.example.com",
    "EMAIL_URL": "smtp+tls://standby:password@smtp.example.com:587",
}


def example_names() -> set[str]:
    return set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))


def settings_names() -> set[str]:
    return set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', (ROOT / "config/settings.py").read_text()))


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "DATABASE_URL") if name in os.environ}
    command = [sys.executable, "-W", "error", "manage.py", *arguments]
    return subprocess.run(
        command, env={**inherited, **variables}, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_env_example_names_what_settings_read():
    assert example_names() - READ_BY_COMPOSE_ONLY == settings_names()


def test_compose_file_is_valid_and_complete():
    services = PyCompose.from_yaml((ROOT / "docker-compose.yml").read_text()).service_names()
    assert set(services) >= {"postgres", "valkey", "web", "live", "worker", "beat", "mailpit"}


def test_compose_names_only_known_variables():
    text = (ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"(?<!\$)\$\{(\w+)", text)) <= example_names()
    set_for_us = PyCompose.from_yaml(text).to_dict()["services"]["web"]["environment"]
    assert set(set_for_us) <= settings_names()


def test_production_settings_pass_the_deploy_check():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("url", [{}, {"EMAIL_URL": ""}])
def test_nothing_starts_without_a_mail_server(url: dict[str, str]):
    done = manage("check", **{name: value for name, value in PRODUCTION.items() if name != "EMAIL_URL"}, **url)
    assert done.returncode != 0
    assert "EMAIL_URL is not set" in done.stderr and "smtp+tls://" in done.stderr


@pytest.mark.parametrize(("seconds", "starts"), [("0.1", True), ("20", True), ("0", False), ("25", False)])
def test_twilio_is_given_up_before_its_message_is_looked_up(seconds: str, starts: bool):
    done = manage("check", **PRODUCTION, TWILIO_TIMEOUT_SECONDS=seconds)
    assert (done.returncode == 0) is starts
    assert starts or "TWILIO_TIMEOUT_SECONDS is how long" in done.stderr


def test_the_demo_and_debug_need_no_mail_server():
    script = "from django.conf import settings; print(settings.EMAIL_BACKEND)"
    for name in ("DEMO", "DEBUG"):
        local = {"SECRET_KEY": PRODUCTION["SECRET_KEY"], "PUBLIC_URL": "http://localhost:8000", name: "1"}
        done = manage("shell", "--no-imports", "-c", script, **local)
        assert done.stdout.strip().endswith((".dummy.EmailBackend", ".console.EmailBackend")), done.stderr


def test_no_server_writes_an_access_log():
    """Links in texts would be in it, and whoever has one can answer for the patient."""
    lines = [line for name in ("README.md", "docker-compose.yml") for line in (ROOT / name).read_text().splitlines()]
    live = [line for line in lines if re.search(r"uvicorn\W+config", line)]
    pages = [line for line in lines if re.search(r"gunicorn\W+config", line)]
    assert (len(live), len(pages)) == (2, 2)
    assert all("--no-access-log" in line for line in [*live, " ".join(supervisor.WEB)])
    assert not any("access-log" in line for line in pages)


def test_the_servers_of_the_readme_listen_where_its_proxy_looks():
    text = (ROOT / "README.md").read_text()
    assert re.search(r"gunicorn config.*--bind (127.0.0.1:8000)", text) and "\treverse_proxy 127.0.0.1:8000" in text
    assert re.search(r"uvicorn config.*--port 8001", text) and "reverse_proxy /live/* 127.0.0.1:8001" in text


def test_files_are_imported_in_one_order_everywhere():
    kinds = list(imports.KINDS)
    assert re.findall(r"^manage.py import_csv (\w+)", (ROOT / "README.md").read_text(), re.M) == kinds
    assert f"import_csv {'|'.join(kinds)} FILE" in (ROOT / "docs/csv.md").read_text()


def test_the_demo_refuses_a_public_host():
    done = manage("check", **PRODUCTION, DEMO="1")
    assert done.returncode != 0
    assert "serves this machine only" in done.stderr


def test_static_files_all_exist(tmp_path):
    """The manifest storage of production follows every reference in every stylesheet."""
    done = manage("collectstatic", "--noinput", **PRODUCTION, STATIC_ROOT=str(tmp_path / "static"))
    assert done.returncode == 0, done.stderr
    (staff,) = (tmp_path / "static/css").glob("staff.whole.????????????.css")  # not room by room
    assert "@import" not in staff.read_text() and "@layer helpers {" in staff.read_text()
