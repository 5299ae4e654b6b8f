"""Where the agent's code runs: a Python process of its own for each chat.

sandbox: Sandbox, the entrance. aftermath: what the code's author is told of losses. policy: Policy and Limits.
confinement: which layers of the kernel hold here. doctor: tells an owner of them, and host_kind what to do about it.
step_permissions: asks the person while a step runs. warm_pool: a sandbox that stands ready. footprint: what all
sandboxes take up. host/: the app's side. guest/: the other side, in the processes that are held. checkpoints/: going
back. No other package knows these three. trusted_code runs a tool without any of it. local_box: a chat here. remote/:
chats whose sandbox is elsewhere.
"""

from agent_core.sandbox.checkpoints.checkpoints import Loss
from agent_core.sandbox.footprint import SandboxFootprint, app_memory, sandbox_footprint
from agent_core.sandbox.guest.libraries.data_packages import DATA_PACKAGES
from agent_core.sandbox.host.answer_values import display_of, pictures_of  # makes Display.value work, too
from agent_core.sandbox.host.given_values import MOST_GIVEN, EncodedValue, encode_value
from agent_core.sandbox.policy import DEFAULT_IMPORTS, Limits, Policy
from agent_core.sandbox.remote.engine import Engine
from agent_core.sandbox.remote.named import engine_named
from agent_core.sandbox.sandbox import Sandbox

__all__ = [
    "DATA_PACKAGES",
    "DEFAULT_IMPORTS",
    "MOST_GIVEN",
    "EncodedValue",
    "Engine",
    "Limits",
    "Loss",
    "Policy",
    "Sandbox",
    "SandboxFootprint",
    "app_memory",
    "display_of",
    "encode_value",
    "engine_named",
    "pictures_of",
    "sandbox_footprint",
]
