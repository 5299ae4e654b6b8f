"""What is known of families of models: their context windows and capabilities, by the names of the models."""

import re
from dataclasses import dataclass, replace

from agent_core.models.base import Capabilities

_NOTHING_KNOWN = Capabilities()


@dataclass(frozen=True)
class ModelFamily:
    """What the models of a family have in common.

    Attributes:
        capabilities: What they can do.
        context_window: The size of their context window in tokens; None if it differs or is unknown.
    """

    capabilities: Capabilities = _NOTHING_KNOWN
    context_window: int | None = None


_CALLS = Capabilities(tools=True, code_calls=True)
_SEEING_CALLS = Capabilities(tools=True, vision=True, code_calls=True)
_TOOLS = Capabilities(tools=True)
_SEEING = Capabilities(tools=True, vision=True)

# The first pattern that a name matches counts; case is ignored. Native calls of code are the default only for families
# that were trained mainly for them; the others write fenced code well, and often write their calls as text.
_FAMILIES: tuple[tuple[str, ModelFamily], ...] = (
    (r"qwen2\.5-coder-(7b|14b|32b)", ModelFamily(_TOOLS, 32_768)),
    (r"qwen2\.5-vl|qwen3-vl", ModelFamily(_SEEING)),
    (r"qwen3-coder", ModelFamily(_TOOLS, 262_144)),
    (r"qwen(2\.5|3)", ModelFamily(_TOOLS)),
    (r"gpt-oss", ModelFamily(_CALLS, 131_072)),
    (r"gpt-4\.1", ModelFamily(_SEEING_CALLS, 1_047_576)),
    (r"gpt-4o", ModelFamily(_SEEING_CALLS, 128_000)),
    (r"gpt-5", ModelFamily(_SEEING_CALLS, 272_000)),
    (r"(^|/)o[134](-|$)", ModelFamily(_CALLS, 200_000)),
    (r"claude", ModelFamily(_SEEING_CALLS, 200_000)),
    (r"gemini-(2|3)", ModelFamily(_SEEING_CALLS, 1_048_576)),
    (r"gemma-3", ModelFamily(Capabilities(vision=True))),
    (r"llama-4", ModelFamily(_SEEING)),
    (r"llama-3\.[123]", ModelFamily(_TOOLS, 131_072)),
    (r"deepseek-(v3|chat|r1|reasoner)", ModelFamily(_TOOLS)),
    (r"mistral|mixtral|devstral|codestral", ModelFamily(_TOOLS)),
    (r"pixtral", ModelFamily(_SEEING)),
    (r"kimi-k2|glm-4|minimax-m", ModelFamily(_TOOLS)),
)


def family_of(name: str, *, own_address: bool = False) -> ModelFamily:
    """Return what is known of a model by its name.

    Args:
        name: The name of the model.
        own_address: Whether the model runs on a server of one's own. Such servers often get native calls wrong, so code
            comes as text there.

    Returns:
        The first family that the name matches; one without known properties if it matches none.
    """
    lower = name.lower()
    family = next((family for pattern, family in _FAMILIES if re.search(pattern, lower)), ModelFamily())
    return replace(family, capabilities=replace(family.capabilities, code_calls=False)) if own_address else family
