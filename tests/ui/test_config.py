import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent_core.sandbox.confinement import ALLOW_UNCONFINED
from tests.support import ROOT
from ui.code_running import engine_of
from ui.config import PREFIX, Config, ConfigError, read_config

DOCUMENT = ROOT / "docs" / "configure.md"


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for variables; what is read of it is forgotten after the test."""
    read = ("SPACE_ID", "RUNS", "HOSTS", "CHAT", "SANDBOX", "SANDBOX_IMAGE", "SANDBOX_TOKEN")
    for name in (*(PREFIX + name for name in read), "PORT", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "")  # so that what is set meanwhile is undone
        monkeypatch.delenv(name)
    return tmp_path / ".env"


def test_variables_come_from_the_environment_or_else_from_the_file(env_file, monkeypatch):
    env_file.write_text("GLASSBOX_RUNS=5\nGLASSBOX_HOSTS=Chat.Example.org, b.example\nPORT=8000\nOPENAI_API_KEY=k\n")
    monkeypatch.setenv("GLASSBOX_RUNS", "7")
    config = read_config(env_file)
    assert (config.runs, config.hosts, config.port) == (7, ("chat.example.org", "b.example"), 8000)


def test_the_variable_that_the_sandbox_reads_is_known(env_file, monkeypatch):
    monkeypatch.setenv(ALLOW_UNCONFINED, "yes")
    read_config(env_file)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("GLASSBOX_CHAT=5", "There is no setting GLASSBOX_CHAT"),
        ("GLASSBOX_RUNS=many", "GLASSBOX_RUNS cannot be used: Input should be a valid integer"),
        ("GLASSBOX_RUNS=0", "GLASSBOX_RUNS cannot be used"),
        ("PORT=seven", "PORT cannot be used"),
        (
            "GLASSBOX_HOSTS=a.example,https://chat.example",
            "GLASSBOX_HOSTS cannot be used: .*https://chat.example is not a host name",
        ),
        (
            "GLASSBOX_SANDBOX=podman",
            "GLASSBOX_SANDBOX cannot be used: Input should be 'local', 'docker', 'hf' or 'ray'",
        ),
        (
            "GLASSBOX_SANDBOX_IMAGE=mine",
            "GLASSBOX_SANDBOX_IMAGE cannot be used: it is for code .*set GLASSBOX_SANDBOX to docker",
        ),
        ("GLASSBOX_HOSTS=chat.example:7860", "GLASSBOX_HOSTS cannot be used: .*chat.example:7860 is not a host name"),
    ],
)
def test_what_is_unknown_or_wrong_is_refused_with_a_sentence(env_file, line, sentence):
    env_file.write_text(line)
    with pytest.raises(ConfigError, match=sentence):
        read_config(env_file)


def test_code_can_only_run_in_docker_where_its_command_is(env_file, monkeypatch, tmp_path):
    env_file.write_text("GLASSBOX_SANDBOX=docker")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"GLASSBOX_SANDBOX cannot be used: the docker command is not there"):
        read_config(env_file)
    (tmp_path / "docker").touch(0o700)
    assert read_config(env_file).sandbox == "docker"


def test_code_at_hugging_face_needs_an_image_and_the_token_of_who_pays(env_file, monkeypatch):
    env_file.write_text("GLASSBOX_SANDBOX=hf\nGLASSBOX_SANDBOX_TOKEN=hf_owner")
    with pytest.raises(ConfigError, match=r"GLASSBOX_SANDBOX_IMAGE cannot be used: .*hf\.co/spaces/owner/name"):
        read_config(env_file)
    monkeypatch.delenv("GLASSBOX_SANDBOX_TOKEN")
    env_file.write_text("GLASSBOX_SANDBOX=hf\nGLASSBOX_SANDBOX_IMAGE=hf.co/spaces/me/mine")
    with pytest.raises(ConfigError, match=r"GLASSBOX_SANDBOX_TOKEN cannot be used: .*of the account that pays"):
        read_config(env_file)
    monkeypatch.delenv("GLASSBOX_SANDBOX_IMAGE")
    space = Config(space_id="owner/name", sandbox="hf", sandbox_token=SecretStr("hf_owner"))
    assert space.sandbox_image == "hf.co/spaces/owner/name"
    engine = engine_of(Config(space_id="owner/name", sandbox="hf"))
    assert engine and "the visitor's account pays" in engine.place, "there they can sign in"
    engine = engine_of(space)
    assert engine and "the account of this app's owner pays" in engine.place


def test_code_can_only_run_in_a_ray_cluster_where_ray_is(env_file, monkeypatch):
    monkeypatch.setattr("ui.config.find_spec", lambda name: None)
    env_file.write_text("GLASSBOX_SANDBOX=ray")
    with pytest.raises(ConfigError, match=r"GLASSBOX_SANDBOX cannot be used: .*Ray is not there"):
        read_config(env_file)


def test_a_space_is_public_and_shares_no_keys_unless_its_owner_says_so():
    at_home, space = Config(), Config(space_id="owner/name")
    assert (at_home.public, at_home.share_keys, at_home.behind_proxy) == (False, True, False)
    assert (space.public, space.share_keys, space.behind_proxy) == (True, False, True)
    assert Config(space_id="owner/name", share_keys=True).share_keys
    assert not Config(public=True).share_keys
    assert (Config(runs=24).runs_per_visitor, space.runs_per_visitor, Config(runs=1).runs_per_visitor) == (12, 3, 1)


def test_the_table_in_the_docs_names_every_setting_and_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    own = {name: field for name, field in Config.model_fields.items() if not field.validation_alias}
    assert {name for name in rows if name.startswith(PREFIX)} == {PREFIX + name.upper() for name in own} | {
        ALLOW_UNCONFINED
    }
    for name, field in own.items():
        if isinstance(field.default, int | float) and not isinstance(field.default, bool):
            assert rows[PREFIX + name.upper()] == f"{field.default:,g}", name


def test_the_address_of_the_database_is_checked_and_never_shown(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://me:canary@example.org/chats")
    config = read_config(tmp_path / ".env")
    assert config.database_url.get_secret_value() == "postgresql://me:canary@example.org/chats"
    assert "canary" not in repr(config)
    for wrong in ("mysql://me:canary@h/n", "postgresql://me:canary@h:port/n", "canary"):
        monkeypatch.setenv("DATABASE_URL", wrong)
        with pytest.raises(ConfigError, match="The setting DATABASE_URL cannot be used") as raised:
            read_config(tmp_path / ".env")
        assert "canary" not in str(raised.value)
