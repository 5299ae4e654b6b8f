"""The owner's page: what goes on, what the day came to, and what is unwell, in plain numbers and words."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from html import escape
from pathlib import Path

from babel.dates import format_timedelta

from agent_core import __version__
from ui.seeing.run_watch import SeenRun
from ui.seeing.state import AppState
from ui.seeing.today import Today
from ui.texts import with_words, words
from ui.texts.languages import current_language
from ui.texts.numbers import number
from ui.view.usage_text import seconds_text, size_text

_LATE = 0.5  # seconds that the app may be behind
_LONG = 60.0  # seconds that a run may wait
_MANY = 3  # failures of models within ten minutes
_SCARCE = 0.1  # of what there is
_LEAST_DISK = 2_000_000_000  # bytes
_MOST_LISTED = 50
_NAMED = ("demo", "own_server", "huggingface", "other")  # providers whose names are no words for people

_COLUMNS = ("chat", "provider", "does", "since")
_PAGE = Path(__file__).with_name("owner.html")


def owner_page(state: AppState, today: Today) -> str:
    """Return the page as HTML, in the language of the request."""
    return with_words(
        _PAGE.read_text(encoding="utf-8"),
        language=current_language(),
        about=escape(words("owner.about", version=__version__, time=_long_time(state.up))),
        troubles=_troubles_html(list(troubles(state, today))),
        tiles=_tiles(_now(state)),
        meters="".join(_meters(state)),
        runs=_runs_html([*state.queued, *state.running]),
        today=_tiles(_of_today(today)),
        ends=_counts_html({words(f"owner.end_{reason}"): count for reason, count in today.day.ends.items()}),
        failures=_counts_html({words(f"owner.kind_{kind}"): count for kind, count in today.day.failures.items()}),
    )


def troubles(state: AppState, today: Today) -> Iterator[str]:
    """Yield what is unwell, in sentences that say what to do."""
    if state.lag > _LATE:
        yield words("owner.trouble_lag", seconds=number(state.lag, 1))
    if not state.store_works:
        yield words("owner.trouble_store")
    if state.longest_wait > _LONG:
        yield words("owner.trouble_wait", time=seconds_text(state.longest_wait))
    failures = today.recent_failures
    if failures.total() >= _MANY:
        kind = words(f"owner.kind_{failures.most_common(1)[0][0]}")
        yield words("owner.trouble_failures", count=failures.total(), kind=kind)
    free, memory = state.memory
    if free < memory * _SCARCE:
        yield words("owner.trouble_memory", free=size_text(free))
    free, disk = state.disk
    if free < min(_LEAST_DISK, disk * _SCARCE):
        yield words("owner.trouble_disk", free=size_text(free))
    used, most = state.descriptors
    if 0 < most * (1 - _SCARCE) < used:
        yield words("owner.trouble_descriptors", used=used, all=most)


def _troubles_html(said: list[str]) -> str:
    if not said:
        return f'<p class="state well" role="status">{escape(words("owner.well"))}</p>'
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in said)
    title = escape(words("owner.not_well"))
    return f'<section class="state unwell" role="status"><h2>{title}</h2><ul>{items}</ul></section>'


def _now(state: AppState) -> Iterator[tuple[str, str, str]]:
    """Yield what goes on: its name, its number, and what else there is to say."""
    waiting = words("owner.nobody_waits")
    if state.queued:
        waiting = words("owner.wait", count=len(state.queued), time=seconds_text(state.longest_wait))
    yield words("owner.runs"), number(len(state.running)), waiting
    yield words("owner.chats"), number(state.chats), words("owner.awake", count=state.awake)
    yield words("owner.lag"), words("usage.seconds", seconds=number(state.lag, 2)), words("owner.lag_about")
    app, code = size_text(state.app_memory), size_text(state.sandbox.memory)
    about = words("owner.memory_about", count=state.sandbox.processes, app=app, code=code)
    yield words("owner.memory"), size_text(state.app_memory + state.sandbox.memory), about


def _of_today(today: Today) -> Iterator[tuple[str, str, str]]:
    day = today.day
    yield words("owner.questions"), number(day.questions), ""
    yield words("owner.answers"), number(day.ends["answer"]), ""
    yield words("owner.steps"), number(day.steps), ""
    yield words("owner.tokens_in"), number(day.usage.input_tokens), ""
    yield words("owner.tokens_out"), number(day.usage.output_tokens), ""
    yield words("owner.usual_time"), "–" if day.usual_seconds is None else seconds_text(day.usual_seconds), ""


def _tiles(tiles: Iterable[tuple[str, str, str]]) -> str:
    return "".join(
        f'<div><dt>{escape(name)}</dt><dd class="number">{escape(value)}</dd>'
        + (f'<dd class="more">{escape(more)}</dd>' if more else "")
        + "</div>"
        for name, value, more in tiles
    )


def _meters(state: AppState) -> Iterator[str]:
    for name, (free, size) in (("memory", state.memory), ("disk", state.disk)):
        if size:
            said = words("owner.free", free=size_text(free), all=size_text(size))
            yield _meter(words(f"owner.machine_{name}"), 1 - free / size, said)
    used, most = state.descriptors
    if most:
        yield _meter(words("owner.machine_descriptors"), used / most, words("owner.in_use", used=used, all=most))


def _meter(name: str, share: float, said: str) -> str:
    bar = f'<rect width="{100 * min(share, 1):.1f}" height="4"/>'
    return (
        f"<div{' class=high' if share > 1 - _SCARCE else ''}><dt>{escape(name)}</dt>"
        f'<svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">{bar}</svg>'
        f"<dd>{escape(said)}</dd></div>"
    )


def _runs_html(runs: list[SeenRun]) -> str:
    if not runs:
        return f'<div class="card"><p>{escape(words("owner.no_runs"))}</p></div>'
    heads = "".join(f'<th scope="col">{escape(words(f"owner.{name}"))}</th>' for name in _COLUMNS)
    rows = "".join(map(_run_html, runs[:_MOST_LISTED]))
    more = len(runs) - _MOST_LISTED
    left_out = f"<p>{escape(words('turn.more', count=more))}</p>" if more > 0 else ""
    table = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="card"><table class="runs">{table}</table>{left_out}</div>'


def _run_html(run: SeenRun) -> str:
    waits = run.waits
    provider = words(f"owner.provider_{run.provider}") if run.provider in _NAMED else run.provider
    does = words("owner.waits" if waits else "owner.works")
    time = seconds_text(run.waited if waits else run.seconds)
    cells = (f"<code>{escape(run.chat)}</code>", escape(provider), escape(does), escape(time))
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr{' class=waiting' if waits else ''}>{row}</tr>"


def _counts_html(counts: Mapping[str, int]) -> str:
    """Return how often something happened, the most frequent first."""
    if not counts:
        return f"<p>{escape(words('owner.no_failures'))}</p>"
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{number(count)}</td></tr>' for name, count in ranked)
    return f'<table class="counts"><tbody>{rows}</tbody></table>'


def _long_time(seconds: float) -> str:
    """Return a time in its largest unit, such as "3 hours"."""
    return format_timedelta(timedelta(seconds=seconds), locale=current_language())
