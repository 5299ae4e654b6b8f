"""What users of smolagents look for under another name, and where it is here: said in the error that they get."""

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar, cast

from agent_core.errors import GlassboxError

_Given = ParamSpec("_Given")
_Returned = TypeVar("_Returned")

_BASE_TOOLS = "tools=[web_search, visit_webpage], from the module `tools` of the repository"
_SHOWN = 'show(agent.stream(question), detail="verbose"), as an agent itself prints nothing'
_NEW_CHAT = "await agent.rewind(0), or a new agent, to begin anew; each question goes on with the chat"
_TRUSTED = "nothing for it: code of others runs in the sandbox, after somebody agreed (confirm=…)"
_BACK_TO_TEXT = "nothing for it: whatever a model writes is read"

AGENT_ARGUMENTS = {
    "model_id": "model=HubModel(…), or another model",
    "additional_authorized_imports": "policy=Policy(imports=[…])",
    "authorized_imports": "policy=Policy(imports=[…])",
    "planning_interval": "plan_every=…",
    "final_answer_checks": "answer_checks=[…]",
    "managed_agents": "tools=[agent.as_tool(name, description)]",
    "executor": "engine=…",
    "executor_type": 'engine=engine_named("docker"), or another engine',
    "executor_kwargs": "engine=… and limits=Limits(…)",
    "prompt_templates": "system_prompt=…, or instructions=… to add to it",
    "additional_instructions": "instructions=…",
    "name": "agent.as_tool(name, description)",
    "description": "agent.as_tool(name, description)",
    "provide_run_summary": "instructions=…, which say what it reports",
    "stream_outputs": "agent.stream(question), as every model streams",
    "return_full_result": "agent.run(question), which always returns a RunResult",
    "output_type": "answer_type=…",
    "callbacks": "step_callbacks=[…]",
    "add_base_tools": _BASE_TOOLS,
    "verbosity_level": _SHOWN,
    "logger": _SHOWN,
    "max_print_outputs_length": "nothing for it: long outputs are cut in the middle, and variables stay whole",
    "use_structured_outputs_internally": _BACK_TO_TEXT,
    "code_block_tags": _BACK_TO_TEXT,
    "grammar": _BACK_TO_TEXT,
    "trust_remote_code": _TRUSTED,
}
"""Arguments of agents."""

RUN_ARGUMENTS = {
    "task": "question=…",
    "additional_args": "values={…}",
    "images": "files=[Path(…)], which takes pictures as well",
    "max_steps": "agent.max_steps = … before it, or await agent.resume(more_steps=…) after a limit",
    "reset": _NEW_CHAT,
    "stream": "agent.stream(question), or agent.stream_sync(question) where nothing awaits",
    "return_full_result": "the result, which is always a RunResult",
}
"""Arguments of runs."""

MODEL_ARGUMENTS = {"model_id": "model=…, or give the name first"}
"""Arguments of models; see also ModelSettings."""

LOADING_ARGUMENTS = {"trust_remote_code": _TRUSTED, "repo_id": "repo=…, or give the name first"}
"""Arguments of what loads from the Hub."""

PAGE_ARGUMENTS = {
    "share": "a Space, or a proxy before the page, to show it to others (docs/deploy.md)",
    "server_port": "port=…",
    "server_name": "the variable GRADIO_SERVER_NAME of the environment",
    "file_upload_folder": "nothing for it: files go to the workspace of each chat",
    "reset_agent_memory": "nothing for it: each chat has a copy of the agent",
    "prevent_thread_lock": "block=False",
}
"""Arguments of what opens the page."""

AGENT_ATTRIBUTES = {
    "name": "agent.as_tool(name, description) for an agent that is a tool, and launch(agent, title=…) for a page",
    "description": "agent.as_tool(name, description) for an agent that is a tool, and launch(agent) for a page",
    "logs": "agent.memory.steps, or result.steps of one run",
    "state": 'values={…} of agent.run for variables, and (await agent.sandbox.run("x")).value to see one',
    "task": "agent.memory.question",
    "monitor": "agent.usage, or step.usage",
    "logger": _SHOWN,
    "visualize": "print(agent.draw())",
    "cleanup": "await agent.close()",
    "interrupt": 'agent.interrupt_after_step("why")',
    "step": "step_callbacks=[…], or go step by step as docs/examples/step_by_step.py does",
    "write_memory_to_messages": "agent.memory.messages(agent.full_system_prompt())",
    "python_executor": "agent.sandbox",
    "managed_agents": "agent.tools, as agents are tools",
    "prompt_templates": "agent.system_prompt, or agent.instructions to add to it",
    "planning_interval": "agent.plan_every",
    "final_answer_checks": "agent.answer_checks",
    "additional_authorized_imports": "agent.policy",
    "authorized_imports": "agent.policy",
    "step_number": "agent.memory.last_step",
    "from_folder": "load_agent(folder)",
    "from_dict": "load_agent(dict)",
    "from_hub": 'load_agent("owner/name")',
}
"""Attributes of agents."""

RESULT_ATTRIBUTES = {
    "output": "result.answer: its text is str(result.answer), the object result.answer.value",
    "state": "result.reason",
    "token_usage": "result.usage",
    "timing": "result.seconds",
    "messages": "result.steps",
}
"""Attributes of the result of a run."""

STEP_ATTRIBUTES = {
    "step_number": "step.number",
    "model_output": "step.said, and step.code",
    "code_action": "step.code",
    "tool_calls": "step.calls",
    "observations": "step.observation",
    "observations_images": "step.images",
    "action_output": "result.answer of the run",
    "token_usage": "step.usage",
    "timing": "step.seconds",
    "model_input_messages": "agent.memory.messages(agent.full_system_prompt())",
}
"""Attributes of steps."""

