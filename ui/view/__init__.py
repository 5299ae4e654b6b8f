"""What a person sees of a run: events become a transcript, the transcript messages of the chat, these are cleaned.

transcript: events → turns and steps, as turn_view has them. chat_messages: these → messages, with titles, usage_text,
pictures, files_html, remedies, person_questions. sanitizing, escaping: what a model wrote, made harmless. page_updates:
the rest of the page for a viewer. toasts: short notices.
"""
