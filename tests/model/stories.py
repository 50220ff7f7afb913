"""What runs of the state machine have found, at its shortest, and what they seldom come to.

A story is the steps that happen one after the other, as `World.do` takes them: a name, and what it is about. `1/0/0` is
a tuple, `-` an empty one; within brackets are the steps that happen meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.model.real_world import Step

STORIES = {
    "one act in conflict in two fields, and a choice about one of them": (
        "write 0 1/1/0, write 1 1/1/0, sync 0, sync 1, sync 0, choose 0, sync 0"
    ),
    "two said the same, and one of them thought better of it before it had read the other": (
        "write 0 2/0/0, write 1 2/0/0, write 1 1/0/0, sync 0, sync 1, sync 0"
    ),
    "two said the same, and a third who had read both writes over it": (
        "write 0 2/0/0, write 1 2/0/0, sync 0, sync 1, sync 2, write 2 1/0/0, sync 2, sync 0"
    ),
    "HQ lost who moved in, whose author had let go of them, and another erased them": (
        "snap, visit 2, move_in 2, sync 2, sync 0, backup, wait 36, sync 2, back, erase 0 newcomers"
    ),
    "HQ lost what a copy and another wrote over what only one of them had read": (
        "snap, write 1 1/0/0, sync 1, write 0 1/0/0, clone 0, sync 3, write 0 1/0/0, write 3 1/1/1, write 2 1/1/1,"
        " back, sync 2"
    ),
    "more written in a record whose beginning HQ could not take": "poison 0 no",
    "a terminal put back to before HQ, itself put back, was told of it": (
        "snap, write 2 1/0/0, sync 2, back, image 2, write 2 1/0/0, sync 2, restore 2, write 2 1/0/0"
    ),
    "a copy's changes were confirmed, HQ put back, and the original sent others in their place": (
        "snap, clone 0, write 0 1/0/0, write 3 1/0/0, sync 3 0/0/1, back"
    ),
    "the first change of a copy was confirmed, HQ put back, and the original sent another in its place": (
        "snap, clone 1, write 1 1/0/0, write 3 1/0/0, sync 3 0/0/1, back"
    ),
    "HQ put back to before it had erased a number that was over": (
        "visit 0, snap, sync 0, backup, sync 1, back, wait 36, sync 0, sync 1, restored"
    ),
    "HQ put back to before what a terminal had sent and not pulled yet": "snap, write 0 1/0/0, sync 0 0/0/1, back",
    "HQ put back to before what a terminal had pulled, and its author's disk is gone": (
        "snap, write 1 1/0/0, sync 1, sync 0, die 1, back, write 2 0/1/0, sync 2"
    ),
    "HQ lost both sides of a conflict, and their authors are gone": (
        "snap, write 0 1/0/0, write 1 1/0/0, sync 0, sync 1, sync 2, die 0, die 1, back"
    ),
    "what HQ lost and its author with it is taken in": (
        "snap, move_in 1, write 1 1/1/1, audit 1, sync 1, sync 0, die 1, back, sync 0, take_in"
    ),
    "HQ put back twice to before what its author's disk is gone with": (
        "snap, move_in 1, audit 1, sync 1, sync 0, die 1, back, sync 0, back"
    ),
    "what HQ lost with its author is known to his copy": "clone 0, snap, move_in 0, sync 0, sync 3, die 0, back",
    "what HQ holds back of an author, who fetches everything anew": (
        "forbidden 0, sync 0, write 1 1/1/0, sync 1, kind 0 butler, sync 0"
    ),
    "what HQ lost was taken in, and its author comes after all": (
        "snap, move_in 1, write 1 1/1/1, audit 1, sync 1, sync 0, back, sync 0, take_in, write 1 1/0/0"
    ),
    "what HQ lost was offered, and its author comes after all": (
        "snap, move_in 1, write 1 1/1/1, audit 1, sync 1, sync 0, back, sync 0, sync 1, take_in"
    ),
    "HQ put back, and filled anew by others, between a hello and the pull after it": (
        "snap, write 1 1/0/0, sync 1, sync 0, write 1 1/0/0, sync 1, sync 0 - 1 [die 1, back, write 2 1/0/0, sync "
        "2, write 2 0/1/0, sync 2]"
    ),
    "HQ put back between a push and the pull after it, and all is issued again that it has": (
        "image 0, erase 0 resident, sync 0, restore 0, snap, write 1 1/1/1, sync 1, sync 0, write 0 1/0/0, sync 0 - "
        "2 [back]"
    ),
    "HQ put back to before what stays in an epoch that is over": (
        "snap, write 0 1/0/0, sync 0, image 0, write 0 0/1/0, sync 0, restore 0, write 0 0/0/1, sync 0, back"
    ),
    "written, and written over by one who knew it, while all records are fetched": (
        "die 2, sync 2 - 3 [write 1 0/0/1, sync 1, sync 0, write 0 0/0/2, sync 0]"
    ),
    "a terminal that may see no longer what it has pulled": "audit 1, sync 1, sync 0, kind 0 gate",
    "written anew over one's own older word, and both issued again twice": (
        "snap, write 1 1/1/1, write 0 1/1/2, sync 0, write 1 1/0/0, sync 1, image 1, write 1 0/0/1, sync 1, restore "
        "1, write 1 0/0/1, sync 1, back"
    ),
    "issued again for an HQ put back, from a file whose present epoch was empty": (
        "snap, write 0 1/1/0, sync 0, sync 2, write 2 1/0/0, sync 2, image 2, write 2 0/1/0, sync 2, restore 2, "
        "sync 2, back, write 1 1/1/1, sync 1, sync 2"
    ),
    "HQ put back a second time, and told of it by whom it had told of the first": (
        "image 0, write 0 0/0/1, sync 0, restore 0, snap, write 0 1/0/0, sync 0, sync 1, back, write 1 1/0/0, write "
        "0 1/0/0, kind 0 butler, sync 0, back"
    ),
    "a visit erased while its author, who fetches all records anew, did not hear of it": (
        "visit 2, sync 2, sync 1, correct 1, sync 0, erase 0 visit, sync 0, snap, visit 0, sync 0, back"
    ),
    "offered from a file put back to before it was erased here, while HQ was put back to before it had it": (
        "snap, visit 1, sync 1, sync 0, backup, sync 1, wait 36, sync 1, back, image 0, erase 0 visit, sync 0, "
        "restore 0"
    ),
    "let go of, lost by HQ, and erased before it was written anew": (
        "snap, visit 0, move_in 0, sync 0, backup, sync 0, wait 36, sync 0, back, erase 0 visit"
    ),
    "a visit corrected by who had not heard that it was erased, let go of, and lost by HQ": (
        "visit 0, sync 0, sync 1, erase 0 visit, correct 1 yes, snap, visit 1, sync 1, sync 0, backup, wait 36, "
        "sync 1, back, erase 0 visit"
    ),
    "a name given to a household that was erased, by who only saw that it had none": (
        "sync 2, erase 1 household, sync 1, kind 2 supervisor, sync 2, write 2 1/0/0"
    ),
    "more of an erased household, by a newer program": "erase 0 household, sync 0, newer 1 household, kind 0 gate",
    "a gate's record of a table that only a newer program knows, lost by HQ": "newer 2 parcel, snap, sync 2, back",
    "corrected while it was erased elsewhere, by a disk that was put back since": (
        "visit 1, sync 1, sync 0, correct 0 no, snap, image 1, erase 1 visit, sync 1, restore 1, sync 0, back"
    ),
    "let go of as a whole, lost by HQ, and erased there before its author comes": (
        "audit 0, snap, visit 0, move_in 0, sync 0, sync 1, backup, sync 0, wait 36, sync 0, back, erase 1 visit, "
        "sync 1"
    ),
    "let go of, written anew, forgotten with the disk, and lost by HQ once more": (
        "snap, visit 0, move_in 0, write 0 1/0/0, sync 0, backup, sync 0, wait 36, sync 0, back, visit 0, image 0, "
        "sync 0, restore 0, sync 0, write 0 1/0/0, sync 0, back"
    ),
    "lost by HQ, offered by another, and held back when its author comes": (
        "snap, write 0 1/0/0, sync 0, sync 1, back, sync 1, kind 0 gate"
    ),
    "what was offered is out of sight": "snap, erase 1 resident, sync 1, sync 0, back, kind 0 butler",
    "let go of, and lost by HQ": (
        "snap, visit 0, move_in 0, write 0 1/1/1, sync 0, sync 1, backup, sync 0, wait 36, sync 0, back"
    ),
    "let go of after HQ was put back once, and lost by it": (
        "snap, visit 0, sync 0, back, sync 0, backup, wait 36, sync 0, back"
    ),
    "a correction let go of, which HQ lost while it has the visit": (
        "audit 1, visit 0, sync 0, sync 1, snap, correct 1 no, write 1 0/0/1, sync 1, sync 0, backup, sync 1, wait "
        "36, sync 1, back"
    ),
    "a correction let go of that was made by a clock years ahead": (
        "clock 2 4, visit 2, sync 2, snap, correct 2 no, write 2 0/0/1, sync 2, sync 1, backup, sync 2, clock 2 0, "
        "wait 36, sync 2, back"
    ),
    "a correction let go of, which HQ lost with the visit, and comes before that": (
        "snap, visit 1, sync 1, sync 0, move_in 0, correct 0 no, audit 0, sync 0, sync 1, backup, sync 0, wait 36, "
        "sync 0, back"
    ),
    "held back, written over since by its own author, and long ago": (
        "forbidden 0, write 0 1/0/1, sync 0, backup, wait 36"
    ),
    "held back, erased, and sent again": "erase 0 household, forbidden 2, sync 0, sync 2, again 2",
    "the first of two words that are held back, sent again": "forbidden 3, poison 3 no, sync 0, again 0, again 3",
    "what only newer programs know, written by a supervisor, then by a butler who is not shown it": (
        "newer 0 household, sync 0, sync 2, newer 2 household, sync 2, newer 2 household"
    ),
    "away for as long as nobody may be": "wait 36, wait 36, wait 36, wait 36, wait 36, move_in 0, sync 0",
    "come, corrected at both gates, gone at both, and taken back": (
        "visit 0, sync 0, sync 1, correct 1, leave 0, leave 1, correct 0, visit 1, visit 2 no, sync 0, sync 1, "
        "leave 0 yes"
    ),
    "a visit erased, known to be so by who fetched all records only, and lost by HQ and by its author": (
        "visit 0, snap, sync 0, back, visit 1, image 1, erase 1 visit, sync 1, restore 1, sync 0, back"
    ),
    "what HQ may have lost, kept raw by who is to see it no longer": (
        "visit 0, erase 0 visit, snap, sync 0, sync 1, back, kind 1 gate"
    ),
    "erased at a supervisor's terminal that is a gate's before HQ hears of it": "visit 0, erase 0 visit, kind 0 gate",
    "held back, and let go of after a later word of its author that is in conflict": (
        "kind 0 gate, write 0 1/0/0, sync 0, write 0 1/0/0, snap, write 1 1/0/0, sync 0 - 3 [back, sync 1], kind 0 "
        "butler"
    ),
    "a household erased at a supervisor's terminal that is a gate's before HQ hears of it": (
        "erase 1 household, kind 1 gate"
    ),
    "let go of, lost by HQ, written anew and lost again with the disk that had it": (
        "snap, visit 0, write 0 1/0/0, sync 0, backup, wait 36, sync 0, back, image 0, sync 0, restore 0, sync 0, back"
    ),
}
_WORDS = {"yes": True, "no": False, "-": ()}


def steps_of(story: str) -> list[Step]:
    """Return the steps that a story tells."""
    return list(_steps(iter(re.findall(r"[\[\],]|[^\s\[\],]+", story))))


def _steps(words: Iterator[str]) -> Iterator[Step]:
    step: list[Any] = []
    for word in words:
        if word == "[":
            step.append(tuple(_steps(words)))
        elif word == "]":
            break
        elif word == ",":
            yield tuple(step)
            step = []
        else:
            step.append(_said(word))
    yield tuple(step)


def _said(word: str) -> Any:
    if "/" in word:
        return tuple(int(one) for one in word.split("/") if one)
    return int(word) if word.isdigit() else _WORDS.get(word, word)
