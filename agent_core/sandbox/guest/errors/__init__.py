"""What went wrong, told briefly: tracebacks, the failing expression (error_location), one line of advice.

printed_tracebacks: those that code prints. data_advice, file_advice with text_look: mistakes with tables and files.
process_errors: calls that start processes.
"""
