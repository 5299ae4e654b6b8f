"""What tests of models share."""

from agent_core import HubModel, LiteLLMModel, OpenAIModel
from agent_core.models.served import ServedModel

KEY = "hf_canary0123456789"


def make(client: str, url: str) -> ServedModel:
    if client == "hub":
        return HubModel("maker/model", token=KEY, base_url=url)
    if client == "openai":
        return OpenAIModel("maker/model", api_key=KEY, base_url=url)
    return LiteLLMModel("openai/maker/model", api_key=KEY, api_base=url)
