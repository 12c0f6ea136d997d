"""Tokens that must all be refused: valid ones changed, and all the ways of lying that have a name.

Each kind is a function from chance and the provider's keys to one token; ``hostile`` gives as many as are wanted,
of every kind in turn. Those of ``SIGNED`` are signed by the real key: the provider itself would have to be wrong.
"""

from __future__ import annotations

import base64
import hmac
import json
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

WORDS = string.ascii_letters + string.digits + "-_"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
EVIL = "https://evil.example/keys"


def encoded(content: bytes | str | Mapping[str, Any]) -> str:
    """Base64url of bytes, of text, or of a mapping as JSON."""
    if not isinstance(content, bytes | str):
        content = json.dumps(content)
    return (
        base64.urlsafe_b64encode(content if isinstance(content, bytes) else content.encode())
        .decode()
        .rstrip("=")
    )


@dataclass(frozen=True, slots=True)
class Forge:
    """What a forger has: the provider's claims and names; and, to test the checks behind it, its very key."""

    claims: Mapping[str, Any]
    right: ECKey = field(repr=False)
    rsa: RSAKey = field(repr=False)
    chance: Random = field(repr=False)
    own: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "k1"}), repr=False)
    wide: ECKey = field(default_factory=lambda: ECKey.generate_key("P-384", {"kid": "wide"}), repr=False)

    @property
    def at(self) -> int:
        """When the valid token was issued."""
        return int(self.claims["iat"])

    def header(self, **changed: Any) -> dict[str, Any]:
        """The valid token's header; None takes a word away."""
        whole = {"alg": "ES256", "typ": "at+jwt", "kid": "k1", **changed}
        return {name: value for name, value in whole.items() if value is not None}

    def token(
        self,
        header: Mapping[str, Any] | str | None = None,
        payload: Mapping[str, Any] | str | bytes | None = None,
        key: Any = None,
        algorithm: str = "ES256",
    ) -> str:
        """A token over these very bytes, whatever they are, well signed by ``key`` (None: the right one)."""
        first = encoded(self.header() if header is None else header)
        parts = f"{first}.{encoded(self.claims if payload is None else payload)}"
        signature = JWSRegistry.algorithms[algorithm].sign(parts.encode(), key or self.right)
        return f"{parts}.{encoded(signature)}"

    def said(self, **changed: Any) -> str:
        """A token with these claims changed, well signed; None takes one away."""
        claims = {**self.claims, "jti": str(self.chance.random()), **changed}
        return self.token(payload={name: value for name, value in claims.items() if value is not None})

    def any_of(self, *choices: Any) -> Any:
        return self.chance.choice(choices)


Kind = Callable[[Forge], str]


def _changed_letter(forge: Forge) -> str:
    token = forge.token()
    place = forge.chance.randrange(len(token))
    return token[:place] + forge.chance.choice(WORDS.replace(token[place], "")) + token[place + 1 :]


def _left_out_letter(forge: Forge) -> str:
    token = forge.token()
    place = forge.chance.randrange(len(token))
    return token[:place] + token[place + 1 :]


def _added_letters(forge: Forge) -> str:
    token = forge.token()
    place = forge.chance.randrange(1, len(token))
    added = forge.any_of("=", ".", "A", "%00", "+", "/", "\t", "é", "..", ",", ";")
    return f"{token[:place]}{added}{token[place:]}"


def _cut_off(forge: Forge) -> str:
    token = forge.token()
    return token[: forge.chance.randrange(len(token))]


def _parts_in_another_order(forge: Forge) -> str:
    parts = forge.token().split(".")
    chosen = [forge.chance.choice(parts) for _ in range(forge.chance.choice((1, 2, 3, 3, 3, 4, 5, 6)))]
    return ".".join(chosen) if chosen != parts else ".".join(reversed(parts))


def _another_payload(forge: Forge) -> str:
    """The claims of the forger's choice, between a real header and a real signature."""
    header, _, signature = forge.token().split(".")
    claims = {**forge.claims, forge.any_of("sub", "name", "team", "organisation"): str(forge.chance.random())}
    return f"{header}.{encoded(claims)}.{signature}"


