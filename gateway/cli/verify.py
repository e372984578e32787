"""``cbamgw verify``: three verdicts on a signed document."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from gateway.check.catalog import fix, message
from gateway.cli.common import EXIT_NOT_CONFORMING, language, print_findings
from gateway.formats.files import read_input
from gateway.formats.json_reader import write_json
from gateway.model.finding import Finding
from gateway.trust.issuers import read_trust_store
from gateway.trust.keys import read_public_key
from gateway.trust.signing import CANON_BYTES, CANON_JSON
from gateway.trust.verifying import Verification, verify_document

MAX_SIGNATURE_FILE = 1024 * 1024

_WORDS = {
    "signature": "签名",
    "issuer": "签发方",
    "status": "状态",
    "valid": "有效",
    "invalid": "无效",
    "trusted": "可信",
    "untrusted": "不可信",
    "unknown": "未知",
    "current": "在有效期内",
    "not current": "不在有效期内",
}

_FORMS = {
    "en": {
        CANON_JSON: "the JSON values (RFC 8785): another layout keeps it valid",
        CANON_BYTES: "these very bytes: any change of layout breaks it",
    },
    "zh": {
        CANON_JSON: "JSON 内容（RFC 8785），重新排版不影响签名",
        CANON_BYTES: "文件的原始字节，任何排版改动都会使签名失效",
    },
}
"""What was signed, by the ``canon`` of the header."""

_LABELS = {
    "signer": "签名密钥",
    "signed": "签名对象",
    "name": "名称",
    "id": "声明编号",
    "issuer": "签发方",
    "created": "签发时间",
    "format": "文档格式",
    "source": "来源摘要",
    "route": "转换路径",
    "mapping": "映射表",
    "schemas": "所用模式",
    "ledger": "台账摘要",
    "gateway": "网关版本",
}
"""What the lines below the verdicts are called in Chinese; a member of the statement that is new keeps its name."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    app.command("verify", epilog="Example: cbamgw verify footprint.json --trust partners.toml")(_verify)


def _verify(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Document; - is standard input.")],
    signature: Annotated[
        str, typer.Option("--signature", metavar="FILE.jws", help="Signature file. Default: FILE.jws.")
    ] = "",
    key: Annotated[
        list[str] | None, typer.Option("--key", metavar="KEY", help="Public key you trust: file or did:key.")
    ] = None,
    trust: Annotated[
        str, typer.Option("--trust", metavar="STORE", help="Your trust store: a TOML file or a folder.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Verify a signature: is it valid, do you trust the issuer, is the key current? Three separate verdicts.

    Exit code 0: the signature is valid and, where --key or --trust is given, the issuer is trusted.
    """
    if file == "-" and not signature:
        raise typer.BadParameter("needed when the document is standard input", param_hint="--signature")
    store = read_trust_store(trust) if trust else None
    keys = [read_public_key(name) for name in key] if key else None
    token = read_input(signature or f"{file}.jws", MAX_SIGNATURE_FILE)
    verification = verify_document(read_input(file), token, keys=keys, store=store)
    if as_json:
        sys.stdout.buffer.write(write_json(_json(file, verification)))
    else:
        _print(verification)
        sys.stdout.flush()
        print_findings(item for item in verification.findings if item.severity != "info")
    if not verification.accepted(trust_asked=bool(key or trust)):
        raise typer.Exit(EXIT_NOT_CONFORMING)


def _json(file: str, verification: Verification) -> dict[str, Any]:
    findings = [
        {
            "rule": item.rule,
            "severity": item.severity,
            "path": item.path,
            "message": message(item, language()),
            "fix": fix(item, language()),
        }
        for item in verification.findings
    ]
    return {"document": file, **verification.to_json(), "findings": findings}


def _print(verification: Verification) -> None:
    for verdict, value in verification.to_json()["verdicts"].items():
        print(_line(verdict, value, verification.findings))
    if verification.signer:
        print(f"  {_label('signer')} {verification.signer}")
    if form := _FORMS["zh" if language() == "zh" else "en"].get(verification.canon):
        print(f"  {_label('signed')} {form}")
    if verification.name:
        print(f"  {_label('name')} {_printable(', '.join((verification.name, *verification.roles)))}")
    if verification.statement:
        for name, value in verification.statement.to_header().items():
            for part in _parts(value):
                print(f"  {_label(name)} {_printable(part)}")


def _label(name: str) -> str:
    """The name of a line, as wide as the others: a Chinese character takes two columns."""
    shown = _LABELS.get(name, name) if language() == "zh" else name
    return shown + " " * (9 - len(shown) - sum(not c.isascii() for c in shown))


def _line(verdict: str, value: str, findings: tuple[Finding, ...]) -> str:
    words = _WORDS if language() == "zh" else {}
    reasons = [message(item, language()) for item in findings if item.path == f"/{verdict}"]
    reason = f"  {reasons[0]}" if reasons and value not in ("valid", "trusted", "current") else ""
    return f"{words.get(verdict, verdict)}: {words.get(value, value)}{reason}"


def _parts(value: Any) -> list[str]:
    """A member of the statement as lines: text, the formats of a route, or schema and digest."""
    if isinstance(value, dict):
        return [f"{name} {digest}" for name, digest in value.items()]
    return value if isinstance(value, list) else [value]


def _printable(text: str) -> str:
    """What others wrote, without control characters that a terminal would obey."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
