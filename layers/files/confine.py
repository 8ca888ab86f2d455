"""What the reading child gives up before it opens the file: memory, time, files, processes, the network.

Three layers, each independent of the others:

1. resource limits (``setrlimit``): address space, CPU seconds, no written bytes, few open files, no core;
2. a seccomp filter that refuses the system calls for sockets, new processes and programs, tracing, mounting and
   kernel interfaces the reader has no use for (Linux on x86-64 and arm64, needs no privilege);
3. an empty network namespace where the kernel lets us have one.

Each function says whether it took hold; with neither 2 nor 3 the child refuses to read. The readers of survey files
(``land_services.surveys``) are plain Python but for libxml2, SQLite and GEOS; those of layers (``layers.files``) are
GDAL, SQLite and Arrow, which need threads of their own.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from typing import Final

__all__ = ["die_with_parent", "filter_system_calls", "leave_network", "limit_resources"]

CLONE_THREAD: Final = 0x00010000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000
PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_NO_NEW_PRIVS: Final = 38
PR_SET_SECCOMP: Final = 22
SECCOMP_MODE_FILTER: Final = 2
SIGKILL: Final = 9
EPERM: Final = 1
ENOSYS: Final = 38

_X86_64: Final[dict[str, int]] = {
    "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "sendmsg": 46, "bind": 49, "listen": 50,
    "socketpair": 53, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "kill": 62, "ptrace": 101, "chroot": 161,
    "mount": 165, "umount2": 166, "tkill": 200, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
    "tgkill": 234, "accept4": 288, "perf_event_open": 298, "open_by_handle_at": 304, "setns": 308, "sendmmsg": 307,
    "process_vm_readv": 310, "process_vm_writev": 311, "finit_module": 313, "init_module": 175, "bpf": 321,
    "execveat": 322, "userfaultfd": 323, "unlink": 87, "unlinkat": 263, "rename": 82, "renameat": 264,
    "renameat2": 316, "mkdir": 83, "mkdirat": 258, "rmdir": 84, "link": 86, "linkat": 265, "symlink": 88,
    "symlinkat": 266, "chmod": 90, "fchmodat": 268, "chown": 92, "fchownat": 260, "truncate": 76, "mknod": 133,
    "mknodat": 259, "creat": 85, "pidfd_open": 434, "pidfd_send_signal": 424, "pidfd_getfd": 438,
}  # fmt: skip
_ARM64: Final[dict[str, int]] = {
    "socket": 198, "connect": 203, "accept": 202, "sendto": 206, "sendmsg": 211, "bind": 200, "listen": 201,
    "socketpair": 199, "clone": 220, "execve": 221, "kill": 129, "ptrace": 117, "chroot": 51, "mount": 40,
    "umount2": 39, "tkill": 130, "add_key": 217, "request_key": 218, "keyctl": 219, "unshare": 97, "tgkill": 131,
    "accept4": 242, "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268, "sendmmsg": 269,
    "process_vm_readv": 270, "process_vm_writev": 271, "finit_module": 273, "init_module": 105, "bpf": 280,
    "execveat": 281, "userfaultfd": 282, "unlinkat": 35, "renameat": 38, "renameat2": 276, "mkdirat": 34,
    "linkat": 37, "symlinkat": 36, "fchmodat": 53, "fchownat": 54, "truncate": 45, "mknodat": 33,
    "pidfd_open": 434, "pidfd_send_signal": 424, "pidfd_getfd": 438,
}  # fmt: skip
_IO_URING: Final = (425, 426, 427)
_CLONE3: Final = 435
_OPENAT2: Final = 437
_WRITE_FLAGS: Final = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND: the same numbers on both machines."""

_ARCHES: Final[dict[str, tuple[int, dict[str, int], list[tuple[int, int]]]]] = {
    "x86_64": (0xC000003E, _X86_64, [(2, 1), (257, 2)]),
    "aarch64": (0xC00000B7, _ARM64, [(56, 2)]),
}
"""Machine -> audit number, refused calls, and the opening calls with the position of their flags."""


def limit_resources(memory_bytes: int, cpu_s: int, open_files: int, written_bytes: int = 0) -> None:
    """Set hard limits on this process: they cannot be raised again once the filter is on.

    ``written_bytes`` is the largest file that may be written before the filter stops all writing (an archive unpacked).
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written_bytes, written_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies; leave at once if it is dead already."""
    _prctl(PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def leave_network() -> bool:
    """Move to an empty network namespace; return whether the kernel allowed it."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(CLONE_NEWNET) == 0 or libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)


def filter_system_calls(*, threads: bool = False, programs: bool = False) -> bool:
    """Install the seccomp filter for this process, for good; return whether the kernel took it.

    With ``threads`` the process may start threads of its own; other processes it may not start either way. With
    ``programs`` it may become another program, which the filter and all limits then hold.
    """
    known = _ARCHES.get(platform.machine())
    if known is None:
        return False
    arch, calls, opens = known
    refused = {*calls.values(), *_IO_URING, _OPENAT2} - ({calls["execve"]} if programs else set())
    program = _program(arch, sorted(refused), opens, calls["clone"] if threads else None)
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog { unsigned short len; struct sock_filter *filter; }
    fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer)))
    _prctl(PR_SET_DUMPABLE, 0)
    if _prctl(PR_SET_NO_NEW_PRIVS, 1) != 0:
        return False
    return _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(fprog)) == 0


def _prctl(option: int, first: int, second: int = 0) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    values = [ctypes.c_ulong(v) for v in (first, second, 0, 0)]
    return int(libc.prctl(option, *values))


def _program(arch: int, refused: list[int], opens: list[tuple[int, int]], clone: int | None) -> bytes:
    """Return BPF code: another architecture is killed, listed calls answer EPERM, clone3 ENOSYS, the rest pass.

    Where ``clone`` is given, a call of that number passes if it makes a thread (glibc falls back to it from clone3).
    """
    kill, allow, error = 0x80000000, 0x7FFF0000, 0x00050000
    load, equal, at_least, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06

    def op(code: int, jump_true: int, jump_false: int, value: int) -> bytes:
        return struct.pack("HBBI", code, jump_true, jump_false, value)

    lines = [op(load, 0, 0, 4), op(equal, 1, 0, arch), op(answer, 0, 0, kill), op(load, 0, 0, 0)]
    # The x32 calls of x86-64 have bit 30 set: another table of the same kernel functions.
    lines += [op(at_least, 0, 1, 0x40000000), op(answer, 0, 0, error | ENOSYS)]
    lines += [op(equal, 0, 1, _CLONE3), op(answer, 0, 0, error | ENOSYS)]
    for number, argument in opens:
        # Opening is for reading only: the flags' low word is the argument's first four bytes (little-endian).
        lines += [op(equal, 0, 4, number), op(load, 0, 0, 16 + 8 * argument), op(any_bit, 0, 1, _WRITE_FLAGS)]
        lines += [op(answer, 0, 0, error | EPERM), op(answer, 0, 0, allow)]
    if clone is not None:
        lines += [op(equal, 0, 4, clone), op(load, 0, 0, 16), op(any_bit, 0, 1, CLONE_THREAD)]
        lines += [op(answer, 0, 0, allow), op(answer, 0, 0, error | EPERM)]
    for number in refused:
        lines += [op(equal, 0, 1, number), op(answer, 0, 0, error | EPERM)]
    lines.append(op(answer, 0, 0, allow))
    return b"".join(lines)
