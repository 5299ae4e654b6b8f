"""What is said of events: in a sentence that stays, or of what happens at the moment."""

from dataclasses import dataclass
from typing import Literal

from agent_core import events
from agent_core.console.usage_text import seconds_text, summary
from agent_core.console.words import words
from agent_core.permissions import PERMISSIONS

Tone = Literal["plain", "quiet", "good", "warning", "bad"]
_LONGEST_ARGUMENT = 60


@dataclass(frozen=True)
class Note:
    """A sentence, or a few lines, and how it is meant."""

    text: str
    tone: Tone = "quiet"


def note_of(event: events.Event) -> Note | None:
    """Return what is said of an event by itself; None if it shows in another way, or not at all."""
    match event:
        case events.RunQueued(_, before):
            return Note(words("note.queued", count=before) if before else words("note.goes_on"))
        case events.ChatSuspended(lost):
            return Note(words("note.suspended", names=", ".join(lost)) if lost else words("note.suspended_all"))
        case events.ChatRewound(0, losses):
            return Note(words("note.rewound_start", losses=losses))
        case events.ChatRewound(turns, losses):
            return Note(words("note.rewound", count=turns, losses=losses))
        case events.StepsRunAgain(steps):
            return Note(words("note.again", count=len(steps), steps=", ".join(map(str, steps))))
        case events.StepRanAgain(step, difference):
            return Note(words("note.ran_again", number=step, difference=difference))
        case events.RunAgainFinished(message):
            return Note(message, "warning") if message else Note(words("note.again_ended"))
        case events.SavingFailed(message):
            return Note(message, "warning")
        case events.SavingResumed():
            return Note(words("note.saving_resumed"))
        case events.RunResumed():
            return Note(words("note.resumed"))
        case events.ModelWaiting(message, seconds, model):
            said = words("note.waiting", message=message, model=model, seconds=round(seconds))
            return Note(said, "warning")
        case events.Compacted(before, after):
            return Note(words("note.compacted", before=before, after=after))
        case events.AnswerRefused(_, reason):
            return Note(words("note.refused", reason=reason), "warning")
        case events.ReplyCut(message):
            return Note(message, "warning")
        case events.SourceRead(_, source):
            return Note(words("note.page", source=str(source)))
        case _:
            return _note_of_asking(event)


def _note_of_asking(event: events.Event) -> Note | None:
    match event:
        case events.QuestionAsked(_, question, options):
            lines = [words("note.asked", question=question)]
            lines += [f"{number}. {option}" for number, option in enumerate(options, 1)]
            return Note("\n".join(lines), "plain")
        case events.QuestionAnswered(_, answer):
            return Note(words("note.unanswered") if answer is None else words("note.answered", answer=answer))
        case events.PermissionAsked(_, kind, name, meaning):
            question = PERMISSIONS[kind].question.replace("{name}", name)
            return Note("\n".join(filter(None, (question, meaning))), "plain")
        case events.PermissionAnswered(_, decision):
            return Note(words(f"note.{decision}"), "warning" if decision == "deny" else "quiet")
    return None


def note_of_call(call: events.ToolStarted, ended: events.ToolFinished) -> Note:
    """Return what is said of a call of a tool that has ended."""
    said = summary(call_text(call), seconds_text(ended.seconds))
    return Note(f"{said}\n{ended.error}", "bad") if ended.error else Note(said)


def call_text(call: events.ToolStarted) -> str:
    """Return a call as code has it, with long arguments cut, in one line."""
    arguments = ", ".join(f"{name}={_short(value)}" for name, value in call.arguments.items())
    return f"{call.tool}({arguments})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_ARGUMENT else f"{line[:_LONGEST_ARGUMENT]}…"


def doing_of(event: events.Event) -> str | None:
    """Return what goes on from an event on; "" for nothing to say, None if the event does not change it."""
    match event:
        case events.StepStarted():
            return words("doing.asks")
        case events.ReasoningDelta():
            return words("doing.thinks")
        case events.ThoughtDelta() | events.CodeDelta():
            return words("doing.writes")
        case events.PlanDelta():
            return words("doing.plans")
        case events.ModelSilent():
            return _silence(event)
        case events.CodeReady():
            return words("doing.runs")
        case events.ToolStarted(_, tool):
            return words("doing.calls", tool=tool)
        case events.ToolProgress(_, tool, text):
            return words("doing.progress", tool=tool, text=text)
        case events.ToolFinished():
            return words("doing.runs")
        case events.SandboxStarting(ready):
            return words("doing.runs" if ready else "doing.place")
        case events.ModelWaiting():
            return words("doing.asks")
        case events.StepFinished() | events.RunFinished() | events.RunAgainFinished():
            return ""
    return None


def _silence(event: events.ModelSilent) -> str:
    match event.state:
        case "loading":
            return words("doing.loads")
        case "busy":
            return words("doing.busy")
        case "reading" if event.tokens:
            return words("doing.reads_part", read=event.tokens_read, tokens=event.tokens)
        case "reading":
            return words("doing.reads")
    return words("doing.silent", seconds=event.seconds)
