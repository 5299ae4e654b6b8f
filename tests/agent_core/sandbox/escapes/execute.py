"""Running a program. Each would print what only a shell can work out, in place of the worker."""

from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_SUBJECT = "execute"
_LAYER = "seccomp+landlock"
_EVEN_CRASH = (*REFUSED, "crash")
_VECTOR = """
def vector(*words):
    kept.append(array := (ctypes.c_char_p * (len(words) + 1))(*map(os.fsencode, words)))
    return array
"""
_SHELL = "'/bin/sh', '-c', 'echo ran-$((6*7))'"

ATTEMPTS = (
    Attempt(_SUBJECT, "execv", f"os.execv('/bin/sh', [{_SHELL}])", _LAYER),
    Attempt(
        _SUBJECT,
        "execve by number",
        f"{_VECTOR}\nreturn call('execve', '/bin/sh', vector({_SHELL}), vector())",
        _LAYER,
    ),
    Attempt(
        _SUBJECT,
        "execve with garbage above the number",
        f"{_VECTOR}\nreturn call(NUMBERS['execve'] | 1 << 32, '/bin/sh', vector({_SHELL}), vector())",
        _LAYER,
    ),
    Attempt(
        _SUBJECT,
        "execve of the x32 table",
        f"{_VECTOR}\nreturn call(0x4000_0000 | 520, '/bin/sh', vector({_SHELL}), vector())",
        _LAYER,
        ends=_EVEN_CRASH,
        harm="most kernels have no x32 table, so that nothing is to be seen without the layer",
    ),
    Attempt(
        _SUBJECT,
        "execveat with a descriptor",
        f"""{_VECTOR}
shell = os.open("/bin/sh", os.O_PATH)
return call("execveat", shell, "", vector({_SHELL}), vector(), 0x1000)
""",
        _LAYER,
    ),
    Attempt(
        _SUBJECT,
        "a program in memory",
        f"""{_VECTOR}
script = call("memfd_create", "program", 0)
os.write(script, b"#!/bin/sh\\necho ran-$((6*7))\\n")
return call("execveat", script, "", vector("x"), vector(), 0x1000)
""",
        _LAYER,
    ),
    Attempt(
        _SUBJECT,
        "a program of its own",
        """
        handle = os.open("own", os.O_CREAT | os.O_WRONLY, 0o755)
        os.write(handle, b"#!/bin/sh\\necho ran-$((6*7))\\n")
        os.close(handle)
        os.execv("./own", ["own"])
        """,
        _LAYER,
    ),
    Attempt(
        _SUBJECT,
        "by the dynamic loader",
        f"""
        loader = "/lib64/ld-linux-x86-64.so.2" if platform.machine() == "x86_64" else "/lib/ld-linux-aarch64.so.1"
        os.execv(loader, [loader, {_SHELL}])
        """,
        _LAYER,
    ),
    Attempt(
        _SUBJECT,
        "subprocess",
        f"import subprocess\nreturn subprocess.run([{_SHELL}], capture_output=True).stdout",
        "notify+seccomp+landlock",
    ),
    Attempt(
        _SUBJECT,
        "posix_spawn",
        f"return os.waitpid(os.posix_spawn('/bin/sh', [{_SHELL}], {{}}), 0)",
        "notify+seccomp+landlock",
    ),
    Attempt(
        _SUBJECT,
        "system of the C library",
        "if libc.system(b'echo ran-$((6*7))') != 0:\n    raise PermissionError(errno.EACCES, 'refused')",
        "notify+seccomp+landlock",
    ),
)
