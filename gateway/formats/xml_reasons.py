"""The reasons of the XML parser in Chinese: libxml2 speaks English only.

A reason that is not in the list stays as libxml2 said it: better foreign than wrong.
"""

from __future__ import annotations

from gateway.formats.library_reasons import in_chinese

_REASONS: tuple[tuple[str, str], ...] = (
    (r"Opening and ending tag mismatch: (\S+) line (\d+) and (\S+)", r"第 \2 行的开始标签 \1 与结束标签 \3 不匹配"),
    (r"Premature end of data in tag (\S+) line (\d+)", r"第 \2 行的标签 \1 尚未结束，文档已中断"),
    (r"Couldn't find end of Start Tag (\S+?)(?: line (\d+))?", r"开始标签 \1 没有写完"),
    (r"Start tag expected, '<' not found", "此处应为开始标签“<”"),
    (r"EndTag: '</' not found", "缺少结束标签“</”"),
    (r"expected '>'", "此处应为“>”"),
    (r"Extra content at the end of the document", "根元素结束之后还有内容"),
    (r"Document is empty", "文档为空"),
    (r"Char 0x([0-9A-Fa-f]+) out of allowed range", r"含有 XML 不允许的字符 0x\1"),
    (r"(?:PCDATA|CData|xmlParseCharRef|Comment).*?invalid (?:Char|xmlChar) value (\S+)", r"含有 XML 不允许的字符 \1"),
    (r"invalid character in attribute value", "属性值中含有不允许的字符"),
    (r"xmlParseEntityRef: no name", "“&”之后没有实体名；文字中的“&”应写成 &amp;"),
    (r"EntityRef: expecting ';'", "实体名之后缺少“;”；文字中的“&”应写成 &amp;"),
    (r"Entity '(.+?)' not defined", r"实体 \1 未定义"),
    (r"Attribute (\S+) redefined", r"属性 \1 重复"),
    (r"AttValue: \" or ' expected", "属性值应加引号"),
    (r"AttValue: ' expected|AttValue: \" expected", "属性值的引号没有结束"),
    (r"Unescaped '<' not allowed in attributes values", "属性值中的“<”应写成 &lt;"),
    (r"Specification mandates? value for attribute (\S+)", r"属性 \1 没有值"),
    (r"attributes construct error|error parsing attribute name", "属性写法有误"),
    (r"(?:StartTag|xmlParseStartTag): invalid element name", "“<”之后不是有效的元素名"),
    (r"Sequence '\]\]>' not allowed in content", "文字中不允许出现“]]>”"),
    (r"Namespace prefix (\S+) (?:on|for) .*? is not defined", r"命名空间前缀 \1 未定义"),
    (r"Comment not terminated.*", "注释没有结束"),
    (r"CData section not finished.*", "CDATA 段没有结束"),
    (r"XML declaration allowed only at the start of the document", "XML 声明只能位于文档开头"),
    (r"Excessive depth in document: (\d+).*", r"元素嵌套超过 \1 层"),
    (r".*(?:huge text node|Huge input lookup|Text node too long).*", "一段文字超过长度上限"),
    (r"Malformed declaration expecting version", "XML 声明的版本写法有误"),
    (r"the XML declaration does not end within (\d+) bytes", r"XML 声明在 \1 字节内没有结束"),
    (r"an element has more than (\d+) attributes", r"一个元素的属性超过 \1 个"),
)  # fmt: skip


def reason_in_chinese(reason: str) -> str:
    """A reason of libxml2 in Chinese.

    >>> reason_in_chinese("Premature end of data in tag QReport line 2")
    '第 2 行的标签 QReport 尚未结束，文档已中断'
    """
    return in_chinese(reason, _REASONS)
