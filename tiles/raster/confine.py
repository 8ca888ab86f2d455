"""What the converting child gives up before it opens a file: memory, time, the network, other folders.

Resource limits always hold. Where the kernel lets us, an empty network namespace and Landlock stand beside them: the
child then reads its interpreter and its libraries, writes to its own folder, and starts no program. The command is
run by the municipality's engineer, so a kernel without them is no reason to refuse; the answer says what held.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from collections.abc import Iterable
from typing import Final

__all__ = ["die_with_parent", "leave_network", "limit_resources", "stay_in_folder"]

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_SIGKILL: Final = 9
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000

# Landlock's system calls have one number on every architecture (linux/landlock.h).
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_RULE_PATH_BENEATH: Final = 1
_EXECUTE: Final = 1 << 0
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_ALL_OF_ABI_1: Final = (1 << 13) - 1
_REFER: Final = 1 << 13  # ABI 2
_TRUNCATE: Final = 1 << 14  # ABI 3


def limit_resources(memory_bytes: int, cpu_s: int, file_bytes: int) -> None:
    """Set hard limits on this process."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies; leave at once if it is dead already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def leave_network() -> bool:
    """Move to an empty network namespace; return whether the kernel allowed it."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def stay_in_folder(writable: str, readable: Iterable[str]) -> bool:
    """Let this process write to one folder and read some others only; return whether the kernel took it.

    References
    ----------
    Linux kernel documentation, userspace-api/landlock (since 5.13).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    abi = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return False
    handled = _ALL_OF_ABI_1 | (_REFER if abi >= 2 else 0) | (_TRUNCATE if abi >= 3 else 0)
    attributes = ctypes.create_string_buffer(struct.pack("<Q", handled), 8)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(8), 0)
    if rules < 0:
        return False
    try:
        _allow(libc, rules, writable, handled & ~_EXECUTE)
        for path in readable:
            # Libraries that are loaded later are mapped, not executed: reading is enough.
            _allow(libc, rules, path, _READ_FILE | _READ_DIR)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, *(ctypes.c_ulong(v) for v in (1, 0, 0, 0))) != 0:
            return False
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: str, access: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be allowed
    try:
        if not os.path.isdir(path):
            access &= _READ_FILE
        rule = ctypes.create_string_buffer(struct.pack("<Qi", access, folder), 12)
        libc.syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(folder)