MEMORY_ATTRIBUTES = {
    "get_full_steps": "memory_to_json(agent.memory)",
    "get_succinct_steps": "memory_to_json(agent.memory)",
    "return_full_code": "[step.code for step in agent.memory.steps]",
    "replay": "replay(agent.memory), or agent.replay()",
    "reset": "await agent.rewind(0)",
    "system_prompt": "agent.full_system_prompt()",
}
"""Attributes of memories."""

_OWN_SERVER = 'OpenAIModel("name", base_url="http://…"), with a server beside the program'
_STEP = "Step, of which agent.memory.steps is a list"
_RUN_ENDS = "result.reason and result.message, as runs raise nothing; what is given wrongly is a GlassboxError"

NAMES = {
    "InferenceClientModel": 'HubModel("owner/name")',
    "HfApiModel": 'HubModel("owner/name")',
    "OpenAIServerModel": "OpenAIModel",
    "AzureOpenAIModel": 'LiteLLMModel("azure/…")',
    "AmazonBedrockModel": 'LiteLLMModel("bedrock/…")',
    "LiteLLMRouterModel": "fallbacks=[…] of an agent",
    "TransformersModel": _OWN_SERVER,
    "VLLMModel": _OWN_SERVER,
    "MLXModel": _OWN_SERVER,
    "MultiStepAgent": "Agent, or CodeAgent and ToolCallingAgent",
    "ManagedAgent": "agent.as_tool(name, description)",
    "GradioUI": "`from ui import launch` and launch(agent)",
    "stream_to_gradio": "`from ui import launch` and launch(agent)",
    "launch": "`from ui import launch`, of the repository",
    "MCPClient": "McpServer(url), or McpServer.of_command(…)",
    "ToolCollection": "tools=[McpServer(url)], or name the tools in tools=[…]",
    "PythonInterpreterTool": "python, which is a tool",
    "FinalAnswerTool": "nothing for it: every agent has final_answer",
    "UserInputTool": "`from tools import ask_user`, and ask_user=… of an agent",
    "WebSearchTool": "`from tools import web_search`, of the repository",
    "DuckDuckGoSearchTool": "`from tools import web_search`, of the repository",
    "VisitWebpageTool": "`from tools import visit_webpage`, of the repository",
    "LocalPythonExecutor": "Sandbox",
    "DockerExecutor": 'engine=engine_named("docker")',
    "ActionStep": _STEP,
    "PlanningStep": "step.plan of a Step",
    "TaskStep": "Turn, of which agent.memory.turns is a list",
    "AgentMemory": "Memory",
    "ChatMessage": "Message",
    "TokenUsage": "Usage",
    "AgentError": _RUN_ENDS,
    "AgentLogger": _SHOWN,
    "LogLevel": _SHOWN,
}
"""What smolagents exports."""


def advising(
    elsewhere: Mapping[str, str], error: type[GlassboxError] = GlassboxError
) -> Callable[[Callable[_Given, _Returned]], Callable[_Given, _Returned]]:
    """Return a decorator of functions that say what to give if they are called with wrong arguments.

    Args:
        elsewhere: What arguments of other libraries are here.
        error: What is raised.
    """

    def decorate(function: Callable[_Given, _Returned]) -> Callable[_Given, _Returned]:
        name = function.__qualname__.removesuffix(".__init__").replace("AskableAgent", "agent")

        @wraps(function)
        def checked(*given: _Given.args, **named: _Given.kwargs) -> _Returned:
            if problem := misfit(function, name, given, named, elsewhere):
                raise error(problem)
            return function(*given, **named)

        if not inspect.iscoroutinefunction(function):
            return checked

        @wraps(function)
        async def awaited(*given: _Given.args, **named: _Given.kwargs) -> Any:
            return await cast(Any, checked(*given, **named))

        return cast(Callable[_Given, _Returned], awaited)

    return decorate


def misfit(
    function: Callable[..., Any],
    name: str,
    given: tuple[Any, ...],
    named: Mapping[str, Any],
    elsewhere: Mapping[str, str],
    usage: str = "",
) -> str:
    """Return why a function does not take these arguments, and what to give instead; "" if it takes them.

    Args:
        function: The function.
        name: What people call it.
        given: The arguments without a name.
        named: The others.
        elsewhere: What arguments of other libraries are here.
        usage: How it is called, in a sentence.
    """
    signature = inspect.signature(function)
    try:
        signature.bind(*given, **named)
    except TypeError as error:
        problem = f"{name} has wrong arguments: {error}. {usage}".strip()
    else:
        return ""
    parameters = signature.parameters.values()
    takes_more = any(each.kind is each.VAR_KEYWORD for each in parameters)
    known = [each.name for each in parameters if each.name != "self" and each.kind is not each.VAR_KEYWORD]
    if unknown := next((key for key in named if key not in known and (key in elsewhere or not takes_more)), None):
        alike = get_close_matches(unknown, known, 1)
        here = elsewhere.get(unknown) or (f"{alike[0]}=…" if alike else "")
        return f"{name} has no argument {unknown!r}. " + (f"Use {here}." if here else f"It takes: {', '.join(known)}.")
    return problem


class Signposted:
    """A class whose errors tell of attributes that are called otherwise here.

    Attributes:
        elsewhere: What attributes of other libraries are here.
    """

    elsewhere: ClassVar[Mapping[str, str]] = {}

    if not TYPE_CHECKING:  # to which all attributes would be known

        def __getattr__(self, name: str) -> Any:
            kind = type(self)
            if name in kind.elsewhere:
                raise AttributeError(f"{kind.__name__} has no attribute {name!r}. Use {kind.elsewhere[name]}.")
            return self.__getattribute__(name)  # fails as it did, in a property also with what failed there
