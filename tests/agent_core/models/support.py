"""What tests of models share."""

from agent_core import HubModel, LiteLLMModel

KEY = "hf_canary0123456789"


def make(client: str, url: str) -> HubModel | LiteLLMModel:
    if client == "hub":
        return HubModel("maker/model", token=KEY, base_url=url)
    return LiteLLMModel("openai/maker/model", api_key=KEY, api_base=url)
