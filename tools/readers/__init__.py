"""From a downloaded document to text, tables and links.

document_reader: picks the reader: html, xml, pdf, data (JSON, CSV, images), markdown.
subprocess_reader: the same in a process with limits, for what could take too long.
boilerplate, text_equivalents, tables, markdown_writer: the steps of reading HTML.
text_splitter: a long text in parts. passage_search: words in a text, with what stands around them.
"""
