"""Chooses the key to send: a typed key goes only to the place that it was typed for, a sign-in only to Hugging Face."""

from agent_core import GlassboxError
from agent_core.models.base import Model
from ui.config import Config
from ui.input_checks import check_key
from ui.settings.model_choice import KeyPlace, choose_model_source, key_place, make_models, takes_sign_in
from ui.settings.settings import Settings
from ui.texts import words


class ChatKeys:
    """The keys that were typed in a chat, by the place that they may be sent to. Kept in memory only, never shown."""

    def __init__(self) -> None:
        self._known: dict[KeyPlace, str] = {}

    @property
    def places(self) -> list[KeyPlace]:
        """Return the places for which there is a key."""
        return list(self._known)

    def usable(self, settings: Settings, typed: str, sign_in: str, config: Config) -> str:
        """Return the key for these settings.

        Args:
            settings: The settings, which name the place.
            typed: The text in the settings' key field; "" if it is empty.
            sign_in: The token of the visitor's sign-in to Hugging Face; "" if there is none.
            config: Says which of the settings count.

        Returns:
            The key that is typed now; or else the one that was typed before for the same place; or else the sign-in if
            it may be sent there; or else "".
        """
        key = typed or self._known.get(key_place(settings, config), "")
        return key or (sign_in if takes_sign_in(settings, config) else "")

    def check(self, settings: Settings, typed: str, config: Config) -> None:
        """Raise GlassboxError if the key in the field was typed for another provider or address."""
        known = self._known.get(key_place(settings, config))
        if typed and typed != known and typed in self._known.values():
            raise GlassboxError(words("sources.other_key"))

    def add(self, settings: Settings, typed: str, config: Config) -> None:
        """Remember a typed key for the place that the settings name."""
        if typed:
            self._known[key_place(settings, config)] = typed

    def forget(self, typed: str) -> None:
        """Forget which places a key was typed for, because a person has typed it again."""
        self._known = {place: key for place, key in self._known.items() if key != typed}


async def choose_models(settings: Settings, keys: ChatKeys, typed: str, sign_in: str, config: Config) -> list[Model]:
    """Return the model for these settings, with the key that may be sent to it, and its fallback if there is one.

    Args:
        settings: The person's settings.
        keys: The keys that were typed in their chat before.
        typed: The text in the settings' key field; "" if it is empty.
        sign_in: The token of the visitor's sign-in to Hugging Face; "" if there is none.
        config: Says whose keys may be used.

    Raises:
        GlassboxError: A model cannot be used, or the key was typed for another one.
    """
    check_key(typed)
    key = keys.usable(settings, typed, sign_in, config)
    models = make_models(settings, await choose_model_source(settings, key, config), key, config)
    keys.check(settings, typed, config)
    return models
