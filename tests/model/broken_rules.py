"""Rules of the real code, broken one at a time: the state machine must notice each (`make mutants`)."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One rule broken: in `file` (under src/butler_tui) `old`, which stands there once, becomes `new`."""

    name: str
    file: str
    old: str
    new: str


MUTANTS = (
    Mutant(
        "copies_count_as_one_author",
        "domain/merge.py",
        "self.epoch != other.epoch and",
        "self.terminal != other.terminal and",
    ),
    Mutant("seen_is_not_asked", "domain/merge.py", " and self.pos > other.seen and other.pos > self.seen", ""),
    Mutant("losers_are_dropped", "domain/merge.py", "kept[name] = (*kept.get(name, ()), loser)", "pass"),
    Mutant(
        "who_said_the_same_is_dropped",
        "domain/merge.py",
        "if apart and loser",
        "if apart and before.value != value and loser",
    ),
    Mutant("who_said_the_same_stays", "domain/merge.py", " or one.stamp.pos > stamp.seen", " or one"),
    Mutant(
        "own_losers_stay",
        "domain/merge.py",
        "= name in kept and _take_back(kept, name, state.values.get(name), stamp)\n",
        "= False\n",
    ),
    Mutant("what_was_let_go_takes_back_a_later_word", "domain/merge.py", " or one.stamp.order() > order", ""),
    Mutant(
        "choices_are_not_heard",
        "domain/merge.py",
        "kept = _undecided(state.kept, values, resolves)",
        "kept = dict(state.kept)",
    ),
    Mutant("the_last_to_arrive_wins", "domain/merge.py", "wins = stamp.order() > standing.order()", "wins = True"),
    Mutant(
        "stamps_ahead_stay", "domain/hlc.py", "Stamp(hq_now_ms, 0) if claimed.ms > hq_now_ms + MOST_AHEAD_MS else ", ""
    ),
    Mutant(
        "nothing_is_lifted",
        "domain/hlc.py",
        "return stamp if stamp > after else following(after)",
        "return stamp",
    ),
    Mutant(
        "the_head_is_not_compared",
        "hq/ingest.py",
        "elif ask.changes[0].seq != head.last_seq + 1 or ask.link_before != head.last_link:",
        "elif ask.changes[0].seq > head.last_seq + 1:",
    ),
    Mutant(
        "a_change_is_applied_again",
        "hq/ingest.py",
        "known = rows.known_cids(terminal.estate_id, [change.cid for change in ask.changes])",
        "known: set[str] = set()",
    ),
    Mutant(
        "half_a_record_is_applied",
        "hq/ingest.py",
        "if reason is None and self.continues",
        "if False and self.continues",
    ),
    Mutant(
        "seen_of_another_log_counts",
        "hq/ingest.py",
        "return change.seen if self.seen_most is None else min(change.seen, self.seen_most)",
        "return change.seen",
    ),
    Mutant(
        "a_child_needs_no_parent",
        "hq/judging.py",
        "return (parent, change.parent_id) in members or known(parent, change.parent_id) is not None",
        "return True",
    ),
    Mutant(
        "a_restored_hq_is_known_by_its_length_only",
        "hq/greeting.py",
        "return rows.cid_in_epoch(terminal.estate_id, ask.epoch, ask.acked_seq) != ask.acked_cid",
        "return ask.acked_seq > (head.last_seq if head else 0)",
    ),
    Mutant(
        "what_a_terminal_had_sent_is_no_sign",
        "hq/greeting.py",
        "return rows.cid_in_epoch(terminal.estate_id, ask.epoch, ask.acked_seq) != ask.acked_cid",
        "return False",
    ),
    Mutant(
        "what_a_terminal_had_pulled_is_no_sign",
        "hq/greeting.py",
        "if ask.pos and rows.cid_at(terminal.estate_id, ask.pos) != ask.pos_cid:",
        "if False:",
    ),
    Mutant(
        "what_is_held_is_struck_off_with_the_rest",
        "store/whole.py",
        'came = f"journal_id <= ? AND journal_id NOT IN ({_HELD_HERE})"',
        'came = "journal_id <= ?"',
    ),
    Mutant(
        "what_was_sent_again_stays_on_top",
        "store/quarantined.py",
        '"DELETE FROM pending WHERE tbl = ? AND',
        '"DELETE FROM pending WHERE 0 AND tbl = ? AND',
    ),
    Mutant("a_page_asks_for_no_cursor", "hq/feed.py", " or here != ask.pos_cid", ""),
    Mutant("hq_back_is_not_followed_by_sending_again", "store/anew.py", "acked_seq = ?3, pos = ?2,", "pos = ?2,"),
    Mutant(
        "the_fork_trusts_a_file_put_back",
        "sync/agreeing.py",
        "last_seq, intact = answer.last_seq if held else 0, held and hole is None",
        "last_seq, intact = answer.last_seq, hole is None",
    ),
    Mutant(
        "a_file_put_back_goes_on",
        "sync/agreeing.py",
        "if not held or (on_line",
        "if (on_line",
    ),
    Mutant("an_old_epoch_is_not_sent_again", "store/epochs.py", "    if whole:\n", "    if False:\n"),
    Mutant(
        "what_came_back_still_counts_as_pending",
        "store/pulled.py",
        '"DELETE FROM pending WHERE tbl = ?1 AND record_id = ?2 AND journal_id ="',
        '"DELETE FROM pending WHERE 0 AND tbl = ?1 AND record_id = ?2 AND journal_id ="',
    ),
    Mutant(
        "the_row_is_not_shown_anew",
        "store/pulled.py",
        "            base.show(self.store, tbl, record_id)\n",
        "            pass\n",
    ),
    Mutant("nothing_is_forgotten", "store/narrowing.py", "    if seen == frozenset(Scope):\n", "    if True:\n"),
    Mutant(
        "what_others_wrote_is_not_offered",
        "sync/agreeing.py",
        "        offer_lost(talk, answer, fork)\n",
        "        pass\n",
    ),
    Mutant(
        "what_lost_to_others_is_not_offered",
        "store/lost.py",
        "    told += [(name, one.value, one.stamp)",
        "    told + [(name, one.value, one.stamp)",
    ),
    Mutant(
        "what_is_written_once_is_not_offered",
        "sync/offering_lost.py",
        "for some in _together(chain(lost.writes_after(connection, fork, hole=hole), *once)):",
        "for some in _together(lost.writes_after(connection, fork, hole=hole)):",
    ),
    Mutant(
        "what_was_taken_in_is_taken_again",
        "hq/offers.py",
        "if one.row.verdict == RELEASED and _says_the_same(one.row, one.change)",
        "if False",
    ),
    Mutant(
        "what_its_author_sent_stays_apart",
        "hq/offers.py",
        "        rows.settle(terminal.estate_id, done)",
        "        pass",
    ),
    Mutant("what_was_seen_is_not_said", "store/written.py", "seen=head.seen,", "seen=0,"),
    Mutant(
        "what_comes_later_of_the_erased_keeps_its_words",
        "hq/erasing.py",
        "    if not gone:\n        return list(arriving), []",
        "    if True:\n        return list(arriving), []",
    ),
    Mutant(
        "what_belongs_to_the_erased_stays",
        "domain/erasure.py",
        'BELONGING = frozenset({"companion", "visit_event",',
        'BELONGING = frozenset({"companion",',
    ),
    Mutant(
        "an_erasure_is_passed_over",
        "store/pulled.py",
        "        if taking.erased:\n            gone",
        "        if 0:\n            gone",
    ),
    Mutant("an_author_is_not_told_what_is_erased", "hq/feed.py", "held = own - rows", "held = own or rows"),
    Mutant(
        "what_is_not_known_is_for_everybody",
        "domain/rights.py",
        "return [name for name in names if name not in known]",
        "return []",
    ),
    Mutant(
        "what_was_hidden_counts_as_seen",
        "hq/feed.py",
        "return seen_without(state, hidden, change.epoch, seen)",
        "return seen",
    ),
    Mutant(
        "a_hole_is_not_written_anew", "sync/compare.py", "            if hole is not None:\n", "            if False:\n"
    ),
    Mutant(
        "a_hole_is_nobodys",
        "store/offering.py",
        "author = author_of(store.connection, table.name, row)",
        "author = None",
    ),
    Mutant("written_anew_is_written_today", "store/offering.py", "if table.once else None", "if False else None"),
    Mutant(
        "let_go_is_judged_by_its_place", "hq/releasing.py", "hlc=min(change.hlc, Stamp(", "hlc=max(change.hlc, Stamp("
    ),
    Mutant("the_last_leaving_counts", "domain/visits.py", "min(outs)", "max(outs)"),
    Mutant(
        "what_was_undone_counts",
        "domain/visits.py",
        "valid = [event for event in known if event.event_id not in undone]",
        "valid = known",
    ),
    Mutant(
        "corrections_count_as_they_come",
        "domain/visits.py",
        "return sorted(corrections, key=lambda one: (one.at_ms, one.event_id))",
        "return corrections",
    ),
    Mutant(
        "issued_again_in_no_order",
        "store/epochs.py",
        'WHERE journal_id > ? ORDER BY journal_id"',
        'WHERE journal_id > ? ORDER BY cid DESC"',
    ),
    Mutant(
        "hq_put_back_twice_begins_nothing",
        "hq/greeting.py",
        "if later or not rows.was_restored(terminal.estate_id):",
        "if ask.hq_gen == where.hq_gen:",
    ),
)
