"""Wrong usage told in Chinese: the handful of messages of the command-line library, and its usage line.

The library speaks English alone. What it says of an option or an argument is told again here from the same facts;
a message that is not in the table stays as it is, under a Chinese heading.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import typer

UsageError: Any = typer.BadParameter.__base__
"""The library's own class for wrong usage; it is exported under this name only as the base of another."""

_MESSAGES = (
    (r"No such command '(.*?)'\.?.*", "没有“{0}”这个命令"),
    (r"Missing command\.?", "缺少命令"),
    (r"No such option: (\S+).*", "没有“{0}”这个选项"),
    (r"Got unexpected extra arguments? ?\((.*)\)", "多余的参数：{0}"),
    (r"Got unexpected extra argument\(s\) \((.*)\)", "多余的参数：{0}"),
    (r"Option '(.*?)' requires an argument\.?", "选项“{0}”需要填写一个值"),
    (r"Option '(.*?)' requires (\d+) arguments\.?", "选项“{0}”需要填写 {1} 个值"),
    (r"Option '(.*?)' does not take a value\.?", "选项“{0}”不带值"),
    (r"Input should be a valid integer.*|'?(.*?)'? is not a valid int(?:eger)?\.?", "应为整数"),
    (r"Input should be a valid boolean.*|'?(.*?)'? is not a valid boolean\.?", "应为 true 或 false"),
    (r"Input should be (greater|less) than or equal to (-?\d+)", "超出允许范围（{1}）"),
)
"""What the library says, and the same in Chinese; numbers name the groups."""


def tell(error: Any) -> None:
    """Wrong usage on standard error, as the library does it, in Chinese."""
    context = getattr(error, "ctx", None)
    lines = []
    if context is not None:
        usage = context.get_usage().partition(":")[2].strip()
        lines = [f"用法：{usage}", f"可用“{context.command_path} --help”查看帮助。", ""]
    print("\n".join([*lines, f"错误：{said(error)}"]), file=sys.stderr)


def said(error: Any) -> str:
    """The message of an error in Chinese."""
    kind = type(error).__name__
    if kind == "MissingParameter":
        option = getattr(error.param, "param_type_name", "") == "option"
        return f"缺少{'选项' if option else '参数'}{_hint(error)}"
    if isinstance(error, typer.BadParameter):
        hint = _hint(error)
        return f"{hint}的值无效：{translated(error.message)}" if hint else translated(error.message)
    more = getattr(error, "possibilities", None)
    near = f"（相近的有：{'、'.join(sorted(more))}）" if more else ""
    return translated(error.message) + near


def translated(message: str) -> str:
    """One of the library's messages in Chinese; anything else as it is."""
    for pattern, chinese in _MESSAGES:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found is not None:
            return chinese.format(*(group or "" for group in found.groups()))
    return message


def _hint(error: Any) -> str:
    """The option or argument that is meant, in Chinese quotes."""
    hint = error.param_hint
    if hint is None and error.param is not None:
        hint = error.param.get_error_hint()
    names = [hint] if isinstance(hint, str) else list(hint or ())
    return "、".join(f"“{name.strip(chr(39))}”" for name in names)
