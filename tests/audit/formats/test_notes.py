"""Signed notes are those of the format, and only what its keys signed is believed."""

from __future__ import annotations

import pytest

from audit.errors import NoteInvalid
from audit.formats.checkpoints import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    signed_checkpoint,
)
from audit.formats.notes import (
    COSIGNATURE,
    NOTE_BYTES_MAX,
    SIGNATURES_MAX,
    Verifier,
    new_key,
    open_note,
    parse_note,
    parse_signing_key,
    parse_verifier,
    sign,
)
from audit.formats.tree import TreeHead
from tests.audit.mutations import flipped

# The example in the documentation of the format's first implementation.
PUBLISHED_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLISHED_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PUBLISHED_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
    "6KE6RyyBwJnAM=\n"
)

LOG = new_key("example.org/log")
WITNESS = new_key("example.org/witness", COSIGNATURE)
HEAD = TreeHead(1234, bytes(range(32)))
NOTE = signed_checkpoint(HEAD, LOG)
TEXT = Checkpoint(LOG.name, HEAD).text
COSIGNED = (NOTE + WITNESS.line(TEXT, at_s=1_700_000_000)).encode()


def test_the_published_example_is_met() -> None:
    """Keys, key id and signature of the well-known note come out byte for byte."""
    key = parse_signing_key(PUBLISHED_KEY)
    assert str(key.verifier) == PUBLISHED_VERIFIER
    assert key.text == PUBLISHED_KEY
    note = sign(PUBLISHED_TEXT, key)
    assert note == f"{PUBLISHED_TEXT}\n{PUBLISHED_LINE}"
    assert open_note(note.encode(), [parse_verifier(PUBLISHED_VERIFIER)]) == PUBLISHED_TEXT


def test_a_checkpoint_comes_back_as_it_was_signed() -> None:
    """Origin, size and root survive, with and without a witness."""
    assert open_checkpoint(NOTE.encode(), LOG.verifier).head == HEAD
    opened = open_checkpoint(COSIGNED, LOG.verifier, witnesses=[WITNESS.verifier])
    assert opened == Checkpoint("example.org/log", HEAD)


def test_every_flipped_bit_of_a_cosigned_checkpoint_is_refused() -> None:
    """No bit of text, names, key ids, signatures or time can change unseen."""
    refused = 0
    for changed in flipped(COSIGNED):
        with pytest.raises(NoteInvalid):
            open_checkpoint(changed, LOG.verifier, witnesses=[WITNESS.verifier])
        refused += 1
    assert refused == 8 * len(COSIGNED) > 2_000


def test_every_flipped_bit_of_a_key_is_refused() -> None:
    """A mistyped key is no key: its id is a hash of the rest."""
    for changed in flipped(str(LOG.verifier).encode()):
        with pytest.raises((NoteInvalid, UnicodeDecodeError)):
            open_note(NOTE.encode(), [parse_verifier(changed.decode())])
    for changed in flipped(LOG.text.encode()):
        with pytest.raises((NoteInvalid, UnicodeDecodeError)):
            parse_signing_key(changed.decode())


def test_everybody_who_is_asked_for_must_have_signed() -> None:
    """A key more than those that signed, or another key of the same name, refuses the note."""
    for missing in (WITNESS.verifier, new_key("example.org/log").verifier):
        with pytest.raises(NoteInvalid, match="did not sign"):
            open_note(NOTE.encode(), [LOG.verifier, missing])
    with pytest.raises(ValueError, match="nobody"):
        open_note(NOTE.encode(), [])


def test_signatures_of_strangers_are_ignored_and_a_false_one_of_ours_is_not() -> None:
    """What nobody asked for does no harm; one bad signature of a known key spoils the note."""
    stranger = new_key("example.org/stranger")
    assert open_note((NOTE + stranger.line(TEXT)).encode(), [LOG.verifier]) == TEXT
    with pytest.raises(NoteInvalid, match="not that of its key"):
        open_note((NOTE + LOG.line("other\n")).encode(), [LOG.verifier])


def test_a_signature_is_no_cosignature_and_the_other_way_round() -> None:
    """The same secret under the other kind is another key."""
    twin = Verifier(LOG.name, COSIGNATURE, LOG.verifier.public)
    with pytest.raises(NoteInvalid):
        open_note(NOTE.encode(), [twin])
    for key, at_s in ((LOG, 1), (WITNESS, None)):
        with pytest.raises(ValueError, match="have a time"):
            key.line(TEXT, at_s=at_s)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        TEXT.encode(),
        NOTE.encode()[:-1],
        NOTE.encode() + b"\n",
        NOTE.replace("\n\n", "\n").encode(),
        NOTE.replace("—", "-").encode(),
        NOTE.replace("example.org/log\n", "example.org/log\r\n").encode(),
        NOTE.replace(" example", "  example").encode(),
        NOTE.encode() + b"\xff",
        (NOTE + "— example.org/log AAAA\n").encode(),
        (NOTE + "— exa+mple AAAAAAAA\n").encode(),
        (NOTE + "— example AAAAAAAB=\n").encode(),
        (NOTE + LOG.line(TEXT) * SIGNATURES_MAX).encode(),
        b"x" * NOTE_BYTES_MAX + NOTE.encode(),
    ],
)
def test_what_has_not_the_form_of_a_note_is_refused(raw: bytes) -> None:
    """Truncated, lengthened, re-encoded or overlong input ends as one error."""
    with pytest.raises(NoteInvalid):
        open_note(raw, [LOG.verifier])


def test_a_text_may_have_empty_lines() -> None:
    """The last empty line parts the text from the signatures."""
    note = sign("one\n\ntwo\n", LOG)
    assert parse_note(note.encode()).text == "one\n\ntwo\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n1\nAAAA\n",
        TEXT[:-1],
        TEXT.replace("1234", "01234"),
        TEXT.replace("1234", "-1"),
        TEXT.replace("1234", "١"),
        TEXT.replace("1234", str(1 << 63)),
        TEXT.replace("example.org/log", ""),
        TEXT + "\n",
        TEXT.replace("=", ""),
    ],
)
def test_what_has_not_the_form_of_a_checkpoint_is_refused(text: str) -> None:
    """Sizes are plain decimals, roots are 32 bytes, no line is empty."""
    with pytest.raises(NoteInvalid):
        parse_checkpoint(text)


def test_a_checkpoint_is_about_the_log_of_its_key() -> None:
    """A log cannot sign for another origin; lines of its own it may add."""
    other = sign(Checkpoint("example.org/other", HEAD).text, LOG)
    with pytest.raises(NoteInvalid, match="another log"):
        open_checkpoint(other.encode(), LOG.verifier)
    longer = Checkpoint(LOG.name, HEAD, ("extension 1",))
    assert open_checkpoint(sign(longer.text, LOG).encode(), LOG.verifier) == longer


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\x00b"])
def test_names_of_keys_have_no_spaces_and_no_plus(name: str) -> None:
    """They would not survive a signature line."""
    with pytest.raises(NoteInvalid):
        new_key(name)


def test_a_secret_key_is_not_shown_by_chance() -> None:
    """Neither the key nor its seed is in what a debugger or a log would print."""
    assert "seed" not in repr(LOG)
    secret = LOG.text.split("+", 4)[4]  # which is base64, and may hold a plus of its own
    assert len(secret) == 44
    assert secret not in repr(LOG)
