"""Whether the code of chats runs at all, and where."""

from agent_core import SandboxedTool, Tool, python
from agent_core.sandbox import confinement
from agent_core.sandbox.remote.engine import Engine
from agent_core.sandbox.remote.hf_sandboxes import HuggingFaceEngine
from agent_core.sandbox.remote.named import engine_named
from ui.config import Config


def runs_code(config: Config) -> bool:
    """Return whether code runs. Where it does not, the demo shows recordings, and agents only call tools."""
    return config.sandbox != "local" or not confinement.probe().refuses


def visitors_pay(config: Config) -> bool:
    """Return whether each visitor's own account pays for their code, once they have signed in."""
    return config.sandbox == "hf" and not config.sandbox_token.get_secret_value()


def runs_code_of(config: Config, sign_in: str) -> bool:
    """Return whether a visitor's code runs.

    Args:
        config: The app's settings.
        sign_in: The token of the visitor's sign-in to Hugging Face; "" if there is none.
    """
    return runs_code(config) and (bool(sign_in) or not visitors_pay(config))


def pay_with(sign_in: str, engine: Engine | None, config: Config) -> None:
    """Have a visitor's account pay for what their chat's code will need, where visitors pay."""
    if visitors_pay(config) and isinstance(engine, HuggingFaceEngine):
        engine.token = sign_in


def engine_of(config: Config) -> Engine | None:
    """Return where the code of a new chat runs; None for this machine."""
    return engine_named(
        config.sandbox,
        image=config.sandbox_image,
        token=config.sandbox_token.get_secret_value(),
        payer="the visitor's account" if visitors_pay(config) else "the account of this app's owner",
        address=config.ray_address,
    )


def needs_code(tool: Tool) -> bool:
    """Return whether a tool can work only where code runs."""
    return tool is python or isinstance(tool, SandboxedTool)
