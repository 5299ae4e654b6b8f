"""The system-call layer: what a worker may ask of the kernel.

One filter lists what CPython, numpy, pandas, matplotlib and TLS need. Unknown calls, those of future kernels included,
fail with ENOSYS, so that libraries fall back; calls that are refused on purpose fail with EPERM. A second filter passes
calls that cannot be decided by their arguments alone to the supervisor; see `supervision`.
"""

import errno
import os
from collections.abc import Iterable

import pyseccomp
from pyseccomp import ALLOW, EQ, ERRNO, KILL_PROCESS, MASKED_EQ, NE, NOTIFY, Arch, Arg, Attr, SyscallFilter

from .thread_flags import THREAD_MAY, THREAD_MUST

_FILES = """
    read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close lseek
    stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd
    fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat link linkat symlink symlinkat ftruncate
    fsync fdatasync statfs fstatfs umask dup dup2 dup3 poll ppoll select pselect6 epoll_create
    epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd eventfd2 pipe pipe2 sendfile copy_file_range fadvise64
    readahead
"""
_MEMORY = "mprotect munmap mremap brk msync mincore munlock membarrier"
_SIGNALS = """
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause alarm
    getitimer setitimer timerfd_create timerfd_settime timerfd_gettime restart_syscall
"""
_TIME = "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage sysinfo uname"
_PROCESS = """
    getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getpgid getsid capget
    getpriority sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max
    sched_get_priority_min getcpu set_tid_address set_robust_list rseq arch_prctl futex exit exit_group wait4 waitid
    getrlimit setrlimit getrandom
"""
_CONNECTIONS = "recvfrom recvmsg getsockopt getsockname getpeername shutdown"
SUPERVISED = "clone kill tkill tgkill"
BROKERED = """
    open openat creat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
    truncate readlink readlinkat
"""
# What a broker itself needs, after its start: the calls that it makes for a worker, and what Python does.
_BROKERING = """
    openat2 mkdirat unlinkat renameat renameat2 linkat symlinkat ftruncate readlink readlinkat umask
    read pread64 pwrite64 close fstat newfstatat fstatfs lseek sendto sendmsg recvmsg recvfrom poll ppoll
    brk mmap munmap mremap mprotect madvise futex rt_sigreturn rt_sigprocmask rt_sigaction restart_syscall getpid
    gettid clock_gettime exit exit_group write
"""
_F_SETFL = 4

_REFUSED = """
    execve execveat fork vfork ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp
    pidfd_open pidfd_getfd pidfd_send_signal memfd_create memfd_secret userfaultfd perf_event_open bpf
    io_uring_setup io_uring_enter io_uring_register unshare setns mount umount2 move_mount open_tree fsopen fsmount
    fsconfig fspick mount_setattr pivot_root chroot add_key request_key keyctl clock_settime clock_adjtime adjtimex
    settimeofday sethostname setdomainname reboot kexec_load kexec_file_load init_module finit_module delete_module
    swapon swapoff acct quotactl quotactl_fd syslog vhangup iopl ioperm personality
    connect bind listen accept accept4 sendmsg sendmmsg recvmmsg
    setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset setsid setpgid
    setpriority ioprio_set sched_setscheduler sched_setparam sched_setattr sched_setaffinity move_pages migrate_pages
    mlock mlock2 mlockall rt_sigqueueinfo rt_tgsigqueueinfo timer_create
    inotify_init inotify_init1 inotify_add_watch fanotify_init fanotify_mark name_to_handle_at open_by_handle_at
    mknod mknodat sync syncfs lookup_dcookie vmsplice splice tee
    shmget shmat shmctl semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink
    landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp
"""
# These would change files outside the workspace, or lock them for others, which Landlock does not prevent. Libraries
# (shutil, tarfile) break if they fail, so they succeed without doing anything.
_PRETENDED = """
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat flock
"""
# Landlock does not cover extended attributes, and fallocate takes more disk at once than a watchdog can see in time.
_UNSUPPORTED = """
    fallocate setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr
    lremovexattr fremovexattr
"""

