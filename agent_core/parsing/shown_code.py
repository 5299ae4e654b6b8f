"""Tells code that a reply shows to the person, as the answer to "How do I write …?", from code that is to be run.

Three things tell: the question (does it ask for code, or for a result?), the prose (words to the person and an
explanation show code, "I test it" runs it), and the code itself, in any language: what a person has given in the
question is worked with, so it is run; made-up data, names that nothing defines and a bare definition are an example.
Each gives points. If they do not suffice, the code is run; after that, less is needed to take a reply for the answer.
"""

import ast
import builtins
import re
import sys
import textwrap
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from agent_core.parsing.python_calls import FINAL_ANSWER

_ENOUGH = 3  # points
_REQUEST = 1_000  # characters
_MOST_CONSTANTS = 100
_FORGOTTEN = ("np", "pd", "plt", "sns", "sp", "sklearn")

_CODE = (
    r"(?:(?<!qr\ )(?<!bar\ )(?<!zip\ )(?<!morse\ )code|script|function|program|snippet|examples?|class|method"
    r"|decorator|generator|iterator|regex"
    r"|regular\ expression|one-?liner|loop|lambda|comprehension|syntax|algorithm|implementation|unit\ test|app|api"
    r"|module"
    r"|funktion|skript|programm|klasse|methode|fonction|programme|classe|méthode|función|programa|clase|método|função"
    r"|funzione|programma|функци\w+|скрипт|программ\w+|код|класс)"
)
_LIBRARY = r"(?:python|pandas|numpy|matplotlib|django|flask|asyncio|argparse)"
_THING = (
    rf"(?:{_LIBRARY}|strings?|lists?|tuples?|dict\w*|sets?|arrays?|data\ ?frames?|columns?|csv|json|yaml|xml|files?"
    r"|loops?|variables?|exceptions?|class(?:es)?|functions?|modules?|packages?|arguments?|database|http|server|api|thread\w*"
    r"|regex\w*|iterators?|generators?|decorators?|error)"
)
_ASKS = re.compile(
    rf"""\b(?:
    (?:write|implement|define|build|create|make|give|show|provide|need|want|code\ up|draft|refactor|rewrite|see)\b
        (?:\W+[\w'’-]+){{0,6}}?\W+{_CODE}s?\b
    |(?:implement|refactor|rewrite|simplify)\b
    |how\ (?:do|does|can|could|would|should|might|to)\b.*\b(?:{_CODE}|{_THING})\b
    |(?:what(?:['’]s|\ is|\ are|\ does|\ do)|explain|describe|teach|tell\ me|why)\b.*\b(?:{_CODE}s?|{_THING})\b
    |(?:what|how)\ (?:does|do)\ [`"'\w.()]+\ (?:do|work|mean)\b
    |(?:convert|translate|port)\b.*\bto\ python\b|pythonic|(?:fix|debug|improve|optimi[sz]e)\b.*\b(?:this|my|the)\b
    |difference\ between
    |wie\ (?:\w+\ )?(?:ich|man)\b|(?:schreib|zeig|gib)\w*\b.*\b{_CODE}
    |comment\ (?:\w+|puis-je|peut-on|on)\b.*\b(?:python|fichier|liste|{_CODE})\b|(?:écri|montre|donne)\w*\b.*\b{_CODE}
    |como\ (?:faço|posso|se\ faz)\b|c[óo]mo\ \w+.*\b(?:lista|archivo|diccionario\w*|python|cadena|{_CODE})
    |(?:escrib|escrev|muestra|scriv)\w*\b.*\b{_CODE}
    |как\ (?:мне\ |в\ python\ )?\w+ть\b|напиши\w*\b.*{_CODE}
    )|(?:如何|怎么|怎样).*(?:Python|列表|字典|字符串|文件|函数|代码)|写一?[个段].*(?:函数|代码|脚本|程序|类)
    |(?:Python|関数|コード|スクリプト|プログラム).*(?:書い|教え|作っ)|(?:함수|코드|스크립트).*(?:작성|알려)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_EXPLANATION = re.compile(
    r"\b(?:what (?:does|do|is|are)|what['’]s|how (?:does|do) \S+ work|explain|describe|teach|difference between)\b",
    re.IGNORECASE,
)
_WANTS_A_RESULT = re.compile(
    r"""\b(?:(?:and|then)\ (?:run|test|try|execute|use|apply|call|plot|print|show|tell|give|compute|calculate)
    |run\ (?:it|this|that|the)|execute|how\ (?:many|much|old|long|far|big|tall)
    |what\ (?:is\ the\ )?(?:output|result|value)
    |(?:does|do|will|would)\ (?:this|it|the\ following)\ (?:print|output|return|give)|output\ of
    |the\ (?:number|value|result|answer|count|sum|average|total|largest|smallest)\b
    |und\ (?:teste|führe)|et\ (?:teste|exécute)|y\ (?:prueba|ejec)\w*)""",
    re.IGNORECASE | re.VERBOSE,
)
_PRESENTS = re.compile(
    r"""\b(?:you(?:['’]d|['’]ll|\ (?:can|could|may|might|would|should|need))|here(?:['’]s|\ is|\ are|\ it\ is)|below\ is
    |for\ (?:example|instance)|an?\ example|the\ following|as\ follows|like\ this|like\ so|this\ way|in\ python
    |one\ way|use[ds]?\b|using|save\ this|sure|certainly|of\ course|it\ is\ (?:more|better)|idiomatic
    |hier\ ist|so\ geht|(?:kannst|können)\ (?:du|sie)|zum\ beispiel|voici|vous\ pouvez|tu\ peux|par\ exemple
    |aquí|puedes|puede\ |por\ ejemplo|você\ pode|ecco|puoi|можно|вот)\b
    |可以|以下|下面|例如|次の|例えば|다음""",
    re.IGNORECASE | re.VERBOSE,
)
_ACTS = re.compile(
    r"""(?:^|[.!?:;–—\n]\s*|,\ )(?:(?:first|now|then|next|so|ok(?:ay)?|to\ [^.\n]*),?\ )?(?:
    i(?:['’]ll|['’]m|\ will|\ am|\ need\ to|\ want\ to|\ must|\ should|\ first|\ now|\ then)?
        \ (?!get\b|see\b|think\b|would\b)\w+
    |let\ me\b|let['’]s\ (?:run|test|check|try|see|compute|calculate|load|look|start|execute|find)\b
    |ich\ \w+e\b|je\ \w+|voy\ a|vou\ |sto\ per)""",
    re.IGNORECASE | re.VERBOSE,
)
_WRITES = re.compile(
    r"\b(?:write|code|program|schreib\w*|écri\w*|escrib\w*|escrev\w*|scriv\w*|напиши\w*)\b|写|書い|작성", re.IGNORECASE
)
_PLACEHOLDERS = re.compile(
    r"your[_ -]?\w+|path/to|/path|example\.com|localhost|<\w+>|\.\.\.|\bfoo\b|\bbar\b|input\(|__name__|argparse"
    r"|sys\.argv"
)
_MADE_UP = re.compile(
    r"\s*\**(?:observations?|output|result|execution|ausgabe|sortie|salida)\b[^\n]{0,20}:", re.IGNORECASE
)


@dataclass(frozen=True)
class ReplyContext:
    """What is known when a reply comes.

    Attributes:
        question: The person's question; "" if unknown.
        ran: The code that has run since the question.
        tools: The names of the tools, which only code that is to be run calls.
        has_variables: Whether code may use variables of earlier steps.
    """

    question: str = ""
    ran: Collection[str] = ()
    tools: Collection[str] = ()

    has_variables: bool = False

    @cached_property
    def _request(self) -> str:
        """The beginning and the end of the question, where a person says what is wanted; the rest is mostly pasted."""
        text = self.question
        return text if len(text) <= 2 * _REQUEST else f"{text[:_REQUEST]}\n{text[-_REQUEST:]}"

    @cached_property
    def _wants_a_result(self) -> bool:
        return bool(_WANTS_A_RESULT.search(self._request))

    @property
    def asks_to_write(self) -> bool:
        """Whether the question asks to write something, as "can you write hello world" does: code may be all of it."""
        return bool(_WRITES.search(self._request))

    def calls_tool(self, code: str) -> bool:
        """Return whether code calls a tool, or gives an answer itself."""
        return bool(_called(code) & {FINAL_ANSWER, *self.tools})

    def may_show(self, before: str) -> bool:
        """Return whether code after this prose may be shown. If so, it is held back until that is clear."""
        if not self.question or self._wants_a_result:
            return False
        return self._points_of_question + _points_of_prose(before) > 0

    def shows(self, before: str, code: str, after: str = "", *, ended: bool = False) -> bool | None:
        """Return whether a block of code is shown as a part of the answer; None if that depends on what still comes.

        Args:
            before: The prose before it.
            code: The code.
            after: The text after it, as far as it has come.
            ended: Whether no more comes.
        """
        if self.calls_tool(code):
            return False
        points = self._points_of_question + _points_of_prose(before) + self._points_of_code(code)
        points += 2 * (code.strip() in self.ran and self.may_show(before))  # running it again would bring nothing new
        is_offered = self._points_of_question or _PRESENTS.search(before)
        enough = _ENOUGH if is_offered else _ENOUGH + 1  # nobody asked about code, and none is offered
        if points + _explains(after) >= enough:
            return True
        return None if points + 1 >= enough and not ended else False

    @cached_property
    def _points_of_question(self) -> int:
        asks = bool(_ASKS.search(self._request))
        about_code = asks or bool(re.search(rf"\b(?:{_CODE}|{_LIBRARY})\b", self._request, re.IGNORECASE | re.VERBOSE))
        return asks + about_code + bool(_EXPLANATION.search(self._request)) + (asks and bool(self.ran))

    def _points_of_code(self, code: str) -> int:
        """Return what the code says: it shows nothing when it is run, or not what the person has given."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(textwrap.dedent(code))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return 0
        question = self.question.casefold()
        own = list(islice(filter(_is_telling, _constants(tree)), _MOST_CONSTANTS))
        given = any(_mentions(question, value) for value in own)
        made_up = not given and any(isinstance(value, str) for value in own)
        undefined = not self.has_variables and bool(_undefined(tree) - {*self.tools})
        return 2 * undefined - 3 * given + made_up + bool(_PLACEHOLDERS.search(code)) + _only_defines(tree)


def _points_of_prose(before: str) -> int:
    acts = bool(_ACTS.search(before))
    states = len(before.split()) >= 6 and not acts
    return bool(_PRESENTS.search(before)) + states - 3 * acts


def _explains(after: str) -> bool:
    """Return whether text after a block says something of it, and does not only make up what it prints."""
    text = after.strip()
    return bool(text) and not _MADE_UP.match(text) and (len(text.split()) >= 4 or len(text.encode()) >= 24)


def _only_defines(tree: ast.Module) -> bool:
    """Return whether running the code would show nothing."""
    return not any(isinstance(node, ast.Expr | ast.For | ast.While | ast.With | ast.If | ast.Try) for node in tree.body)


def _constants(tree: ast.Module) -> Iterator[object]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            yield node.value


def _is_telling(value: object) -> bool:
    """Return whether a constant may come from the question, and is not one that any program has."""
    if isinstance(value, str):
        return len(value.strip()) >= 3
    return isinstance(value, int | float) and not isinstance(value, bool) and value not in (0, 1, 2, -1)


def _mentions(question: str, value: object) -> bool:
    text = re.escape(str(value).casefold().strip())
    return re.search(rf"(?<!\w){text}(?!\w)", question) is not None


def _undefined(tree: ast.Module) -> set[str]:
    """Return the names that the code reads and nothing defines, but for modules whose import models forget."""
    nodes = list(ast.walk(tree))
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    made = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    made |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    made |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    made |= {node.name for node in nodes if isinstance(node, ast.ExceptHandler) and node.name}
    made |= {(node.asname or node.name).partition(".")[0] for node in nodes if isinstance(node, ast.alias)}
    return read - made - {*dir(builtins), "display", "__file__", *_FORGOTTEN, *sys.stdlib_module_names}


def _called(code: str) -> set[str]:
    return set(re.findall(r"\b[A-Za-z_]\w*(?=\s*\()", code))
