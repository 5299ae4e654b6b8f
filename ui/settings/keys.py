"""Whose key goes where: a key goes only to the place that it was typed for, a sign-in to Hugging Face only there."""

from agent_core import GlassboxError
from ui.config import Config
from ui.settings.model_choice import KeyPlace, key_place, takes_sign_in
from ui.settings.settings import Settings

_KEY_OF_ANOTHER = (
    "The key in the settings was typed for another provider or address. Type it again if it is for this one too, or "
    "clear the field."
)


class ChatKeys:
    """The keys that were typed in a chat, by the places that they may be sent to; held in memory only, never shown."""

    def __init__(self) -> None:
        self._known: dict[KeyPlace, str] = {}

    def usable(self, settings: Settings, typed: str, sign_in: str, config: Config) -> str:
        """Return the key for these settings: typed now, else typed before for the same place, else the sign-in.

        Args:
            settings: name the place.
            typed: what stands in the settings' key field; "" for nothing.
            sign_in: the token of the visitor's sign-in to Hugging Face; "" for none.
            config: says which of the settings count.

        Returns:
            "" for none.
        """
        key = typed or self._known.get(key_place(settings, config), "")
        return key or (sign_in if takes_sign_in(settings, config) else "")

    def check(self, settings: Settings, typed: str, config: Config) -> None:
        """Raises GlassboxError if the key still stands in its field from another provider or address."""
        known = self._known.get(key_place(settings, config))
        if typed and typed != known and typed in self._known.values():
            raise GlassboxError(_KEY_OF_ANOTHER)

    def add(self, settings: Settings, typed: str, config: Config) -> None:
        """Remember a typed key for the place that the settings name."""
        if typed:
            self._known[key_place(settings, config)] = typed

    def forget(self, typed: str) -> None:
        """Forget what a key was for: a person types it anew."""
        self._known = {place: key for place, key in self._known.items() if key != typed}
