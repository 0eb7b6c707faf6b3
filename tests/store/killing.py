"""Kills a process at every step of what it does to the file system."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable

KILLED = 9
_MOST_STEPS = 400
_CHANGES = ("open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "os.link", "os.scandir", "os.listdir")


def killed_at_each_step(
    action: Callable[[], object], *, before: Callable[[], object], after: Callable[[], object]
) -> int:
    """Run `action` in a child process again and again, killed one step later each time until it comes to its end.

    Args:
        action: What is killed.
        before: Makes the state from which it starts, every time.
        after: Looks at what is left, every time.

    Returns:
        How many steps there were.
    """
    for step in range(1, _MOST_STEPS):
        before()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a process with threads is copied; the copy touches files only
            child = os.fork()
        if child == 0:
            _act(action, step)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, KILLED), "the action failed by itself"
        after()
        if status == 0:
            return step - 1
    raise AssertionError("the action does not end")


def _act(action: Callable[[], object], step: int) -> None:
    left = [step]

    def hook(event: str, _: object) -> None:
        if event in _CHANGES:
            left[0] -= 1
            if left[0] == 0:
                os._exit(KILLED)

    try:
        sys.addaudithook(hook)
        action()
        os._exit(0)
    except BaseException:
        os._exit(1)
