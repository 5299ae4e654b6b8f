"""A table of what good models write about the files that people bring, and what has to come of it.

files: the files. snippets/: the table, a file of TOML for each subject. table: reads it, runs it in the real sandbox,
and says what is wrong. test_data_work runs it under pytest; `python -m tests.agent_core.sandbox.data_work` needs no
pytest, so that it also runs where requirements.txt is installed and nothing else: `make data-work`.
"""
