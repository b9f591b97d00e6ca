"""What the numbers were measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path


def _field(path: str, name: str) -> str:
    """The first value of ``name : value`` in a file of /proc; empty elsewhere than on Linux."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next(
        (
            line.partition(":")[2].strip()
            for line in lines
            if line.partition(":")[0].strip() == name
        ),
        "",
    )


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _llvm() -> str:
    """The processor as LLVM names it, where the operating system hides its name."""
    try:
        import llvmlite.binding as llvm
    except ImportError:
        return ""
    return str(llvm.get_host_cpu_name())


def machine() -> dict[str, str]:
    """Processor, cores, memory, system and versions, as text."""
    memory = _field("/proc/meminfo", "MemTotal").split()
    found = {
        "processor": " ".join(filter(None,
            [_field("/proc/cpuinfo", "model name") or platform.processor(), f"({_llvm()})"])),
        "cores": str(cores()), "memory": f"{int(memory[0]) / 2**20:.0f} GiB" if memory else "?",
        "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version(),
    }  # fmt: skip
    for name in ("biomembrane", "numpy", "scipy", "sympy", "llvmlite"):
        found[name] = importlib.metadata.version(name)
    if hasattr(os, "getloadavg"):
        found["load"] = f"{os.getloadavg()[0]:.2f}"  # above 0.3 or so something else is running
    return found
