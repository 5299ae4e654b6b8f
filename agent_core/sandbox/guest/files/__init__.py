"""What an added file holds, in a few lines: file_overview, with file_tables, file_contents, file_text and encodings.

For a person: file_preview, the first rows of a table or the beginning of a text.
"""
