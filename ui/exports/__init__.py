"""A chat as files that people take with them, and as a record that comes in again.

exporting: `export`, which makes any of them. step_parts: what each of them shows of a step. markdown_text: a chat, a
turn or an answer as Markdown. notebook: cells that run in Jupyter, after first_cell.txt. replay: one HTML file that
shows the run part by part (replay.html, .css, .js), with static_html and mathml. record_file: JSON, out and in, with
memory_record for what the model is told, and pictures, which checks those that come in. routes: the addresses of all.
"""

from ui.exports.exporting import KINDS, Exported, ExportKind, export
from ui.exports.markdown_text import answer_text, steps_text
from ui.exports.memory_record import memory_record, read_memory
from ui.exports.record_file import ChatRecord, read_export

__all__ = [
    "KINDS",
    "ChatRecord",
    "ExportKind",
    "Exported",
    "answer_text",
    "export",
    "memory_record",
    "read_export",
    "read_memory",
    "steps_text",
]
