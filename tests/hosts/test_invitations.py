"""Invitations and the authority that makes them; the server's view is in test_rights.py."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.errors import CannotRunError
from logviewer.hosts import certificates, tokens
from logviewer.hosts.authority import Authority
from logviewer.hosts.invitations import Invitation
from logviewer.hosts.names import Address
from logviewer.hosts.tokens import Key


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "hub")


def invitation(authority: Authority, host: str = "web-1", certificate: str | None = None) -> Invitation:
    jwt, seed = authority.invite(host, seconds=3600)
    addresses = (Address("hub.example", 4222), Address("::1", 7))
    return Invitation(host, addresses, jwt, seed, certificate)


def test_an_invitation_is_one_line_of_letters(authority: Authority) -> None:
    sent = invitation(authority, certificate=certificates.create()[0])
    text = str(sent)
    assert text.startswith("lv1:")
    assert text.replace("-", "").replace("_", "").removeprefix("lv1:").isalnum()
    assert len(text) < 2100
    assert Invitation.parse(f"  {text}\n") == sent
    assert Invitation.parse("\r\n".join(text[start : start + 72] for start in range(0, len(text), 72))) == sent
    assert sent.urls == ("tls://hub.example:4222", "tls://[::1]:7")


def test_without_a_certificate_it_names_a_plain_connection(authority: Authority) -> None:
    sent = invitation(authority)
    assert Invitation.parse(str(sent)) == sent
    assert sent.urls == ("nats://hub.example:4222", "nats://[::1]:7")


def test_a_cut_invitation_is_refused_without_its_text(authority: Authority) -> None:
    text = str(invitation(authority))
    for end in range(len(text) - 1):
        with pytest.raises(ValueError, match="is damaged") as refusal:
            Invitation.parse(text[:end])
        assert str(refusal.value).count("lv1:") == 1


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_other_text_is_refused(text: str) -> None:
    for each in (text, f"lv1:{text}"):
        with pytest.raises(ValueError, match="is damaged"):
            Invitation.parse(each)


def test_a_seed_of_another_invitation_is_refused(authority: Authority) -> None:
    one, other = invitation(authority), invitation(authority)
    with pytest.raises(ValueError, match="is damaged"):
        Invitation.parse(str(Invitation(one.host, one.addresses, one.jwt, other.seed)))


def test_no_secret_is_in_a_representation(authority: Authority) -> None:
    one = invitation(authority)
    assert one.seed not in repr(one)
    assert one.jwt not in repr(one)


# Rights


def test_a_token_has_the_rights_of_one_host(authority: Authority) -> None:
    claims = tokens.claims_of(invitation(authority, "web.1").jwt)
    assert claims["nats"]["pub"] == {"allow": ["lv.up.web%2E1", "lv.to.*.web%2E1.>"]}
    assert claims["nats"]["sub"] == {"allow": ["lv.ask.web%2E1.*", "lv.who"]}
    assert claims["exp"] - claims["iat"] == 3600


def test_a_bad_name_gets_no_invitation(authority: Authority) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        authority.invite("web *", seconds=None)
    assert authority.invited() == []


# The directory


def test_only_the_owner_reads_the_directory(authority: Authority) -> None:
    invitation(authority)
    authority.certificate()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in authority.path.iterdir()}
    assert len(modes) == 5
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(authority.path.stat().st_mode) == 0o700


def test_another_process_has_the_same_authority(authority: Authority) -> None:
    invitation(authority)
    again = Authority(authority.path)
    assert again.account == authority.account
    assert again.operator_token == authority.operator_token
    assert again.account_token() == authority.account_token()
    assert again.certificate() == authority.certificate()
    assert [each.host for each in again.invited()] == ["web-1"]


def test_invitations_at_one_time_are_all_kept(tmp_path: Path) -> None:
    names = [f"web-{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: Authority(tmp_path / "hub").invite(name, seconds=None), names))
    assert sorted(each.host for each in Authority(tmp_path / "hub").invited()) == sorted(names)


def test_a_revocation_is_of_all_invitations_of_a_host(authority: Authority) -> None:
    before = authority.account_token()
    one, two, other = (invitation(authority, host) for host in ("web-1", "web-1", "web-2"))
    assert authority.account_token() == before
    assert authority.revoke("web-1") == 2
    assert authority.revoke("web-1") == 0
    revoked = tokens.claims_of(authority.account_token())["nats"]["revocations"]
    assert revoked.keys() == {Key(each.seed).public for each in (one, two)}
    assert [each.host for each in authority.invited()] == ["web-2"]
    assert Key(other.seed).public not in revoked


def test_a_token_from_the_future_is_revoked(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("time.time", lambda: 4_000_000_000.0)
        issued = tokens.claims_of(invitation(authority).jwt)["iat"]
    authority.revoke("web-1")
    (until,) = tokens.claims_of(authority.account_token())["nats"]["revocations"].values()
    assert until >= issued


def test_expired_tokens_are_forgotten(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    invitation(authority, "web-1")
    invitation(authority, "web-2")
    authority.revoke("web-2")
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    assert authority.invited() == []
    invitation(authority, "web-3")
    assert tokens.claims_of(authority.account_token())["nats"]["revocations"] == {}
    assert [each["host"] for each in json.loads((authority.path / "hosts.json").read_text())["invited"]] == ["web-3"]


@pytest.mark.parametrize("name", ["keys.json", "hosts.json"])
@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"operator": "SO", "account": 5}', '{"invited": [5]}'])
def test_damaged_files_are_refused_and_kept(authority: Authority, name: str, text: str) -> None:
    invitation(authority)
    file = authority.path / name
    file.write_text(text)
    with pytest.raises(CannotRunError, match=name):
        Authority(authority.path).invite("web-2", seconds=None)
    assert file.read_text() == text


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotRunError, match="STATE_DIRECTORY"):
        Authority(tmp_path / "file" / "hub")
