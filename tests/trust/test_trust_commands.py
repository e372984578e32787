"""The verbs keys, sign and verify, as a person at a terminal meets them."""

import json

import pytest
import typer
from typer.testing import CliRunner

from gateway.check.catalog import rules
from gateway.cli import common, keys, sign, verify
from gateway.model.finding import Refused


@pytest.fixture
def run(tmp_path, monkeypatch):
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    for verb in (keys, sign, verify):
        verb.register(app)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CBAMGW_PASSPHRASE", raising=False)
    common.set_language("en")
    yield lambda *args, **kwargs: CliRunner().invoke(app, list(args), **kwargs)
    common.set_language("")


@pytest.fixture
def signed(run, tmp_path, document):
    (tmp_path / "doc.json").write_bytes(document)
    assert run("keys", "new", "-o", "k", "--no-passphrase").exit_code == 0
    assert run("sign", "doc.json", "--key", "k").exit_code == 0
    return tmp_path


def rule_of(result):
    assert isinstance(result.exception, Refused)
    return result.exception.findings[0].rule


def test_sign_then_verify_with_the_public_key(run, signed):
    result = run("verify", "doc.json", "--key", "k.pub.jwk")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["signature", "issuer", "status"]
    assert lines[0] == "signature: valid"
    assert lines[1] == "issuer: trusted"
    assert lines[2].startswith("status: unknown")
    assert "created" in result.stdout
    assert "  signed    the JSON values (RFC 8785): another layout keeps it valid" in lines


def test_that_the_very_bytes_were_signed_is_said(run, signed):
    (signed / "note.xml").write_text("<a> 1.50 </a>")
    assert run("sign", "note.xml", "--key", "k").exit_code == 0
    assert "these very bytes: any change of layout breaks it" in run("verify", "note.xml").stdout


def test_without_a_key_the_issuer_is_said_to_be_unknown(run, signed):
    result = run("verify", "doc.json")
    assert result.exit_code == 0
    assert "issuer: unknown  The issuer is not known to you" in result.stdout


def test_a_changed_document_and_a_stranger_exit_with_one(run, signed):
    run("keys", "new", "-o", "other", "--no-passphrase")
    assert run("verify", "doc.json", "--key", "other").exit_code == 1
    (signed / "doc.json").write_text("{}")
    result = run("verify", "doc.json", "--key", "k")
    assert result.exit_code == 1
    assert result.stdout.startswith("signature: invalid")


def test_the_verdicts_for_programs(run, signed):
    result = run("verify", "doc.json", "--trust", ".", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["verdicts"] == {"signature": "valid", "issuer": "trusted", "status": "unknown"}
    assert report["statement"]["format"] == "application/json"
    assert report["signer"]["name"] == "k"
    assert {item["rule"] for item in report["findings"]} == {"VERIFY-STATUS-UNKNOWN"}


def test_the_verdicts_in_chinese(run, signed):
    common.set_language("zh")
    said = run("verify", "doc.json", "--key", "k").stdout
    assert said.startswith("签名: 有效\n签发方: 可信\n状态: 未知")
    assert "\n  签名对象  JSON 内容（RFC 8785），重新排版不影响签名\n" in said
    for label in ("签名密钥", "签发时间", "文档格式"):
        assert f"\n  {label}" in said
    for label in ("signer ", "name ", "created ", "issuer "):
        assert f"\n  {label}" not in said


def test_the_passphrase_comes_from_a_file_or_the_environment_only(run, signed):
    (signed / "pass").write_text("长口令\n", encoding="utf-8")
    assert run("keys", "new", "-o", "p", "--passphrase-file", "pass").exit_code == 0
    assert rule_of(run("sign", "doc.json", "--key", "p", "--force")) == "KEY-PASSPHRASE"
    environment = {"CBAMGW_PASSPHRASE": "长口令"}
    assert run("sign", "doc.json", "--key", "p", "--force", env=environment).exit_code == 0
    assert run("sign", "doc.json", "--key", "p", "--force", "--passphrase-file", "pass").exit_code == 0
    assert rule_of(run("keys", "new", "-o", "q")) == "KEY-NO-PASSPHRASE"


def test_no_file_is_overwritten_unasked(run, signed):
    assert rule_of(run("sign", "doc.json", "--key", "k")) == "WRITE-EXISTS"
    assert rule_of(run("keys", "new", "-o", "k", "--no-passphrase")) == "WRITE-EXISTS"


def test_keys_are_shown_listed_and_exported(run, signed):
    did = run("keys", "export", "k", "--format", "did").stdout.strip()
    assert did.startswith("did:key:z6Mk")
    assert did in run("keys", "show", "k").stdout
    assert run("keys", "list").stdout == f"{did}  k.pub.jwk\n"
    assert json.loads(run("keys", "list", "--json").stdout)[0]["jwk"]["kid"].startswith(did)
    assert "BEGIN PUBLIC KEY" in run("keys", "export", did, "--format", "pem").stdout
    assert json.loads(run("keys", "show", "k", "--json").stdout)["crv"] == "Ed25519"
    (signed / "k.pub.jwk").unlink()
    assert did in run("keys", "show", "k").stdout


def test_one_broken_key_does_not_hide_the_others(run, signed):
    (signed / "a.pub.jwk").write_text("{}")
    result = run("keys", "list")
    assert result.exit_code == 1
    assert "k.pub.jwk" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sign", "doc.json", "--key", "k", "--format", "xades"), "offered: jws"),
        (("keys", "new", "-o", "z", "--alg", "SM2"), "offered: EdDSA"),
        (("keys", "new", "-o", "-", "--no-passphrase"), "file only"),
        (("keys", "new", "-o", "z", "--no-passphrase", "--passphrase-file", "p"), "excludes"),
        (("verify", "-"), "standard input"),
        (("keys", "export", "k", "--format", "ssh"), "ssh"),
    ],
)
def test_wrong_usage_is_exit_code_two_and_says_what_is_right(run, signed, arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_standard_input_is_signed_to_standard_output(run, signed, document):
    result = run("sign", "-", "--key", "k", input=document)
    assert result.exit_code == 0
    (signed / "s").write_text(result.stdout)
    assert run("verify", "-", "--signature", "s", "--key", "k", input=document).exit_code == 0


def test_a_missing_signature_is_said_by_name(run, signed):
    (signed / "doc.json.jws").unlink()
    assert rule_of(run("verify", "doc.json")) == "READ-CANNOT-OPEN"


def test_control_characters_of_a_store_do_not_reach_the_terminal(run, signed):
    did = run("keys", "export", "k", "--format", "did").stdout.strip()
    (signed / "s.toml").write_text(f'[[issuer]]\nid = "{did}"\nname = "\\u001b[2J\\u202eevil"\n')
    shown = run("verify", "doc.json", "--trust", "s.toml").stdout
    assert "\x1b" not in shown
    assert "\\u001b[2J\\u202eevil" in shown


@pytest.mark.parametrize(
    "verb",
    [["sign"], ["verify"], ["keys"], ["keys", "new"], ["keys", "show"], ["keys", "list"], ["keys", "export"]],
)
def test_every_help_shows_an_example(run, verb):
    assert "Example: cbamgw" in run(*verb, "--help").stdout


def test_every_rule_of_this_area_speaks_both_languages():
    mine = [rule for rule in rules().values() if rule.area in ("trust", "json")]
    assert len(mine) > 40
    for rule in mine:
        assert all(max(text) >= "一" for text in (rule.zh.what, rule.zh.why, rule.zh.fix))
        assert rule.en.what.isascii() or "±" in rule.en.what
