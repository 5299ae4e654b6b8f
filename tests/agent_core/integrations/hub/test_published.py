"""Published tools of all styles that load, called in the sandbox."""

import pytest

from agent_core import Policy, Sandbox
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.integrations.hub.running import sandboxed_tool
from tests.agent_core.integrations.hub.published import PUBLISHED, Published


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy(imports=["*"])


@pytest.mark.parametrize("published", [p for p in PUBLISHED if p.loads], ids=lambda published: published.kind)
async def test_what_comes_of_a_call(published: Published, policy: Policy):
    async with Sandbox(policy=policy, tools=[sandboxed_tool(read_tool_code(published.source))]) as box:
        done = await box.run(published.call)
    if done.error:
        assert published.gives in done.error.message
    else:
        assert done.value == published.gives
