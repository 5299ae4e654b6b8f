"""The arguments of the program."""

import argparse
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from agent_core._version import __version__

AgentKind = Literal["code", "tool-calling"]
_DESCRIPTION = (
    "Answers a question by writing and running Python, and shows each step. Without a question, it is a chat."
)
_EPILOG = """\
exit codes:
  0    there is an answer, or the chat was left
  1    the model, the sandbox or a file failed
  2    the arguments cannot be used
  3    the run ended at a limit; the best answer so far is shown
  130  Ctrl-C stopped it

Keys stand in the environment: HF_TOKEN for the Hub, OPENAI_API_KEY and the like for other providers.
"""


@dataclass(frozen=True)
class Arguments:
    """What was given; `parse` says what each means."""

    question: str | None
    model: str
    base_url: str
    key_env: str
    agent: AgentKind
    tool: list[str]
    file: list[Path]
    imports: list[str]
    host: list[str]
    temperature: float | None
    instructions: str
    max_steps: int
    save: Path | None
    verbose: bool
    quiet: bool
    json: bool
    replay: str


def parse(argv: Sequence[str] | None = None) -> Arguments:
    """Return the arguments. Ends the program with 2 and a sentence if they cannot be used."""
    given = vars(_parser().parse_args(argv))
    return Arguments(**{field.name: given[field.name] for field in fields(Arguments)})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "glassbox",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("question", nargs="?", help="the question; - or nothing reads it from a pipe")
    parser.add_argument("--version", action="version", version=f"glassbox {__version__}")
    _add_model(parser.add_argument_group("the model"))
    _add_abilities(parser.add_argument_group("what the agent may do"))
    _add_output(parser.add_argument_group("what is shown"))
    return parser


def _add_model(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--model",
        default="",
        metavar="NAME",
        help="hub:owner/name of Hugging Face, openai/name, provider/name of LiteLLM, or with --base-url the name there "
        "(default: a model of Hugging Face)",
    )
    group.add_argument("--base-url", default="", metavar="URL", help="a server that speaks OpenAI's protocol")
    group.add_argument(
        "--key-env",
        default="",
        metavar="VARIABLE",
        help="the environment variable with the key for --base-url; without it, the server gets none",
    )
    group.add_argument("--temperature", type=_temperature, metavar="NUMBER", help="from 0 to 2")
    group.add_argument("--instructions", default="", metavar="TEXT", help="added to the system prompt")


def _add_abilities(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--agent", choices=("code", "tool-calling"), default="code", help="acts by Python, or by calls")
    group.add_argument(
        "--tool",
        action="append",
        default=[],
        metavar="TOOL",
        help="owner/name of the Hub, module:name of a function or tool, or a name in the module `tools` of this "
        "folder; may be given again",
    )
    group.add_argument("--file", action="append", type=Path, default=[], metavar="PATH", help="comes with the question")
    group.add_argument(
        "--import", dest="imports", action="append", default=[], metavar="MODULE", help="allowed in code without asking"
    )
    group.add_argument("--host", action="append", default=[], metavar="HOST", help="may be connected to without asking")
    group.add_argument("--max-steps", type=_positive, default=12, metavar="NUMBER", help="of each question (12)")


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--save", type=Path, metavar="FOLDER", help="where pictures and files that the code made go")
    how_much = group.add_mutually_exclusive_group()
    how_much.add_argument("-v", "--verbose", action="store_true", help="also reasoning, whole outputs, tracebacks")
    how_much.add_argument("-q", "--quiet", action="store_true", help="only answers")
    how_much.add_argument("--json", action="store_true", help="the events as JSON, one a line, and nothing else")
    group.add_argument("--replay", default="", metavar="FILE", help="show a run again that --json wrote; - for a pipe")


def _temperature(text: str) -> float:
    with suppress(ValueError):
        if 0 <= (value := float(text)) <= 2:
            return value
    raise argparse.ArgumentTypeError("it is a number from 0 to 2")


def _positive(text: str) -> int:
    with suppress(ValueError):
        if (value := int(text)) > 0:
            return value
    raise argparse.ArgumentTypeError("it is a whole number, 1 or more")