def _no_algorithm(forge: Forge) -> str:
    alg = forge.any_of("none", "None", "NONE", "nOnE", "", " none", "none ", "n\u043ene")
    signature = forge.any_of("", forge.token().split(".")[2], "AA")
    return f"{encoded(forge.header(alg=alg))}.{encoded(forge.claims)}.{signature}"


def _public_key_as_a_secret(forge: Forge) -> str:
    public = forge.right.as_dict(private=False)
    secret = forge.any_of(json.dumps(public), forge.right.as_pem(private=False), str(public["x"]))
    secret = secret if isinstance(secret, bytes) else secret.encode()
    bits = forge.any_of("256", "384", "512")
    signed = f"{encoded(forge.header(alg=f'HS{bits}'))}.{encoded(forge.claims)}"
    # By hand: a library that makes tokens refuses to make these.
    return f"{signed}.{encoded(hmac.new(secret, signed.encode(), f'sha{bits}').digest())}"


def _another_algorithm(forge: Forge) -> str:
    """Well signed, by a key of the provider's key set even, with what is not pinned."""
    algorithm = forge.any_of("RS256", "RS384", "RS512", "PS384", "PS512")
    return forge.token(
        forge.header(alg=algorithm, kid=forge.any_of("rsa", "k1")), key=forge.rsa, algorithm=algorithm
    )


def _another_curve(forge: Forge) -> str:
    header = forge.header(alg=forge.any_of("ES384", "ES256"), kid=forge.any_of("wide", "k1"))
    return forge.token(header, key=forge.wide, algorithm="ES384")


def _algorithm_of_another_key(forge: Forge) -> str:
    """Says the one algorithm, is signed by the other, and names a key of either."""
    alg, kid = forge.any_of(("ES256", "rsa"), ("PS256", "k1"), ("ES256", "k1"))
    return forge.token(forge.header(alg=alg, kid=kid), key=forge.rsa, algorithm="PS256")


def _algorithm_that_is_none(forge: Forge) -> str:
    alg = forge.any_of(
        None, ["ES256"], {"ES256": 1}, 256, True, "es256", "ES256 ", "ES256K", "EdDSA", "dir", "\x00ES256"
    )
    return forge.token(forge.header(alg=alg))


def _key_name(forge: Forge) -> str:
    """Names that other systems have looked up in a file, a database or the web."""
    kid = forge.any_of(
        *(
            "../../../../dev/null",
            "/dev/null",
            "file:///dev/null",
            "k1' OR '1'='1",
            "k1'; --",
            EVIL,
            "k1\x00",
            "K1",
        ),
        *(
            " k1",
            "k1 ",
            "",
            "*",
            "k1,k2",
            "${jndi:ldap://evil.example}",
            "|id",
            "k" * 200,
            "\u212a1",
            "__proto__",
        ),
    )
    return forge.token(forge.header(kid=kid), key=forge.any_of(forge.own, forge.right))


def _key_name_that_is_none(forge: Forge) -> str:
    kid = forge.any_of(None, 1, 0, True, ["k1"], {"kid": "k1"}, 1.5, [], {})
    return forge.token(forge.header(kid=kid))


def _own_key_under_its_name(forge: Forge) -> str:
    return forge.token(key=forge.own)


def _own_key_in_the_header(forge: Forge) -> str:
    """The forger's key, embedded or to be fetched: signed by it, or even by the right one."""
    public = forge.own.as_dict(private=False)
    word, value = forge.any_of(
        ("jwk", {name: public[name] for name in ("kty", "crv", "x", "y")}),
        *(("jku", EVIL), ("jku", "http://127.0.0.1:1/"), ("x5u", EVIL), ("x5u", "file:///etc/passwd")),
        *(("x5c", ["MIIB"]), ("jwks", {"keys": [public]}), ("jku", "https://id.example@evil.example/")),
    )
    return forge.token(forge.header(**{word: value}), key=forge.any_of(forge.own, forge.right))


