"""Where chats are kept, by what the owner sets and where the app runs."""

from pathlib import Path

import pytest

from ui.config import Config, ConfigError
from ui.data_folder import DataFolder


def test_the_owners_folder_goes_first_then_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert DataFolder(Config()).path == tmp_path / "share" / "glassbox"
    assert DataFolder(Config(data=tmp_path / "own")).path == tmp_path / "own"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert DataFolder(Config()).path == tmp_path / ".local" / "share" / "glassbox"
    assert DataFolder(Config(data=Path("~/chats"))).path == tmp_path / "chats"


def test_a_space_has_its_storage_or_else_a_folder_that_goes_with_the_app(monkeypatch, tmp_path):
    config = Config(space_id="owner/name")
    monkeypatch.setattr("ui.data_folder._DISK_OF_SPACE", tmp_path)
    folder = DataFolder(config)
    assert folder.lasts and folder.path == tmp_path / "glassbox"
    monkeypatch.setattr("ui.data_folder._DISK_OF_SPACE", tmp_path / "none")
    folder = DataFolder(config)
    path = folder.path
    assert not folder.lasts and path.is_dir()
    folder.close()
    assert not path.exists()


def test_what_cannot_be_used_keeps_the_app_from_starting_with_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    config = Config(data=tmp_path / "file" / "folder")
    with pytest.raises(ConfigError, match=r"Chats cannot be kept\. .* GLASSBOX_DATA names the folder"):
        DataFolder(config).open_store(config)
