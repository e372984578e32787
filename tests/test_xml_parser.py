"""The one XML parser: hostile input is refused quickly, and the text read is the text that is signed."""

from __future__ import annotations

import time

import pytest
from lxml import etree
from mutants.examples import QREPORT, only

from gateway.check.catalog import message
from gateway.check.schema import validate_xml
from gateway.formats.xml_parser import MAX_ATTRIBUTES, parse_xml
from gateway.model.finding import Refused

BOMB = b'<!DOCTYPE r [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"<!DOCTYPE QReport><QReport/>", "XML-DOCTYPE"),
        (b'<?xml version="1.0"?><!-- c --><?p i?>\n<!DOCTYPE r><r/>', "XML-DOCTYPE"),
        (b"\xef\xbb\xbf<!DOCTYPE r><r/>", "XML-DOCTYPE"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', "XML-DOCTYPE"),
        (b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r/>', "XML-DOCTYPE"),
        (b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]><r/>', "XML-DOCTYPE"),
        (BOMB + b"]><r>&j;</r>", "XML-DOCTYPE"),
        (
            b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 100_000 + b'">]><r>' + b"&a;" * 10_000 + b"</r>",
            "XML-DOCTYPE",
        ),
        ("<r>é</r>".encode("utf-16"), "XML-ENCODING"),
        ("<r>é</r>".encode("utf-16-be"), "XML-ENCODING"),
        ("<r/>".encode("utf-32"), "XML-ENCODING"),
        ('<?xml version="1.0" encoding="GBK"?><r>铝</r>'.encode("gbk"), "XML-ENCODING"),
        ("<r>铝</r>".encode("gbk"), "XML-ENCODING"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADw-r/+AD4-', "XML-ENCODING"),
        (b"+ADw-r/+AD4-", "XML-ENCODING"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-16"?><r/>', "XML-ENCODING"),
        (b'<?xml version="1.0"' + b" " * 600 + b'encoding="latin-1"?><r/>', "XML-ENCODING"),
        (b"\xef\xbb\xbf\xef\xbb\xbf<r/>", "XML-ENCODING"),
        ('<?xml version="1.0"?><r/>'.encode("cp037"), "XML-ENCODING"),
        (b'<?xml version="1.0"' + b" " * 6000 + b"?><r/>", "XML-NOT-WELL-FORMED"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "XML-NOT-WELL-FORMED"),
        (b'<a x="' + b"y" * 10_500_000 + b'"/>', "XML-NOT-WELL-FORMED"),
        (b"<a>" + b"y" * 10_500_000 + b"</a>", "XML-NOT-WELL-FORMED"),
        (b"<a " + b" ".join(b'x%d=""' % n for n in range(100_000)) + b"/>", "XML-NOT-WELL-FORMED"),
        (b"<a>\x01</a>", "XML-NOT-WELL-FORMED"),
        (b"<a>&undefined;</a>", "XML-NOT-WELL-FORMED"),
        (b"<a/><b/>", "XML-NOT-WELL-FORMED"),
        (b"<!--" * 1_000_000, "XML-NOT-WELL-FORMED"),
        (b" " * 20_000_000 + b"<a/>", "XML-NOT-WELL-FORMED"),
        (b"", "XML-NOT-WELL-FORMED"),
    ],
)
def test_hostile_xml_is_refused_quickly(data: bytes, rule: str) -> None:
    begin = time.perf_counter()
    found = only(validate_xml(QREPORT, data))
    assert time.perf_counter() - begin < 1
    assert (found.rule, found.path) == (rule, "")
    assert "huge" not in message(found).lower()


def test_the_first_fault_of_broken_xml_has_its_line() -> None:
    found = only(validate_xml(QREPORT, b"<a>\n<b>\n</a>"))
    assert (found.rule, found.line) == ("XML-NOT-WELL-FORMED", 3)


def test_a_document_over_the_size_limit_is_not_parsed() -> None:
    with pytest.raises(Refused, match="READ-TOO-LARGE"):
        parse_xml(b"<a>" + b" " * 1000 + b"</a>", limit=1000)


def test_an_ordinary_number_of_attributes_is_read() -> None:
    names = b" ".join(b'x%d="1"' % n for n in range(MAX_ATTRIBUTES))
    assert len(parse_xml(b"<a " + names + b"/>").attrib) == MAX_ATTRIBUTES


def test_a_utf8_byte_order_mark_and_declaration_are_accepted() -> None:
    assert parse_xml(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><r>\xe9\x93\x9d</r>').text == "铝"


def test_a_doctype_in_text_is_only_text() -> None:
    assert parse_xml(b"<r><![CDATA[<!DOCTYPE r>]]></r>").text == "<!DOCTYPE r>"


@pytest.mark.parametrize(
    "data",
    [
        b"<r>1<!---->0.5</r>",
        b"<r>adm<!--x-->in</r>",
        b"<r><![CDATA[1]]>0.5</r>",
        b"<r>&#49;0.5</r>",
        b"<r>a\r\nb</r>",
    ],
)
def test_the_text_read_is_the_text_that_would_be_signed(data: bytes) -> None:
    signed = etree.tostring(etree.fromstring(data), method="c14n", with_comments=False).decode()
    assert f"<r>{parse_xml(data).text}</r>" == signed


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<r><b></r>", "第 1 行的开始标签 b 与结束标签 r 不匹配"),
        (b"<r>", "第 1 行的标签 r 尚未结束，文档已中断"),
        (b"<r>A & B</r>", "“&”之后没有实体名；文字中的“&”应写成 &amp;"),
        (b"<r/><s/>", "根元素结束之后还有内容"),
        (b"<r a='1' a='2'/>", "属性 a 重复"),
        (b"<x:r/>", "命名空间前缀 x 未定义"),
        (b"<r>" * 300, "元素嵌套超过 256 层"),
        (b"<r>\x01</r>", "含有 XML 不允许的字符 1"),
    ],
)
def test_the_reason_of_the_parser_is_told_in_chinese(data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_xml(data)
    assert message(refused.value.findings[0], "zh").endswith(f"：{reason}。")
    assert max(message(refused.value.findings[0], "en")) < "\u4e00"
