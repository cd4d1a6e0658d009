"""Keys locked under a passphrase: the right one opens, also when several people type theirs at the same moment."""

import threading

import pytest

from audit.passphrase import WrongPassphrase, unwrap, wrap

SECRET = b"s" * 96


def test_the_right_one_opens_and_any_other_does_not():
    locked = wrap(SECRET, "correct horse", b"for ana")
    assert unwrap(locked, "correct horse", b"for ana") == SECRET
    for wrong, bound in (("correct horsf", b"for ana"), ("correct horse", b"for bruno")):
        with pytest.raises(WrongPassphrase):
            unwrap(locked, wrong, bound)


def test_several_at_once_do_not_wait_for_each_other_for_ever():
    """Two people who signed in at the same moment stopped the sign-in of everybody."""
    done = []

    def lock_and_open(name: str) -> None:
        done.extend(unwrap(wrap(SECRET, name, b""), name, b"") for _ in range(3))

    people = [threading.Thread(target=lock_and_open, args=(f"p{number}",), daemon=True) for number in range(3)]
    for each in people:
        each.start()
    for each in people:
        each.join(60)
    assert done == [SECRET] * 9