def _critical(forge: Forge) -> str:
    more = forge.any_of(
        *(
            {"crit": ["b64"], "b64": False},
            {"crit": ["exp"], "exp": 1},
            {"crit": []},
            {"crit": "alg"},
            {"b64": True},
        ),
        *(
            {"b64": False},
            {"crit": ["alg"]},
            {"zip": "DEF"},
            {"enc": "A256GCM"},
            {"url": EVIL},
            {"nonce": "1"},
        ),
    )
    return forge.token(forge.header(**more))


def _another_type(forge: Forge) -> str:
    typ = forge.any_of(
        *(None, "JWT", "jwt", "", "at", "id_token+jwt", "logout+jwt", "dpop+jwt", "JWE", "at+jwt ", 1, True),
        *(
            ["at+jwt"],
            {"at+jwt": 1},
            "at+jwt\x00",
            "text/at+jwt",
            "secevent+jwt",
            "at-jwt",
            "application/jwt",
        ),
    )
    return forge.token(forge.header(typ=typ))


def _weak_signature(forge: Forge) -> str:
    """Signatures that hold for everything where a verifier forgets a check."""
    order = P256_ORDER.to_bytes(32, "big")
    zero, one = bytes(32), (1).to_bytes(32, "big")
    signature = forge.any_of(
        *(
            zero + zero,
            order + order,
            zero + one,
            one + zero,
            one + one,
            order + one,
            b"",
            b"\x00",
            bytes(96),
        ),
        *(forge.chance.randbytes(64), forge.chance.randbytes(71), b"\x30\x06\x02\x01\x00\x02\x01\x00"),
    )
    return forge.token().rpartition(".")[0] + "." + encoded(signature)


def _signature_of_another(forge: Forge) -> str:
    return forge.token().rpartition(".")[0] + "." + forge.said().rpartition(".")[2]


def _at_the_wrong_time(forge: Forge) -> str:
    late = forge.chance.randrange(31, 10 ** forge.chance.randrange(2, 10))
    return forge.said(
        **forge.any_of(
            *({"exp": forge.at - late}, {"iat": forge.at + late, "exp": forge.at + late + 300}),
            *(
                {"nbf": forge.at + late},
                {"iat": forge.at - 331 - late},
                {"iat": -late},
                {"exp": -late},
                {"exp": 0},
            ),
        )
    )


def _time_that_is_none(forge: Forge) -> str:
    name = forge.any_of("exp", "iat")
    odd = forge.any_of(
        *(
            None,
            True,
            False,
            "",
            "soon",
            str(forge.at),
            [forge.at],
            {"at": forge.at},
            float("nan"),
            float("inf"),
        ),
        float("-inf"),
    )
    return forge.said(**{name: odd})


def _of_another_issuer(forge: Forge) -> str:
    iss = str(forge.claims["iss"])
    return forge.said(
        iss=forge.any_of(
            *(
                None,
                "",
                iss + "/",
                iss.upper(),
                iss + ".evil.example",
                iss[:-1],
                f" {iss}",
                iss.replace("s", "", 1),
            ),
            *(
                [iss],
                {"iss": iss},
                1,
                True,
                EVIL,
                iss.replace("e", "\u0435"),
                iss + "\x00",
                iss + "?",
                iss + "#",
            ),
        )
    )


def _for_another_audience(forge: Forge) -> str:
    aud = str(forge.claims["aud"])
    return forge.said(
        aud=forge.any_of(
            *(
                None,
                "",
                aud + "/",
                aud.upper(),
                aud[:-1],
                f"{aud} {aud}",
                f"{aud},{EVIL}",
                [],
                [EVIL],
                [[aud]],
            ),
            *({"aud": aud}, 1, True, "*", aud + "\x00", [aud + "/"], aud.replace("a", "\u0430"), [None], [1]),
        )
    )


def _of_nobody(forge: Forge) -> str:
    return forge.said(
        sub=forge.any_of(None, "", " ", "\t\n", "\u3000", 0, 1, True, [], ["u-1"], {"sub": "u-1"}, "\ud800")
    )


