"""What an added file holds, in a few lines: file_overview, with file_tables, file_contents, file_text and encodings."""
