"""make deploy: the Hub's own client against a double of the Hub."""

import subprocess
from collections.abc import Iterator

import pytest
import yaml

from deploy import to_space
from deploy.to_space import BROUGHT, DeployError, deploy, main
from tests.doubles.hub_server import HubServer, be_the_hub, hub_server
from tests.support import ROOT

SPACE, TOKEN = "ada/glassbox", "hf_canary_1234567890"
STAYS_HERE = {
    ".ci",
    ".dockerignore",
    ".gitignore",
    "CONTRIBUTING.md",
    "Dockerfile",
    "Makefile",
    "bench",
    "compose.yaml",
}
STAYS_HERE |= {"deploy", "pyproject.toml", "requirements-dev.txt", "requirements-otel.txt", "tests"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with hub_server() as server:
        be_the_hub(server, monkeypatch)
        server.tokens[TOKEN] = "ada"
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(to_space, "_commit", lambda: "abc1234")  # whatever is being worked on here
        yield server


def files_of(hub: HubServer) -> set[str]:
    space = hub.spaces[SPACE]
    return {*space.commits[space.newest]}


def test_a_new_space_gets_the_app_and_its_owner_is_told_what_to_set(hub):
    told = deploy(SPACE)
    brought = files_of(hub)
    assert {
        "app.py",
        "requirements.txt",
        "ui/page.py",
        "agent_core/py.typed",
        "demo/replies/01-cube-root.md",
    } <= brought
    assert {name.split("/")[0] for name in brought} == BROUGHT
    assert hub.spaces[SPACE].private, "nobody sees it before its owner has looked"
    assert f"{hub.url}/spaces/ada/glassbox is being built from commit abc1234." in told
    assert all(word in told for word in ("Storage:", "Hardware:", "Secrets:", "it is private"))
    front_matter = yaml.safe_load(hub.file(SPACE, "README.md").split("---\n")[1])
    assert (front_matter["sdk"], front_matter["app_file"]) == ("gradio", "app.py")
    assert f"gradio=={front_matter['sdk_version']}\n" in hub.file(SPACE, "requirements.txt")
    assert len(front_matter["short_description"]) <= 60
    assert TOKEN not in told


def test_a_glassbox_is_brought_up_to_date_and_what_is_gone_is_removed(hub):
    deploy(SPACE)
    hub.spaces[SPACE].private = False
    hub.spaces[SPACE].commit({"ui/gone.py": b"", "app.py": b"old", ".gitattributes": b"*.png filter=lfs"})
    assert "as it was before" in deploy(SPACE)
    assert "ui/gone.py" not in files_of(hub) and ".gitattributes" in files_of(hub)
    assert hub.file(SPACE, "app.py") == (ROOT / "app.py").read_text()
    assert not hub.spaces[SPACE].private


def test_another_app_is_left_alone(hub):
    hub.add_app(SPACE, "https://x.hf.space")
    with pytest.raises(DeployError, match="ada/glassbox has another app"):
        deploy(SPACE)
    assert files_of(hub) == {"app.py"}


def test_what_is_missing_is_said_in_a_sentence(hub, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="The Hub refuses: You don't have the rights"):
        main(["somebody/else"])
    with pytest.raises(SystemExit, match="SPACE=owner/name"):
        main([""])
    monkeypatch.setattr(to_space, "get_token", lambda: None)
    with pytest.raises(SystemExit, match="Set HF_TOKEN"):
        main([SPACE])
    assert hub.spaces == {}


def test_only_what_has_a_commit_is_deployed(monkeypatch, tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "half.py").write_text("")
    monkeypatch.setattr(to_space, "ROOT", tmp_path)
    with pytest.raises(DeployError, match=r"There are changes without a commit, such as half\.py\."):
        deploy(SPACE)
    monkeypatch.setattr(to_space, "ROOT", tmp_path / "nowhere")
    with pytest.raises(DeployError, match="no git repository"):
        deploy(SPACE)


def test_whatever_is_new_in_the_repository_is_brought_or_meant_to_stay():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name.split("/")[0] for name in tracked.splitlines()} - STAYS_HERE <= BROUGHT