def _said_twice(forge: Forge) -> str:
    """JSON that says one thing twice, in which readers differ on which of them counts."""
    header, claims = json.dumps(forge.header()), json.dumps(forge.claims)
    twice = forge.any_of("sub", "iss", "aud", "exp", "roles", "name", "iat")
    more = json.dumps({twice: forge.any_of("u-2", 9999999999, ["auditor"])})
    if forge.chance.random() < 0.5:
        return forge.token(payload=forge.any_of(more[:-1] + ", " + claims[1:], claims[:-1] + ", " + more[1:]))
    word = forge.any_of('"alg": "none"', '"kid": "k1"', '"typ": "at+jwt"', '"\\u0061lg": "ES256"')
    return forge.token(forge.any_of(header[:-1] + f", {word}}}", f"{{{word}, " + header[1:]))


def _nested(forge: Forge) -> str:
    """A token in a token, an encrypted one, and the JSON forms of a signature."""
    inner = forge.token()
    parts = inner.split(".")
    flat = {"protected": parts[0], "payload": parts[1], "signature": parts[2]}
    return str(
        forge.any_of(
            *(
                forge.token(payload=inner),
                forge.token(forge.header(cty="JWT"), payload=inner),
                json.dumps(flat),
            ),
            *(json.dumps({"payload": parts[1], "signatures": [flat]}), f"{inner}.{inner}", encoded(inner)),
            f"{encoded({'alg': 'dir', 'enc': 'A256GCM', 'typ': 'at+jwt', 'kid': 'k1'})}..{parts[1]}.{parts[2]}.AA",
        )
    )


def _oversize(forge: Forge) -> str:
    big = forge.any_of("a", "\u00e9", "[") * forge.chance.randrange(8_300, 40_000)
    return str(
        forge.any_of(
            *(
                forge.said(name=big),
                forge.token(forge.header(kid=big)),
                big,
                "." * 9_000,
                forge.token() + "A" * 9_000,
            ),
            forge.token("[" * 6_000),
        )
    )


def _no_claims(forge: Forge) -> str:
    deep = "[" * forge.chance.randrange(900, 4_000)
    return forge.token(
        payload=forge.any_of(
            *(
                "[]",
                "null",
                "1",
                '"text"',
                "",
                "{",
                "{}",
                b"\xff\xfe",
                b"\x00",
                deep,
                '{"a":' * 900,
                "\u00a0{}",
            ),
            *("true", json.dumps([dict(forge.claims)]), json.dumps(forge.claims) + "}", "{'iss': 1}"),
        )
    )


def _no_header(forge: Forge) -> str:
    return forge.token(
        forge.any_of(
            *(
                "[]",
                "null",
                "1",
                '"ES256"',
                "",
                "{",
                "{}",
                "[" * 300,
                json.dumps([forge.header()]),
                "{'alg': 1}",
            )
        )
    )


UNSIGNED: tuple[Kind, ...] = (
    *(_changed_letter, _left_out_letter, _added_letters, _cut_off, _parts_in_another_order, _another_payload),
    *(_no_algorithm, _public_key_as_a_secret, _another_algorithm, _another_curve, _algorithm_of_another_key),
    *(_own_key_under_its_name, _weak_signature, _signature_of_another),
)
SIGNED: tuple[Kind, ...] = (
    *(
        _algorithm_that_is_none,
        _key_name,
        _key_name_that_is_none,
        _own_key_in_the_header,
        _critical,
        _another_type,
    ),
    *(
        _at_the_wrong_time,
        _time_that_is_none,
        _of_another_issuer,
        _for_another_audience,
        _of_nobody,
        _said_twice,
    ),
    *(_nested, _oversize, _no_claims, _no_header),
)


def hostile(count: int, forge: Forge) -> Iterator[tuple[str, str]]:
    """So many tokens, each with the name of its kind, of every kind in turn."""
    kinds = (*UNSIGNED, *SIGNED)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield kind.__name__.strip("_").replace("_", " "), kind(forge)
