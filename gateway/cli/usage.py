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

_OURS = (
    (r"(.+) is not offered yet; there are text and json", "暂不支持 {0}，可选 text、json"),
    (r"needed when the document is standard input", "从标准输入读取文档时须填写"),
    (r"a FILE or --import", "请给出文件或 --import"),
    (r"--import needs --year", "使用 --import 时须填写 --year"),
    (r"(.+): such as (\S+)", "{0}：格式如 {1}"),
    (r"digits or --text", "请给出编码数字或 --text"),
    (r"(.+): digits only", "{0}：只能填数字"),
    (r"(.+): a date such as (\S+)", "{0}：应为日期，如 {1}"),
    (r"(.+): choose (.+)", "{0}：可选 {1}"),
    (r"the name must end in \.xlsx or \.json", "文件名须以 .xlsx 或 .json 结尾"),
    (r"exactly one of --see and --country", "--see 与 --country 须填且只能填一项"),
    (r"(.+): t or functional", "{0}：应为 t 或 functional"),
    (r"(.+): a plain decimal such as (\S+)", "{0}：应为规范的十进制数，如 {1}"),
    (r"(--with, .+) are for a single document", "{0} 只能用于单个文档"),
    (r"a signature lies beside the document: name an output file", "签名文件与文档放在一起，请指定输出文件"),
    (r"sign the JSON document: the page names its digest", "请对 JSON 文档签名，页面中注明其摘要"),
    (r"--no-passphrase excludes --passphrase-file", "--no-passphrase 与 --passphrase-file 不能同时使用"),
    (r"1-200 printable characters", "应为 1 至 200 个可打印字符"),
    (r"one of (--all, --footprint, --product)", "{0} 须填且只能填一项"),
    (r"give a NUMBER or --all-dead", "请填编号或 --all-dead"),
    (r"a backup is written to a file only", "备份只能写入文件"),
    (r"give one of VALUE, --find TEXT, --footprint ID", "VALUE、--find、--footprint 须填且只能填一项"),
    (r"at least two characters", "至少两个字符"),
    (r"(--\S+) needs (--\S+)", "{0} 须与 {1} 一起使用"),
    (r"(--\S+) and (--\S+) exclude each other", "{0} 与 {1} 不能同时使用"),
    (r"a private key is written to a file only", "私钥只能写入文件"),
    (r"(.+) has no table of repairs", "{0} 没有更正表"),
    (r"(.+) is not about one installation", "{0} 不按单个设施编制"),
)
"""What the verbs themselves say of an option, where they do not say it in both languages."""


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
    """A message in Chinese; anything that no table has, as it is."""
    for pattern, chinese in (*_MESSAGES, *_OURS):
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
