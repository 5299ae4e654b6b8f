"""What puts the app elsewhere (Dockerfile, compose.yaml, deploy/) agrees with the app: no daemon is needed for that."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml

from tests.support import ROOT
from ui.config import PREFIX, Config

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DEPLOY = ROOT / "deploy"
MANIFESTS = {
    manifest["kind"]: manifest for manifest in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8"))
}
FILES = [ROOT / "Dockerfile", ROOT / "compose.yaml", *sorted(path for path in DEPLOY.iterdir() if path.is_file())]
PORT = Config.model_fields["port"].default
GRACE = Config.model_fields["grace_seconds"].default
ENDS_WITHIN = 2  # seconds, after the grace period; see docs/deploy.md


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.removeprefix(name).strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def pod() -> dict[str, Any]:
    return MANIFESTS["Deployment"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_all_settings_that_are_named_exist(path):
    known = {PREFIX + name.upper() for name in Config.model_fields}
    named = re.findall(rf"\b{PREFIX}[A-Z_]+\b", path.read_text(encoding="utf-8"))
    assert {name for name in named if name != f"{PREFIX}PORT"} <= known  # of which kubernetes.yaml says it is none


def test_the_image_is_the_app_of_a_user_without_rights_at_the_apps_port():
    assert instructions("USER") == ["glassbox"] and "useradd --uid 1000" in DOCKERFILE
    assert instructions("EXPOSE") == [str(PORT)] and f"PORT={PORT}" in DOCKERFILE
    assert "/health" in instructions("HEALTHCHECK")[0] + DOCKERFILE
    assert instructions("CMD")[-1] == '["python", "app.py"]', "not through a shell, which would keep SIGTERM from it"
    assert instructions("VOLUME") == ["/data"] and "GLASSBOX_DATA=/data" in DOCKERFILE


def _kept() -> Iterator[str]:
    """Yield what .dockerignore lets into the image."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*", "whatever is not named stays out"
    yield from (line.removeprefix("!") for line in lines if line.startswith("!"))


def test_all_that_the_app_needs_comes_into_the_image_and_nothing_else():
    assert set(_kept()) == {"app.py", "requirements.txt", "agent_core", "demo", "tools", "ui"}
    assert all((ROOT / name).exists() for name in _kept())


def test_compose_runs_it_held_and_waits_for_its_database():
    app, database = COMPOSE["services"]["app"], COMPOSE["services"]["database"]
    assert app["read_only"] and app["cap_drop"] == ["ALL"] and app["security_opt"] == ["no-new-privileges:true"]
    assert app["ports"] == [f"127.0.0.1:${{PORT:-{PORT}}}:{PORT}"], "unless its owner says so, nobody else reaches it"
    assert app["environment"]["DATABASE_URL"].endswith("@database/glassbox")
    assert app["depends_on"]["database"]["condition"] == "service_healthy" and "pg_isready" in str(database)
    assert "ports" not in database and COMPOSE["networks"]["inner"]["internal"]
    assert seconds(app["stop_grace_period"]) >= GRACE + ENDS_WITHIN


def test_the_service_of_systemd_gives_it_time_to_end_and_takes_no_layer_away():
    unit = (DEPLOY / "glassbox.service").read_text(encoding="utf-8")
    settings = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))
    assert seconds(settings["TimeoutStopSec"]) >= GRACE + ENDS_WITHIN
    assert settings["KillMode"] == "mixed" and settings["OOMPolicy"] == "continue"
    assert not {"RestrictNamespaces", "SystemCallFilter", "MemoryDenyWriteExecute"} & settings.keys()
    assert PurePosixPath(settings["ExecStart"].split()[0]).is_relative_to(settings["WorkingDirectory"])


def test_kubernetes_runs_it_held_and_gives_it_time_to_end():
    (container,) = pod()["containers"]
    held = container["securityContext"]
    assert held["readOnlyRootFilesystem"] and held["capabilities"]["drop"] == ["ALL"]
    assert not held["allowPrivilegeEscalation"]
    assert pod()["securityContext"]["runAsUser"] == 1000 and pod()["securityContext"]["runAsNonRoot"]
    assert pod()["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert pod()["terminationGracePeriodSeconds"] >= GRACE + ENDS_WITHIN
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/health", "port": PORT}
    assert MANIFESTS["Service"]["spec"]["ports"][0]["targetPort"] == PORT


def test_kubernetes_adds_no_variables_that_the_app_takes_for_settings():
    """Of a service named glassbox it makes GLASSBOX_PORT and others, for which the app would not start."""
    assert MANIFESTS["Service"]["metadata"]["name"] == "glassbox" and pod()["enableServiceLinks"] is False
    assert MANIFESTS["Deployment"]["spec"]["strategy"]["type"] == "Recreate"


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_proxies_lead_to_the_app_and_hold_no_words_back(name):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    assert f"127.0.0.1:{PORT}" in text
    assert "proxy_buffering off" in text or "flush_interval -1" in text


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))
