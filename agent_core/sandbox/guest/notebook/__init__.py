"""What notebooks add to Python: magics, commands, IPython's names, files and modules where people expect them.

cell: compiles a step's code. magic_syntax: magics and `!commands` as Python. notebook_shell: `get_ipython()` and what
magics do; shell_commands: what `!ls` and the like do; packages: what `!pip` says. stand_ins: modules in place of
packages, ipython_shim and process_shim. event_loop: asyncio. workspace_modules: imports of the chat's own files.
"""