_DUP, _GETFD, _SETFD, _GETFL, _SETFL, _GETLK, _SETLK, _SETLKW = range(8)
_OFD_GETLK, _OFD_SETLK, _OFD_SETLKW = 36, 37, 38
_FCNTL = (_DUP, _GETFD, _SETFD, _GETFL, _SETFL, _GETLK, _OFD_GETLK, 1030, 1032)  # DUPFD_CLOEXEC, GETPIPE_SZ
# The kernel's lists of locks are memory that nothing counts, and nobody else uses the workspace.
_FCNTL_PRETENDED = (_SETLK, _SETLKW, _OFD_SETLK, _OFD_SETLKW)
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, window size, FIONREAD, FIONBIO, FIO(N)CLEX
_PRCTL = (2, 3, 15, 16, 21, 23, 39, 0x53564D41)  # reading its own state; PR_SET_NAME, PR_SET_VMA
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_STREAM = Arg(1, MASKED_EQ, 0xF, 1)  # SOCK_STREAM, with or without CLOEXEC and NONBLOCK
_SOL_SOCKET, _IPPROTO_TCP, _IPPROTO_IPV6 = 1, 6, 41
_SOCKET_OPTIONS = {
    _SOL_SOCKET: (2, 9, 13, 20, 21),  # REUSEADDR, KEEPALIVE, LINGER, RCVTIMEO, SNDTIMEO
    _IPPROTO_TCP: (1, 4, 5, 6, 12, 18),  # NODELAY, KEEPIDLE, KEEPINTVL, KEEPCNT, QUICKACK, USER_TIMEOUT
    _IPPROTO_IPV6: (26,),  # V6ONLY
}
_SOCKET_BUFFERS = (7, 8)  # SNDBUF, RCVBUF: memory that nothing counts; the default is large enough
_CREATES = 0x40_0040  # O_CREAT, O_TMPFILE: new files may not be setuid or setgid for the app's user
_SET_ID = 0o6000
_OPENING = {"open": (1, 2), "openat": (2, 3)}  # which arguments are the flags and the mode
_UNSHARE = 2  # CLOSE_RANGE_UNSHARE: gives a thread descriptors of its own, which nothing would count
_WHITEOUT = 4  # RENAME_WHITEOUT creates a device
_ADVICE = (0, 1, 2, 3, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19)  # not those that hide or share memory
_MSG_FASTOPEN = 0x2000_0000
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_HUGETLB = 0x01, 0x20, 0x4_0000


def allowing_program(*, truncate: bool, chdir: bool) -> bytes:
    """Return the filter of allowed calls as a BPF program.

    Args:
        truncate: Whether the file layer covers truncate(2); if not, the call is refused.
        chdir: Whether it covers chdir(2); likewise.
    """
    rules = SyscallFilter(ERRNO(errno.ENOSYS))
    rules.set_attr(Attr.ACT_BADARCH, KILL_PROCESS)
    for names in (_FILES, _MEMORY, _SIGNALS, _TIME, _PROCESS, _CONNECTIONS, SUPERVISED):
        _add(rules, ALLOW, names)
    _add(rules, ALLOW if truncate else ERRNO(errno.EPERM), "truncate")
    _add(rules, ALLOW if chdir else ERRNO(errno.EACCES), "chdir")
    _add(rules, ERRNO(errno.EPERM), _REFUSED)
    _add(rules, ERRNO(0), _PRETENDED)
    _add(rules, ERRNO(errno.ENOTSUP), _UNSUPPORTED)
    _allow_by_arguments(rules)
    return _program(rules)


def supervising_program(*, files: bool) -> bytes:
    """Return the filter that asks the supervisor as a BPF program.

    Args:
        files: Whether to ask for the calls on files, too, because a broker makes them.
    """
    rules = SyscallFilter(ALLOW)
    rules.set_attr(Attr.ACT_BADARCH, KILL_PROCESS)
    _add(rules, NOTIFY, SUPERVISED)
    _add(rules, NOTIFY, BROKERED if files else "")
    return _program(rules)


def brokering_program(requests: Iterable[int]) -> bytes:
    """Return the filter of a broker's own calls as a BPF program.

    Args:
        requests: Those of ioctl that answer calls.
    """
    rules = SyscallFilter(ERRNO(errno.EPERM))
    rules.set_attr(Attr.ACT_BADARCH, KILL_PROCESS)
    _add(rules, ALLOW, _BROKERING)
    _allow_values(rules, "ioctl", 1, requests)
    _allow_values(rules, "fcntl", 1, (_F_SETFL,))
    return _program(rules)


