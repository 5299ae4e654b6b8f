"""What a model's provider is called where programs are watched: one of a few names, whatever a person typed."""

from agent_core.models.base import Model
from agent_core.models.hub import HubModel
from agent_core.models.litellm import LiteLLMModel
from agent_core.models.providers import PROVIDERS
from agent_core.models.scripted import ScriptedModel
from agent_core.models.served import ServedModel

OTHER = "other"
# As the GenAI conventions of OpenTelemetry call them, where they have a name for them.
_NAMES = {provider.prefix: provider.prefix for provider in PROVIDERS} | {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}


def provider_name(model: Model) -> str:
    """Return who serves a model, such as "huggingface", "openai", or "own_server" for an address of one's own."""
    match model:
        case ScriptedModel():
            return "demo"
        case ServedModel(has_own_address=True):
            return "own_server"
        case HubModel():
            return "huggingface"
        case LiteLLMModel():
            return _NAMES.get(model.name.partition("/")[0], OTHER)
    return OTHER
