"""Runs one script with no more rights than computing needs; the first thing that a decoder process does.

It is started by path with the standard library and the folders of PYTHONPATH, so it imports nothing of this
package. The script and the libraries it uses are loaded before the doors close; from then on the process can read
and write what it was given open, compute, and end.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import platform
import resource
import runpy
import struct
import sys
from typing import Any

# System calls that computing needs, by their numbers in the tables of the kernel. Left out, and so refused with
# EPERM: whatever opens a file, makes a socket or a process, or starts a program.
_CALLS = {
    "x86_64": {
        **{"read": 0, "write": 1, "close": 3, "fstat": 5, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11},
        **{"brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19},
        **{"writev": 20, "sched_yield": 24, "mremap": 25, "madvise": 28, "getpid": 39, "exit": 60, "gettimeofday": 96},
        **{"sigaltstack": 131, "gettid": 186, "futex": 202, "sched_getaffinity": 204, "clock_gettime": 228},
        **{"exit_group": 231, "tgkill": 234, "newfstatat": 262, "getrandom": 318, "rseq": 334},
    },
    "aarch64": {
        **{"close": 57, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67},
        **{"newfstatat": 79, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "clock_gettime": 113},
        **{"sched_getaffinity": 123, "sched_yield": 124, "tgkill": 131, "sigaltstack": 132, "rt_sigaction": 134},
        **{"rt_sigprocmask": 135, "rt_sigreturn": 139, "gettimeofday": 169, "getpid": 172, "gettid": 178, "brk": 214},
        **{"munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226, "madvise": 233, "getrandom": 278, "rseq": 293},
    },
}
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h

# linux/filter.h, linux/seccomp.h and linux/prctl.h
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_KILL, _REFUSE, _ALLOW = 0x80000000, 0x00050001, 0x7FFF0000
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2


def filter_calls() -> bool:
    """Refuse every system call that is not in the table; False where this system has no such filter."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _CALLS:
        return False
    rules = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, _ARCHITECTURES[machine]), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    numbers = sorted(_CALLS[machine].values())
    rules += [(_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    rules += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("HP", len(rules), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return not prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.addressof(program), 0, 0)


def limit(*, memory: int, cpu: int) -> None:
    """At most `memory` bytes of address space and `cpu` seconds; no new file, process or core dump."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE):
        resource.setrlimit(nothing, (0, 0))


def run(script: str, orders: dict[str, Any]) -> None:
    """Load the script and its libraries, confine this process as the orders say, and call the script's `main`.

    It is given the orders, and under "filtered" whether system calls are filtered.
    """
    for name in orders["libraries"]:
        importlib.import_module(name)
    main = runpy.run_path(script)["main"]
    limit(memory=orders["memory"], cpu=orders["cpu"])
    main({**orders, "filtered": filter_calls()})


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[2]), encoding="utf-8") as pipe:
        given = json.load(pipe)
    run(sys.argv[1], given)
