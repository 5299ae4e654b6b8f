"""Providers that litellm supports and that are public services.

Each has one https address, which nothing in a model's name changes, and gets the key that was given and no other.
tests/agent_core/models/test_providers.py proves it for all of them with the installed litellm.
"""

import re
from typing import NamedTuple


class Provider(NamedTuple):
    """A public service.

    Attributes:
        prefix: The beginning of its models' names.
        title: Its name for people.
        variable: The environment variable with its key.
    """

    prefix: str
    title: str
    variable: str


PROVIDERS = (
    Provider("openai", "OpenAI", "OPENAI_API_KEY"),
    Provider("anthropic", "Anthropic", "ANTHROPIC_API_KEY"),
    Provider("gemini", "Google Gemini", "GEMINI_API_KEY"),
    Provider("mistral", "Mistral", "MISTRAL_API_KEY"),
    Provider("deepseek", "DeepSeek", "DEEPSEEK_API_KEY"),
    Provider("xai", "xAI", "XAI_API_KEY"),
    Provider("groq", "Groq", "GROQ_API_KEY"),
    Provider("cerebras", "Cerebras", "CEREBRAS_API_KEY"),
    Provider("cohere", "Cohere", "COHERE_API_KEY"),
    Provider("perplexity", "Perplexity", "PERPLEXITYAI_API_KEY"),
    Provider("moonshot", "Moonshot AI", "MOONSHOT_API_KEY"),
    Provider("zai", "Z.AI", "ZAI_API_KEY"),
    Provider("openrouter", "OpenRouter", "OPENROUTER_API_KEY"),
    Provider("together_ai", "Together AI", "TOGETHERAI_API_KEY"),
    Provider("fireworks_ai", "Fireworks AI", "FIREWORKS_AI_API_KEY"),
    Provider("deepinfra", "DeepInfra", "DEEPINFRA_API_KEY"),
    Provider("sambanova", "SambaNova", "SAMBANOVA_API_KEY"),
    Provider("nebius", "Nebius", "NEBIUS_API_KEY"),
    Provider("novita", "Novita AI", "NOVITA_API_KEY"),
    Provider("nvidia_nim", "NVIDIA NIM", "NVIDIA_NIM_API_KEY"),
)
ONLY_THESE = (
    "Choose a model of one of these providers, named as in openai/gpt-4.1-mini: "
    f"{', '.join(provider.prefix for provider in PROVIDERS)}."
)

_BY_PREFIX = {provider.prefix: provider for provider in PROVIDERS}
_LONGEST = 200  # characters
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9_.:-]*[A-Za-z0-9_-])?"  # without the characters that have a meaning in addresses
_NAME = re.compile(rf"({_PART})(/{_PART})+")
# What makes litellm take a model for one of Replicate or OpenAI, wherever it stands in the name.
_REPLICATE = re.compile(r"replicate|:[0-9a-f]{64}$")
_OPENAI = re.compile(r"ft:(babbage-002|davinci-002|gpt-3\.5-turbo)")


def public_provider(model: str) -> Provider | None:
    """Return the provider of a litellm name; None if it is not among PROVIDERS, or the name could be an address."""
    found = _NAME.fullmatch(model) if len(model) <= _LONGEST and ".." not in model else None
    if not found or _REPLICATE.search(model) or (found[1] != "openai" and _OPENAI.search(model)):
        return None
    return _BY_PREFIX.get(found[1])
