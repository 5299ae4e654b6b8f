"""From the events of a run to what is shown of them, one part after the other."""

from abc import ABC, abstractmethod
from typing import Literal

from agent_core import events
from agent_core.console.notes import Note, Tone, doing_of, note_of, note_of_call
from agent_core.console.usage_text import seconds_text, summary, usage_text
from agent_core.console.words import words
from agent_core.execution import Display, Execution, ExecutionError, FileNote

Detail = Literal["quiet", "normal", "verbose"]
"""How much is shown: answers, and how runs ended if not with one; every step; also all of a model's reasoning, whole
outputs, tracebacks and variables."""

_TONES: dict[str, Tone] = {"answer": "good", "error": "bad"}  # of the ends of a run
TextKind = Literal["plan", "reasoning", "thought", "code", "output"]


class Printer(ABC):
    """Takes the events of runs, and shows them. What shows them differs in how each part looks.

    Args:
        detail: How much to show.
    """

    def __init__(self, detail: Detail = "normal") -> None:
        self.detail: Detail = detail
        self._kind: TextKind | None = None  # of the text that grows
        self._text = ""
        self._thought = ""  # the prose of the step, which may turn out to be the answer
        self._displayed: list[str] = []
        self._has_output = False  # of the step, which has ended
        self._calls: dict[str, events.ToolStarted] = {}
        self._has_plan = False

    def take(self, event: events.Event) -> None:
        """Show an event, as the next one of a run."""
        if self.detail == "quiet":
            self._take_quietly(event)
            return
        if isinstance(event, events.ModelWaiting):
            self._thought = ""
        match event:
            case events.PlanDelta(text):
                self._grow("plan", text)
            case events.ReasoningDelta(text):
                self._grow("reasoning", text)
            case events.ThoughtDelta(text):
                self._thought += text
                self._grow("thought", text)
            case events.CodeDelta(text):
                self._grow("code", text)
            case events.OutputDelta(text, erased):
                self._grow("output", text, erased)
            case _:
                self._take_other(event)
        if (doing := doing_of(event)) is not None:
            self.say_doing(doing)

    def _take_quietly(self, event: events.Event) -> None:
        match event:
            case events.FinalAnswer(answer):
                self.answer(answer)
            case events.PermissionAsked() | events.QuestionAsked() | events.SavingFailed():
                self._note(event)
            case events.RunFinished(reason, message) if reason != "answer":
                self.note(Note(message, "warning"))

    def _take_other(self, event: events.Event) -> None:
        match event:
            case events.RunStarted(question, files):
                self.end_text()
                self._has_plan = False
                self.question(question, files)
            case events.PlanReady(plan, seconds, usage):
                self._complete("plan", plan)
                self.note(Note(summary(seconds_text(seconds), usage_text(usage))))
            case events.StepStarted(step):
                self.end_text()
                self._thought, self._displayed, self._has_output = "", [], False
                self.heading(words("heading.step", number=step))
            case events.CodeReady(code):
                self._thought = ""
                self._complete("code", code)
            case events.ReplyCut(_, code):
                self._complete("code", code)
                self._note(event)
            case events.ToolStarted():
                self._calls[event.call_id] = event
            case events.ToolFinished():
                call = self._calls.pop(event.call_id, events.ToolStarted(event.call_id, event.tool, {}))
                self.note(note_of_call(call, event))
            case events.Displayed(display):
                self.end_text()
                self._displayed.append(str(display))
                self.display(display)
            case events.StepFinished():
                self._end_step(event)
            case events.FinalAnswer(answer):
                self._give_answer(answer)
            case events.RunFinished():
                self._end_run(event)
            case _:
                self._note(event)

    def _note(self, event: events.Event) -> None:
        if note := note_of(event):
            if self._kind != "output":  # which may go on after it
                self.end_text()
            self.note(note)

    # Texts that grow

    def _grow(self, kind: TextKind, text: str, erased: int = 0) -> None:
        if kind != self._kind:
            self.end_text()
            self._begin(kind)
        self._text = self._text[: max(0, len(self._text) - erased)] + text
        self.text_grows(kind, self._text)

    def _begin(self, kind: TextKind) -> None:
        self._kind, self._text = kind, ""
        if kind == "plan":
            self.heading(words("heading.new_plan" if self._has_plan else "heading.plan"))
            self._has_plan = True

    def _complete(self, kind: TextKind, text: str) -> None:
        """End a text with its final form, which may differ from its pieces."""
        if kind != self._kind:
            self.end_text()
            if text:
                self._begin(kind)
        if self._kind:
            self._text = text or self._text
            self.end_text()

    def end_text(self) -> None:
        """Show the text that grew until now as a whole."""
        if self._kind is not None:
            kind, self._kind = self._kind, None
            self._has_output |= kind == "output"
            self.text_ends(kind, self._text)

    # Ends

    def _end_step(self, event: events.StepFinished) -> None:
        execution = event.execution or Execution()
        if execution.stdout and not self._has_output:
            self._complete("output", execution.stdout)  # what streamed of it ends earlier where there is very much
        self.end_text()
        if execution.value is not None and execution.value not in self._displayed:
            self.value(execution.value)
        if execution.error:
            self.error(execution.error)
        if execution.note:
            self.note(Note(execution.note, "warning"))
        if execution.files:
            self.note(Note(words("note.files", files=", ".join(map(str, execution.files)))))
        if execution.variables and self.detail == "verbose":
            names = "; ".join(f"{name} = {look}" for name, look in execution.variables.items())
            self.note(Note(words("note.variables", names=names)))
        self.note(Note(summary(seconds_text(event.seconds), usage_text(event.usage))))

    def _give_answer(self, answer: Display) -> None:
        self.end_text()
        if not self._thought.strip() or str(answer).strip() != self._thought.strip():
            self.heading(words("heading.answer"))
            self.answer(answer)

    def _end_run(self, event: events.RunFinished) -> None:
        self.end_text()
        self._calls.clear()
        steps = words("end.steps", count=event.steps) if event.steps else ""
        said = summary(words(f"end.{event.reason}"), steps, seconds_text(event.seconds), usage_text(event.usage))
        message = "" if event.message == f"{words(f'end.{event.reason}')}." else event.message
        self.end(said, message, _TONES.get(event.reason, "warning"))

    # How each part looks

    @abstractmethod
    def question(self, question: str, files: tuple[FileNote, ...]) -> None:
        """Show a question and the files that came with it."""

    @abstractmethod
    def heading(self, text: str) -> None:
        """Show what follows under a heading."""

    @abstractmethod
    def text_grows(self, kind: TextKind, text: str) -> None:
        """Show a text that may still grow; each time, it is the whole text so far."""

    @abstractmethod
    def text_ends(self, kind: TextKind, text: str) -> None:
        """Show a text that has grown, as a whole."""

    @abstractmethod
    def display(self, display: Display) -> None:
        """Show what the code displayed."""

    @abstractmethod
    def value(self, text: str) -> None:
        """Show the value of a step's last expression."""

    @abstractmethod
    def error(self, error: ExecutionError) -> None:
        """Show why a step's code failed."""

    @abstractmethod
    def note(self, note: Note) -> None:
        """Show a sentence, or a few lines; nothing if it is empty."""

    @abstractmethod
    def answer(self, answer: Display) -> None:
        """Show an answer."""

    @abstractmethod
    def end(self, said: str, message: str, tone: Tone) -> None:
        """Show how a run ended, and what more there is to say of it."""

    @abstractmethod
    def say_doing(self, text: str) -> None:
        """Show what goes on at the moment; "" for nothing."""

    def close(self) -> None:
        """Show what is left, and leave the place as it was. Another event may come all the same."""
        self.end_text()