def forkless_program(process: int) -> bytes:
    """Return the filter that does without a supervisor: threads, no fork, and signals to this process only.

    Args:
        process: The id of the process that will load it.
    """
    rules = SyscallFilter(ALLOW)
    rules.set_attr(Attr.ACT_BADARCH, KILL_PROCESS)
    for bit in (1 << place for place in range(64)):
        if bit & (THREAD_MUST | ~THREAD_MAY):
            wrong = 0 if bit & THREAD_MUST else bit
            _add_one(rules, ERRNO(errno.EPERM), "clone", Arg(0, MASKED_EQ, bit, wrong))
    for name in ("kill", "tgkill", "tkill"):  # of its threads, tkill finds the first one only
        _add_one(rules, ERRNO(errno.EPERM), name, Arg(0, NE, process))
    return _program(rules)


def number_of(name: str) -> int:
    """Return the number of a system call on this machine; negative if it has none."""
    return pyseccomp.resolve_syscall(Arch.NATIVE, name)


def _add(rules: SyscallFilter, action: int, names: str) -> None:
    for name in names.split():
        _add_one(rules, action, name)


def _add_one(rules: SyscallFilter, action: int, name: str, *arguments: Arg) -> None:
    """Add a rule. A call that this machine or libseccomp does not know needs none: it is refused anyway."""
    number = number_of(name)
    if number >= 0:
        rules.add_rule(action, number, *arguments)


def _allow_by_arguments(rules: SyscallFilter) -> None:
    # Shared anonymous memory and huge pages would escape the memory limit; a rewind could not restore the former.
    _add_one(rules, ALLOW, "mmap", Arg(3, MASKED_EQ, _MAP_HUGETLB | _MAP_ANONYMOUS, 0))
    private = _MAP_HUGETLB | _MAP_ANONYMOUS | _MAP_SHARED
    _add_one(rules, ALLOW, "mmap", Arg(3, MASKED_EQ, private, _MAP_ANONYMOUS))
    for name, (flags, mode) in _OPENING.items():
        _add_one(rules, ALLOW, name, Arg(flags, MASKED_EQ, _CREATES, 0))
        _add_one(rules, ALLOW, name, Arg(mode, MASKED_EQ, _SET_ID, 0))
    _add_one(rules, ALLOW, "creat", Arg(1, MASKED_EQ, _SET_ID, 0))
    _add_one(rules, ALLOW, "close_range", Arg(2, MASKED_EQ, _UNSHARE, 0))
    _add_one(rules, ALLOW, "renameat2", Arg(4, MASKED_EQ, _WHITEOUT, 0))
    _allow_values(rules, "madvise", 2, _ADVICE)
    _allow_values(rules, "fcntl", 1, _FCNTL)
    for command in _FCNTL_PRETENDED:
        _add_one(rules, ERRNO(0), "fcntl", Arg(1, EQ, command))
    _allow_values(rules, "ioctl", 1, _IOCTL)
    _allow_values(rules, "prctl", 0, _PRCTL)
    _allow_values(rules, "prlimit64", 0, (0,))
    for family in (_AF_INET, _AF_INET6):
        for protocol in (0, _IPPROTO_TCP):
            _add_one(rules, ALLOW, "socket", Arg(0, EQ, family), _STREAM, Arg(2, EQ, protocol))
    _add_one(rules, ALLOW, "socketpair", Arg(0, EQ, _AF_UNIX), _STREAM)
    _add_one(rules, ALLOW, "sendto", Arg(3, MASKED_EQ, _MSG_FASTOPEN, 0), Arg(4, EQ, 0))
    for level, names in _SOCKET_OPTIONS.items():
        for name in names:
            _add_one(rules, ALLOW, "setsockopt", Arg(1, EQ, level), Arg(2, EQ, name))
    for name in _SOCKET_BUFFERS:
        _add_one(rules, ERRNO(0), "setsockopt", Arg(1, EQ, _SOL_SOCKET), Arg(2, EQ, name))


def _allow_values(rules: SyscallFilter, name: str, argument: int, values: Iterable[int]) -> None:
    for value in values:
        _add_one(rules, ALLOW, name, Arg(argument, EQ, value))


def _program(rules: SyscallFilter) -> bytes:
    rules.set_attr(Attr.CTL_OPTIMIZE, 2)  # a binary tree: the list is long, and most calls are common ones
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
