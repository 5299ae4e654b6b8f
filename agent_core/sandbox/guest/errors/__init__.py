"""What went wrong, told briefly: tracebacks, the failing expression (error_location), one line of advice.

advice: the line, by the error's kind, with data_advice (tables), file_advice and text_look (files), outdated_calls
(newer versions), place_advice (what this place does not have). printed_tracebacks: those that code prints.
process_errors: calls that start processes.
"""
