-- HQ's database: every estate's log as it came, and what it amounts to.
--
-- One encrypted file (SQLCipher), or a database on PostgreSQL, which reads these statements with its own names for the
-- types (hq/engines/postgres_schema.py). Ids are UUID text, times UTC milliseconds (`…_ms`). Every primary and unique
-- key begins with estate_id and every statement names it, so that the same tables can be spread over many machines.
-- Per record type there is a view `v_<type>` (v_visit, v_visit_event, v_resident, …) for people who query; the views
-- are made from the list in domain/fields.py each time HQ is opened (hq/views.py).

-- The estates that HQ keeps, and how many wrong codes were tried for each since the last one was made.
CREATE TABLE estate (
    estate_id   TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    time_zone   TEXT NOT NULL,              -- IANA name
    added_ms    INTEGER NOT NULL,
    wrong_codes INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Where an estate's log stands: the next free position, and the generations of HQ and of what terminals may see.
-- Its row is what a push locks first.
CREATE TABLE estate_pos (
    estate_id   TEXT PRIMARY KEY,
    next_pos    INTEGER NOT NULL DEFAULT 1,
    hq_gen      TEXT NOT NULL,
    scope_gen   INTEGER NOT NULL DEFAULT 0,
    durable_pos INTEGER NOT NULL DEFAULT 0  -- up to here the log is in a backup that was read again to its end
) STRICT;

-- Who may push: enrolled installations with their public keys, and what they last said of themselves.
CREATE TABLE terminal (
    estate_id   TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL,              -- gate, butler, supervisor
    sign_key    BLOB NOT NULL,              -- Ed25519, 32 bytes
    box_key     BLOB NOT NULL,              -- X25519, 32 bytes; none once it is revoked and its last push is over
    enrolled_ms INTEGER NOT NULL,
    revoked_ms  INTEGER,
    seen_ms     INTEGER,                    -- last hello
    waiting     INTEGER,                    -- changes it said it had yet to push
    clock_ahead_ms INTEGER,                 -- its clock minus ours, at that hello
    version     TEXT,
    scope_gen   INTEGER NOT NULL DEFAULT 0, -- how often what it may see was changed: it then fetches that anew
    PRIMARY KEY (estate_id, terminal_id),
    UNIQUE (estate_id, sign_key)
) STRICT;

-- Where a terminal stood that brought its changes by file: what the answer to it begins from.
CREATE TABLE greeting (
    estate_id   TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    body        TEXT NOT NULL,              -- JSON of its hello
    PRIMARY KEY (estate_id, terminal_id)
) STRICT;

-- One-time codes; only a hash of the code is kept.
CREATE TABLE terminal_code (
    estate_id   TEXT NOT NULL,
    code_hash   BLOB NOT NULL,
    kind        TEXT NOT NULL,
    expires_ms  INTEGER NOT NULL,
    used_by     TEXT,                       -- terminal_id: the same terminal may ask again when the answer was lost
    PRIMARY KEY (estate_id, code_hash)
) STRICT;

-- Where each incarnation of a terminal's file stands: the head of its journal as HQ has it.
CREATE TABLE epoch (
    estate_id   TEXT NOT NULL,
    epoch       TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    first_link  BLOB NOT NULL,              -- what its chain starts from
    last_seq    INTEGER NOT NULL,
    last_cid    TEXT NOT NULL,
    last_link   BLOB NOT NULL,
    last_ms     INTEGER NOT NULL,           -- canonical stamp of its last change: the next is lifted above it
    last_counter INTEGER NOT NULL,
    PRIMARY KEY (estate_id, epoch)
) STRICT;

-- Every change once, in the order it was taken: gap-free positions per estate. `body` is what the terminal sent,
-- unchanged, because the audit chain is computed from it.
CREATE TABLE change_log (
    estate_id   TEXT NOT NULL,
    pos         INTEGER NOT NULL,
    cid         TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    epoch       TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    group_id    TEXT NOT NULL,
    tbl         TEXT NOT NULL,
    record_id   TEXT NOT NULL,
    parent_id   TEXT,
    op          TEXT NOT NULL,              -- put, event, erase
    staff_id    TEXT,
    schema_v    INTEGER NOT NULL,
    seen        INTEGER NOT NULL,
    hlc_ms      INTEGER NOT NULL,           -- canonical stamp
    hlc_counter INTEGER NOT NULL,
    claimed_ms  INTEGER NOT NULL,           -- the stamp as it was claimed
    claimed_counter INTEGER NOT NULL,
    body        TEXT NOT NULL,              -- JSON: fields, personal, salt or personal_digest, resolves
    link        BLOB NOT NULL,              -- its author's audit chain up to here, as HQ computed it
    verdict     TEXT NOT NULL,              -- applied, quarantined, released: stands once more, applied, at seq 0;
                                            -- offered, settled: hq/offers.py
    reason      TEXT,                       -- not_allowed, malformed, parent_unknown, already_there, offered
    taken_ms    INTEGER NOT NULL,
    PRIMARY KEY (estate_id, pos),
    UNIQUE (estate_id, cid)
) STRICT;
CREATE INDEX change_log_by_epoch ON change_log (estate_id, epoch, seq);
CREATE INDEX change_log_by_record ON change_log (estate_id, tbl, record_id, pos);
-- What stands in quarantine, each index for one question only: a planner without statistics must have no choice.
CREATE INDEX change_log_held ON change_log (estate_id, pos) WHERE verdict = 'quarantined' AND pos > 0;
CREATE INDEX change_log_held_parent ON change_log (estate_id, parent_id)
  WHERE verdict = 'quarantined' AND parent_id IS NOT NULL;
CREATE INDEX change_log_held_staff ON change_log (estate_id, staff_id)
  WHERE verdict = 'quarantined' AND staff_id IS NOT NULL;

-- Changes that came again under another epoch or seq: not applied, but their place in that chain is kept.
CREATE TABLE duplicate (
    estate_id   TEXT NOT NULL,
    epoch       TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    cid         TEXT NOT NULL,
    digest      BLOB NOT NULL,              -- of envelope and values, as it came this time
    link        BLOB NOT NULL,
    PRIMARY KEY (estate_id, epoch, seq)
) STRICT;

-- What the applied changes amount to: one row a record. `state` is made safe to show; `stamps` says who wrote each
-- field last (domain/merge.py). `shown` is what follows for a visit from its events (hq/shown.py); NULL for others.
CREATE TABLE record_state (
    estate_id   TEXT NOT NULL,
    tbl         TEXT NOT NULL,
    record_id   TEXT NOT NULL,
    parent_id   TEXT,
    state       TEXT NOT NULL,              -- JSON {field: value}
    stamps      TEXT NOT NULL,              -- JSON
    pos         INTEGER NOT NULL,           -- position of the last change applied to it
    shown       TEXT,                       -- JSON: state, out_ms, badge_out, corrected {field: value}
    kept        TEXT,                       -- JSON {field: [loser, …]}: writes in conflict, until somebody decides
    erased_ms   INTEGER,                    -- when what is personal in it was erased, its time being over
    PRIMARY KEY (estate_id, tbl, record_id)
) STRICT;
CREATE INDEX record_state_by_parent ON record_state (estate_id, parent_id);

-- The register of what was erased for a person: ids and times only. Whatever comes later of these records, or of what
-- belongs to them, is taken without its personal part.
CREATE TABLE erased (
    estate_id   TEXT NOT NULL,
    record_id   TEXT NOT NULL,
    tbl         TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    PRIMARY KEY (estate_id, record_id)
) STRICT;

-- The sums of what the records amount to, by table and month, to be compared with a terminal's (domain/tallies.py).
CREATE TABLE tally (
    estate_id   TEXT NOT NULL,
    tbl         TEXT NOT NULL,
    month       TEXT NOT NULL,              -- 2026-11; empty where ids tell no time
    records     INTEGER NOT NULL,
    mark        INTEGER NOT NULL,           -- XOR of 60-bit hashes
    PRIMARY KEY (estate_id, tbl, month)
) STRICT;

-- The generations of an estate's log: HQ begins a new one where it was restored and its log may lack what it once had.
CREATE TABLE generation (
    estate_id   TEXT NOT NULL,
    hq_gen      TEXT NOT NULL,
    from_pos    INTEGER NOT NULL,           -- what the log had when it began
    began_ms    INTEGER NOT NULL,
    PRIMARY KEY (estate_id, hq_gen)
) STRICT;

-- What a supervisor should know and nobody typed: a file that was restored or copied, HQ restored, a chain that breaks.
CREATE TABLE report (
    estate_id   TEXT NOT NULL,
    report_id   TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    kind        TEXT NOT NULL,              -- hq/reports.py
    terminal_id TEXT,
    detail      TEXT NOT NULL,              -- JSON
    PRIMARY KEY (estate_id, report_id)
) STRICT;

-- What HQ keeps secret for an estate, each sealed under a secret of HQ's key file (hq/keyring.py): what is in this table
-- alone opens nothing. Terminals are handed it at a hello, sealed to their own key.
CREATE TABLE estate_secret (
    estate_id   TEXT NOT NULL,
    kind        TEXT NOT NULL,              -- month, override, pepper, pin
    name        TEXT NOT NULL,              -- 2026-11; a staff_id; a pepper's id; a staff_id
    secret_id   TEXT NOT NULL,              -- a month's key: its id in document_secret; a PIN: its pepper's id
    since_ms    INTEGER NOT NULL,           -- when it was made, or the PIN set
    sealed      BLOB NOT NULL,
    PRIMARY KEY (estate_id, kind, name)
) STRICT;

-- Requests seen inside the window of time, so that a repeated one has no effect.
CREATE TABLE nonce (
    estate_id   TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    nonce       TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    PRIMARY KEY (estate_id, terminal_id, nonce)
) STRICT;
CREATE INDEX nonce_by_time ON nonce (estate_id, at_ms);
