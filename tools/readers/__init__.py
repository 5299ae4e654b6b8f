"""Turns downloaded documents into text, tables and links.

document_reader: chooses the reader: html, xml, pdf, data (JSON, CSV, images) or markdown.
subprocess_reader: does the same in a process with limits, for documents that could take too long.
boilerplate, text_equivalents, tables, markdown_writer: the steps of reading HTML.
text_splitter: splits a long text into parts. passage_search: finds words in a text, and shows the passages around them.
"""
