"""Strings that try to be more than text, each with a mark of its own by which it is found again.

The kinds are those of OWASP's Web Security Testing Guide (input validation) and of MITRE's CWE-74
and its children.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

MARK = "qzjxvkwyb"
"""Every string's mark begins so, and nothing else in the tests does."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "SQL that ends a literal": (
        "'; DROP TABLE {m}; --",
        "' OR '{m}'='{m}",
        '" OR "{m}"="{m}',
        "') OR ('{m}'='{m}",
        "'||{m}||'",
        "\\'; SELECT {m}; --",
        "1; SELECT pg_sleep(9) --{m}",
        "' UNION SELECT {m}, NULL, NULL --",
        "'/**/OR/**/{m}=1#",
        "%27%20OR%20{m}%3D1",
        "\u02bc OR \u02bc{m}\u02bc=\u02bc{m}",
        "\uff07; {m} --",
    ),
    "SQL that ends a name": (
        '"; DROP TABLE {m}; --',
        '{m}" FROM pg_shadow --',
        "{m}`; DROP TABLE x; --",
        "{m}]; GO --",
    ),
    "SQL in dollars and casts": (
        "$${m}$$",
        "$1{m}",
        "{m}::regclass",
        ":{m}",
        "?{m}",
        "%({m})s",
        "{m}\\x27",
        "E'{m}'",
    ),
    "a wildcard": ("%{m}%", "_{m}_", "*{m}*", "{m}%' ESCAPE '\\", "[{m}]%", ".*{m}.*", "({m}+)+$"),
    "a template": (
        "{{{{ {m} }}}}",
        "{{% import {m} %}}",
        "${{{m}}}",
        "#{{{m}}}",
        "<%= {m} %>",
        "{{{m}!r}}",
        "%({m})d",
    ),
    "a look-up of a logger": ("${{jndi:ldap://{m}.invalid/a}}", "${{env:{m}}}", "%s%s%n{m}", "%x{m}%p"),
    "markup": (
        "<script>{m}</script>",
        "<img src=x onerror={m}()>",
        '"><svg onload={m}()>',
        "'><b {m}",
        "</style>{m}",
        "</title><h1>{m}",
        "javascript:{m}()",
        "&lt;{m}&gt;",
        "<!--{m}",
        "]]>{m}",
        "<a href=//{m}.invalid>",
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///{m}">]>&e;',
    ),
    "a header": (
        "{m}\r\nSet-Cookie: a=b",
        "{m}\nX-A: b",
        "{m}%0d%0aX-A: b",
        "{m}\u560d\u560aX-A: b",
        "{m}\u2028X-A: b",
    ),
    "a terminal's order": (
        "\x1b[31m{m}",
        "\x1b]0;{m}\x07",
        "\x9b2J{m}",
        "{m}\x08\x08\x08",
        "{m}\r overwritten",
    ),
    "letters that turn around": (
        "\u202e{m}\u202c",
        "\u2066{m}\u2069",
        "\u200b{m}\u200b",
        "\ufeff{m}",
        "{m}\u0000",
        "{m}\ud800",
    ),
    "YAML": (
        "!!python/object/apply:os.system [{m}]",
        "&a {m}",
        "*{m}",
        "{m}: {{a: b}}",
        "- {m}",
        "{m} # a",
        "|\n  {m}",
        "? {m}",
    ),
    "JSON": ('", "role": "{m}', '\\", "a": "{m}', '{{"$gt": "{m}"}}', "\\u0022{m}", "]}}{m}"),
    "a path or an address": (
        "../../../{m}",
        "file:///{m}",
        "http://169.254.169.254/{m}",
        "\\\\{m}\\share",
        "{m}\x00.yaml",
        "//{m}@x/",
    ),
    "a shell's word": ("; {m}", "`{m}`", "$({m})", "| {m}", "&& {m}", "> /tmp/{m}", "--{m}=x"),
    "a directory's filter": ("*)(uid={m}", "{m})(&(a=b", "cn={m},dc=x", "\\2a{m}"),
    "a formula": ("={m}()", "+{m}", "@{m}", "-2+3+cmd|' /C {m}'!A0", "\t={m}"),
    "an expression": ("{m}; import os", "__import__('{m}')", "lambda: {m}", "{m}.__class__.__mro__", "0x{m}"),
}


def hostile(count: int, seed: int) -> Iterator[tuple[str, str, str]]:
    """So many strings: kind, mark, text. Every kind in turn, half of them changed by chance or put together."""
    chance = Random(seed)  # noqa: S311 -- to be repeated
    kinds = sorted(KINDS)
    for number in range(count):
        kind, mark = kinds[number % len(kinds)], f"{MARK}{seed}x{number:05d}"
        text = chance.choice(KINDS[kind]).format(m=mark)
        if chance.random() < 0.25:
            text += chance.choice(KINDS[chance.choice(kinds)]).format(m=mark)
        if chance.random() < 0.25:
            text = _changed(text, mark, chance)
        yield kind, mark, text


def _changed(text: str, mark: str, chance: Random) -> str:
    """The text with one letter more, doubled or in the other case; its mark stays whole."""
    before, _, after = text.partition(mark)
    added = chance.choice(["'", '"', "\\", ";", "<", "%", "\u2019", " ", "`", "$", "\t"])
    return chance.choice([added + before, before.swapcase(), before + before]) + mark + after + added
