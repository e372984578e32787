"""What libraries, and `service.tls`, say of settings, certificates and connections, in Chinese: they speak English only.

A reason that is not in the list stays as the library said it: better foreign than wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_REASONS: tuple[tuple[str, str], ...] = (
    # pydantic
    (r"Input should be a valid integer.*", "应为整数"),
    (r"Input should be a valid number.*", "应为数字"),
    (r"Input should be a valid boolean.*", "应为 true 或 false"),
    (r"Input should be a valid string", "应为文本"),
    (r"Input should be greater than or equal to (\S+)", r"不得小于 \1"),
    (r"Input should be less than or equal to (\S+)", r"不得大于 \1"),
    (r"Input should be greater than (\S+)", r"须大于 \1"),
    (r"Input should be less than (\S+)", r"须小于 \1"),
    (r"Input is not a valid path.*", "应为文件路径"),
    (r"(?:value|Input) is not a valid IPv[46] network", "应为网段，如 10.0.0.0/8"),
    (r"Extra inputs are not permitted", "没有这一项"),
    (r"Field required", "缺少该项"),
    (r"Value error, https://HOST, with a path where there is one, and nothing else",
     "应为 https://主机名，可带路径，不得有其他部分"),
    # TOML
    (r".* \(at line (\d+), column (\d+)\)", r"第 \1 行第 \2 列不符合 TOML 语法"),
    (r".* \(at end of document\)", "文件末尾不符合 TOML 语法"),
    (r"'utf-8' codec can't decode .*", "不是 UTF-8 编码"),
    # certificates, OpenSSL
    (r"self[- ]signed certificate(?: in certificate chain)?", "证书为自签名，或其签发机构不受信任"),
    (r"unable to get (?:local )?issuer certificate", "找不到受信任的签发机构证书"),
    (r"certificate has expired", "证书已过期"),
    (r"certificate is not yet valid", "证书尚未生效"),
    (r"Hostname mismatch, certificate is not valid for '(.+)'\.?", r"证书不适用于主机名 \1"),
    (r"IP address mismatch, certificate is not valid for '(.+)'\.?", r"证书不适用于 IP 地址 \1"),
    (r"valid from (\S+) (\S+) to (\S+) (\S+)", r"有效期为 \1 \2 至 \3 \4"),
    (r"KEY_VALUES_MISMATCH", "私钥与证书不匹配"),
    (r"one of them is not PEM, or the passphrase of the key is missing or wrong",
     "其中有文件不是 PEM 格式，或私钥口令缺失、不正确"),
    (r"NO_START_LINE", "文件不是 PEM 格式"),
    (r"(?:BAD_DECRYPT|BAD_PASSWORD_READ)", "私钥口令缺失或不正确"),
    # connections, httpx
    (r"Connect(?:Error|Timeout)", "连接失败"),
    (r"(?:Read|Write|Close)Error", "连接中断"),
    (r"RemoteProtocolError", "对方的应答不完整或不符合 HTTP"),
)  # fmt: skip

_LONGEST = 400
"""Characters of a reason; a longer one quotes a hostile document and is left alone."""


def in_chinese(reason: str, known: Iterable[tuple[str, str]]) -> str:
    """A reason in Chinese by the first pattern that fits it as a whole; as it is where none does."""
    for pattern, chinese in known if len(reason) <= _LONGEST else ():
        found = re.fullmatch(pattern, reason, re.DOTALL)
        if found is not None:
            return found.expand(chinese)
    return reason


def reason_in_chinese(reason: str) -> str:
    """A reason of a library in Chinese.

    >>> reason_in_chinese("Input should be less than or equal to 65535")
    '不得大于 65535'
    """
    return in_chinese(reason, _REASONS)


def told(reason: object) -> dict[str, Any]:
    """The values of a finding that give a reason in both languages."""
    return {"reason": str(reason), "reason_zh": reason_in_chinese(str(reason))}
