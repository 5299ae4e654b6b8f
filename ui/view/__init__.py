"""Shows runs: events become a transcript, and the transcript becomes sanitized messages of the chat.

transcript: events → turns and steps, as turn_view has them. arrangement: where the parts of a turn stand.
chat_messages: turns → messages, with step_messages, displays, titles, usage_text, pictures, files_html, remedies,
person_questions, turn_bar. doing: what happens now. sanitizing, escaping: make text from models and code harmless, with
file_references as what works on the page.
layers: what holds code, in the words of the page. page_updates: updates of one browser. toasts: short notices, which
the page shows in a line (problems.js).
"""
