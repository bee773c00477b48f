"""Names of hosts as tokens of subjects, and addresses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.hosts.names import Address, check_name, name_of, token

NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)


@given(NAMES, NAMES)
def test_a_token_is_of_one_name_only(name: str, other: str) -> None:
    assert re.fullmatch(r"[^.*>\s]+", token(name))
    assert name_of(token(name)) == check_name(name) == name
    assert (token(name) == token(other)) == (name == other)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "*", ">", "a>", "ä", "a\n", "a%2Eb", "x" * 65, "web:1", "\0"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        check_name(name)


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("0.0.0.0:4222", Address("0.0.0.0", 4222), "0.0.0.0:4222"),
        ("hub.example", Address("hub.example", 4222), "hub.example:4222"),
        ("[::1]:7", Address("::1", 7), "[::1]:7"),
        ("[::]", Address("::", 4222), "[::]:4222"),
        ("127.0.0.1:0", Address("127.0.0.1", 0), "127.0.0.1:0"),
    ],
)
def test_an_address_is_read(text: str, address: Address, shown: str) -> None:
    assert Address.parse(text) == address
    assert str(address) == shown


@pytest.mark.parametrize(
    "text", ["", ":4222", "::1", "a:b", "a:65536", "a:1:2", "a b:1", "nats://a:1", "u@a:1", "[::1"]
)
def test_other_texts_are_not_addresses(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("host", "is_loopback", "is_wildcard"),
    [
        ("127.0.0.1", True, False),
        ("127.9.9.9", True, False),
        ("::1", True, False),
        ("localhost", True, False),
        ("0.0.0.0", False, True),
        ("::", False, True),
        ("10.0.0.1", False, False),
        ("hub.example", False, False),
    ],
)
def test_addresses_of_this_machine(host: str, is_loopback: bool, is_wildcard: bool) -> None:
    address = Address(host, 1)
    assert (address.is_loopback, address.is_wildcard) == (is_loopback, is_wildcard)
