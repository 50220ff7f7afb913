-- butler-tui: the whole database of one terminal. Read this first.
--
-- One encrypted file (SQLCipher) per terminal. Ids are 16-byte BLOBs (UUIDv7, or made by a rule); times are UTC
-- milliseconds (`…_ms`), shown in the estate's zone. Tables under "Synced" travel to headquarters (HQ): they are
-- written only through the four doors of store/journal.py, guarded by triggers that store/schema.py makes from the
-- list in domain/fields.py, and hold no foreign keys across records, because records arrive in any order.
-- Which column is plain, personal or secret, and who may see it, stands in domain/fields.py.


-- ── Synced: the estate ───────────────────────────────────────────────────────────────────────────────────────

-- The residential estate (项目). One row.
CREATE TABLE estate (
    estate_id   BLOB PRIMARY KEY CHECK (length(estate_id) = 16),
    name        TEXT NOT NULL,              -- 云栖玫瑰园
    time_zone   TEXT NOT NULL               -- IANA name; the house clock of every screen
) STRICT;

-- What an estate may have its own way, one record a key; keys absent here have the value of domain/policies.py.
CREATE TABLE policy (
    policy_id   BLOB PRIMARY KEY CHECK (length(policy_id) = 16),  -- made by rule from estate and key
    key         TEXT NOT NULL,              -- e.g. idle_lock_minutes, reason.visiting
    value       TEXT NOT NULL               -- JSON
) STRICT;

-- A post (门岗), manned 24 hours.
CREATE TABLE gate (
    gate_id     BLOB PRIMARY KEY CHECK (length(gate_id) = 16),
    name        TEXT NOT NULL               -- 东门岗
) STRICT;

-- Who signs in here: guards, shift leads, butlers, supervisors. Their PINs stand in staff_pin, which never travels.
CREATE TABLE staff (
    staff_id    BLOB PRIMARY KEY CHECK (length(staff_id) = 16),
    number      TEXT NOT NULL,              -- 工号, typed or read from the staff badge
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,              -- guard, shift_lead, butler, supervisor
    active      INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX staff_by_number ON staff (number);


-- ── Synced: houses and those who live there ──────────────────────────────────────────────────────────────────

-- A home, called by its room code: 3-2-1801, V17.
CREATE TABLE house (
    house_id    BLOB PRIMARY KEY CHECK (length(house_id) = 16),
    room_code   TEXT NOT NULL,
    building    TEXT NOT NULL,
    unit        TEXT,
    cluster     TEXT                        -- 片区, 组团
) STRICT;
CREATE INDEX house_by_room_code ON house (room_code);

-- Who owns or rents a home now; `name` is how the gate calls them: 陈宅.
CREATE TABLE household (
    household_id BLOB PRIMARY KEY CHECK (length(household_id) = 16),
    house_id     BLOB NOT NULL,
    name         TEXT NOT NULL,
    gate_note    TEXT                       -- meant for the gate: 门铃轻按，老人午睡
) STRICT;
CREATE INDEX household_by_house ON household (house_id);
CREATE INDEX household_by_name ON household (name);

-- One person of a household.
CREATE TABLE resident (
    resident_id  BLOB PRIMARY KEY CHECK (length(resident_id) = 16),
    household_id BLOB NOT NULL,
    name         TEXT NOT NULL,
    sex          TEXT,                      -- male, female
    called       TEXT,                      -- how they wish to be addressed: 陈太太; else surname and title
    relation     TEXT NOT NULL,             -- owner, family, tenant
    phone        TEXT,
    may_confirm  INTEGER NOT NULL DEFAULT 0 -- may confirm a visitor at the gate
) STRICT;
CREATE INDEX resident_by_household ON resident (household_id);
CREATE INDEX resident_by_name ON resident (name);
CREATE INDEX resident_by_phone ON resident (phone) WHERE phone IS NOT NULL;

-- A household's own vehicle, known by its plate.
CREATE TABLE vehicle (
    vehicle_id   BLOB PRIMARY KEY CHECK (length(vehicle_id) = 16),
    household_id BLOB NOT NULL,
    plate        TEXT NOT NULL,
    note         TEXT                       -- 白色 SUV
) STRICT;
CREATE INDEX vehicle_by_household ON vehicle (household_id);
CREATE INDEX vehicle_by_plate ON vehicle (plate);


-- ── Synced: visits ───────────────────────────────────────────────────────────────────────────────────────────

-- One visit, put once when the guard decides, with the six outcomes of 三问三查 as columns. What happens to it
-- (admitted, turned away, out, corrected, undone) are events. There is no table of visitors: a person is found again
-- by plate, phone, name or the keyed hash of a document. What a correction changes is shown in these columns, by
-- store/derived.py; `original` keeps what was put, and the events keep who changed what, and why.
CREATE TABLE visit (
    visit_id          BLOB PRIMARY KEY CHECK (length(visit_id) = 16),
    registered_ms     INTEGER NOT NULL,
    gate_id           BLOB NOT NULL,
    staff_id          BLOB NOT NULL,        -- the guard
    name              TEXT,                 -- none for an emergency service that went straight through
    sex               TEXT,
    phone             TEXT,
    company           TEXT,
    document_type     TEXT,                 -- what was looked at; domain/documents.py
    document_masked   TEXT,                 -- 330***********1234; only where policy keeps the number
    document_doubts   TEXT,                 -- JSON list: why the number is doubtful; NULL where none was typed
    companions        INTEGER NOT NULL DEFAULT 0,
    house_id          BLOB,
    household_id      BLOB,
    room_code         TEXT,                 -- as it was called then, or as typed where no house is known by it
    confirmed_by      BLOB,                 -- the resident who confirmed
    confirmed_how     TEXT,                 -- intercom, phone, appointment, in_person, known, standing_pass
    confirmed_ms      INTEGER,
    reason            TEXT NOT NULL,        -- visiting, courier, …; domain/policies.py
    reason_note       TEXT,
    plate             TEXT,
    vehicle_type      TEXT,
    parking           TEXT,                 -- zone and space
    valet             INTEGER NOT NULL DEFAULT 0,
    belongings        TEXT,
    badge             TEXT,
    looks             TEXT,                 -- worth telling the next post by radio
    ask_identity      TEXT NOT NULL,        -- passed, doubtful, failed, not_applicable, not_asked, open
    ask_reason        TEXT NOT NULL,
    ask_host          TEXT NOT NULL,
    check_document    TEXT NOT NULL,
    check_vehicle     TEXT NOT NULL,
    check_belongings  TEXT NOT NULL,
    check_notes       TEXT,                 -- JSON {check: note} where doubtful or failed
    expected_out_ms   INTEGER,
    -- Derived here from the events by store/derived.py after any door; never sent.
    state             TEXT NOT NULL DEFAULT 'registered',  -- registered, inside, left, turned_away, undone
    out_ms            INTEGER,
    badge_out         INTEGER NOT NULL DEFAULT 0,  -- 1: the badge has not come back, inside or gone with it
    original          TEXT                  -- JSON {column: value as put} of what corrections have changed
) STRICT;
CREATE INDEX visit_inside ON visit (coalesce(expected_out_ms, 0), visit_id) WHERE state = 'inside';
CREATE INDEX visit_badge_out ON visit (badge) WHERE badge_out = 1 AND badge IS NOT NULL;
CREATE INDEX visit_by_name ON visit (name, registered_ms) WHERE name IS NOT NULL;
CREATE INDEX visit_by_phone ON visit (phone, registered_ms) WHERE phone IS NOT NULL;
CREATE INDEX visit_by_plate ON visit (plate, registered_ms) WHERE plate IS NOT NULL;
CREATE INDEX visit_by_room ON visit (room_code, registered_ms) WHERE room_code IS NOT NULL;

-- Someone who came along with the visitor, where the name was taken.
CREATE TABLE companion (
    companion_id BLOB PRIMARY KEY CHECK (length(companion_id) = 16),
    visit_id     BLOB NOT NULL,
    name         TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX companion_by_visit ON companion (visit_id);

-- What happened to a visit; rows are only ever added.
CREATE TABLE visit_event (
    event_id    BLOB PRIMARY KEY CHECK (length(event_id) = 16),
    visit_id    BLOB NOT NULL,
    kind        TEXT NOT NULL,              -- admitted, turned_away, out, corrected, badge_missing, badge_back, undone
    at_ms       INTEGER NOT NULL,
    gate_id     BLOB NOT NULL,
    staff_id    BLOB NOT NULL,
    reason      TEXT,                       -- turned_away, corrected: why
    note        TEXT,
    undoes      BLOB,                       -- undone: the event that no longer holds
    corrected   TEXT,                       -- corrected: JSON {column of visit: new value}
    override_by BLOB,                       -- admitted in spite of the check: the shift lead or supervisor; note: why
    override_how TEXT                       -- pin, code
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_event_by_visit ON visit_event (visit_id);

-- The number of a document, only where policy keeps it: AES-256-GCM under the month's key (key file, never here).
CREATE TABLE document_secret (
    secret_id    BLOB PRIMARY KEY CHECK (length(secret_id) = 16),
    visit_id     BLOB NOT NULL,
    month_key_id BLOB NOT NULL,
    sealed       BLOB NOT NULL,             -- nonce, ciphertext and tag; record and field are bound to it
    -- Derived here, never sent.
    number_key   BLOB                       -- keyed hash for exact look-up
) STRICT, WITHOUT ROWID;
CREATE INDEX document_secret_by_visit ON document_secret (visit_id);
CREATE INDEX document_secret_by_number ON document_secret (number_key) WHERE number_key IS NOT NULL;

-- A month's key, sealed to HQ's X25519 key, so that HQ can open what this terminal wrote.
CREATE TABLE month_key (
    month_key_id BLOB PRIMARY KEY CHECK (length(month_key_id) = 16),
    month        TEXT NOT NULL,             -- 2026-11, in the estate's zone
    sealed       BLOB NOT NULL
) STRICT;


-- ── Synced: what is looked at and given out ──────────────────────────────────────────────────────────────────

-- Who opened a masked value, made an export or a backup, or reset a PIN, and why; rows are only ever added.
CREATE TABLE audit (
    audit_id    BLOB PRIMARY KEY CHECK (length(audit_id) = 16),
    act         TEXT NOT NULL,              -- unmasked, exported, pin_reset, backed_up, restored, …
    at_ms       INTEGER NOT NULL,
    gate_id     BLOB,
    staff_id    BLOB,
    subject_table TEXT,
    subject_id  BLOB,
    subject_field TEXT,
    reason      TEXT
) STRICT, WITHOUT ROWID;

-- A picture that belongs to a record: taken with a repair, on a patrol. It lies in a folder beside this file, encrypted
-- (blob_folder.py), and goes to HQ after the rows.
CREATE TABLE attachment (
    attachment_id BLOB PRIMARY KEY CHECK (length(attachment_id) = 16),
    subject_table TEXT NOT NULL,
    subject_id    BLOB NOT NULL,
    sha256        BLOB,                     -- of the cleaned picture; NULL once it is erased
    bytes         INTEGER NOT NULL,
    media_type    TEXT NOT NULL,            -- image/jpeg, image/png, image/webp
    taken_ms      INTEGER
) STRICT;
CREATE INDEX attachment_by_subject ON attachment (subject_id, subject_table);


-- ── Not synced: this machine ─────────────────────────────────────────────────────────────────────────────────

-- This installation (本机): its gate, and its enrolment once there is one. One row.
CREATE TABLE terminal (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    gate_id      BLOB,
    terminal_id  BLOB,                      -- from enrolment
    hq_url       TEXT,                      -- https://hq:port/e/ESTATE, without fragment
    hq_authority TEXT,                      -- PEM of the authority trusted for it; NULL: the system's
    hq_box_key   BLOB,                      -- HQ's X25519 public key, to which month keys are sealed
    enrolled_ms  INTEGER,
    recovery_key BLOB,                      -- X25519 public key made from the recovery passphrase: backups are sealed to it
    recovery_salt BLOB,
    backup_ms    INTEGER,                   -- when the last backup was made
    kind         TEXT                       -- gate, butler, supervisor: what HQ lets it see
) STRICT;

-- PIN verifiers (argon2id over the peppered PIN; the pepper is in the key file) and the delay after wrong tries.
-- A number that nobody has is counted too, under a keyed hash of it and a verifier that fits no PIN.
CREATE TABLE staff_pin (
    staff_id      BLOB PRIMARY KEY CHECK (length(staff_id) = 16),
    verifier      TEXT NOT NULL,
    wrong_tries   INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL DEFAULT 0,
    pepper_id     TEXT,                     -- which pepper of the key file; NULL: this terminal's own
    set_ms        INTEGER NOT NULL DEFAULT 0, -- when the PIN was set: the later one holds; 0: before that was kept
    to_change     INTEGER NOT NULL DEFAULT 0 -- 1: given by another to start with; the person chooses their own
) STRICT;

-- What a guard's screen shows where a shift lead or supervisor lets a visitor in over the phone: eight digits, from
-- which their own terminal makes a code. Bound to the visit, and to all that was written and found about it then, by
-- a keyed hash. The code is written nowhere. After three wrong ones a challenge is void.
CREATE TABLE override_challenge (
    challenge   TEXT PRIMARY KEY,
    visit_id    BLOB NOT NULL,
    facts       BLOB NOT NULL,
    made_ms     INTEGER NOT NULL,
    wrong_tries INTEGER NOT NULL DEFAULT 0,
    wrong_ms    INTEGER,                    -- when the last wrong code was typed
    allowed_by  BLOB,                       -- whose code was typed; the visit is yet to be saved
    used        INTEGER NOT NULL DEFAULT 0  -- 1: the visit was saved by it
) STRICT;

-- What may be typed to find a stored value: pinyin and initials of a name in every reading, the parts of a plate with
-- O as 0 and I as 1, the last digits of a phone. One row a way, however often the value occurs; made at any door by
-- store/search_keys.py, gone with the last record that holds the value.
CREATE TABLE search_key (
    kind        TEXT NOT NULL,              -- name, plate, phone
    key         TEXT NOT NULL,
    value       TEXT NOT NULL,              -- as it stands in the records
    PRIMARY KEY (kind, key, value)
) STRICT, WITHOUT ROWID;

-- A half-typed form: its author's alone until parked; never synced. Its id is that of the visit it will become.
CREATE TABLE draft (
    draft_id    BLOB PRIMARY KEY CHECK (length(draft_id) = 16),
    staff_id    BLOB NOT NULL,
    desk        TEXT NOT NULL,              -- gate, …
    body        TEXT NOT NULL,              -- JSON
    parked      INTEGER NOT NULL DEFAULT 0,
    changed_ms  INTEGER NOT NULL
) STRICT;

-- Incarnations of this file: a restored or cloned one rolls a new epoch and issues its journal again.
CREATE TABLE epoch (
    epoch_no    INTEGER PRIMARY KEY,
    epoch       BLOB NOT NULL UNIQUE CHECK (length(epoch) = 16),
    opened_ms   INTEGER NOT NULL
) STRICT;

-- Every change of a synced record, in the order written: what `butler sync` pushes. Rows stay after HQ has taken
-- them, until HQ reports them in a verified backup or 35 days have gone, whichever is later.
CREATE TABLE journal (
    journal_id   INTEGER PRIMARY KEY,       -- epoch_no * 2^40 + seq: one tree less to write in each save
    epoch_no     INTEGER NOT NULL AS (journal_id >> 40),
    seq          INTEGER NOT NULL AS (journal_id & 0xFFFFFFFFFF),  -- gap-free from 1 in each epoch
    cid          BLOB NOT NULL UNIQUE CHECK (length(cid) = 16),
    group_id     BLOB NOT NULL,             -- one use case, one transaction
    tbl          TEXT NOT NULL,
    record_id    BLOB NOT NULL,
    parent_id    BLOB,
    op           TEXT NOT NULL CHECK (op IN ('put', 'event', 'erase')),
    fields       TEXT NOT NULL,             -- JSON: plain values
    personal     TEXT,                      -- JSON: personal and secret values; NULL once redacted
    personal_digest BLOB,                   -- kept so that a redacted change still verifies
    salt         BLOB,
    hlc_ms       INTEGER NOT NULL,
    hlc_counter  INTEGER NOT NULL,
    seen         INTEGER NOT NULL,          -- HQ's position up to which this terminal had pulled
    staff_id     BLOB,                      -- NULL: set-up
    schema_v     INTEGER NOT NULL,
    link         BLOB NOT NULL,             -- the audit chain up to here
    resolves     TEXT                       -- JSON list of cids: the writes of a conflict that this one decides between
) STRICT;

-- What HQ's log amounts to for a record that is written more than once (a home, a person, a policy), up to `pos` of
-- sync_state: what the tables above show is this with the terminal's own changes of `pending` on top. It also keeps
-- what this version cannot show: tables and columns of a newer one, records of which a part never came.
CREATE TABLE base (
    tbl         TEXT NOT NULL,
    record_id   BLOB NOT NULL,
    state       TEXT NOT NULL,              -- JSON {field: value}: the latest writes
    stamps      TEXT NOT NULL,              -- JSON: who wrote each field; sync/merge.py
    kept        TEXT,                       -- JSON {field: [loser, …]}: writes in conflict with them; NULL: none
    pos         INTEGER NOT NULL,           -- position of the last change in it
    PRIMARY KEY (tbl, record_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX base_in_conflict ON base (tbl, record_id) WHERE kept IS NOT NULL;

-- Own changes of such records that HQ's log has not brought back yet.
CREATE TABLE pending (
    tbl         TEXT NOT NULL,
    record_id   BLOB NOT NULL,
    journal_id  INTEGER NOT NULL,
    PRIMARY KEY (tbl, record_id, journal_id)
) STRICT, WITHOUT ROWID;

-- The installations that wrote what was pulled, as HQ calls them.
CREATE TABLE place (
    terminal_id BLOB PRIMARY KEY CHECK (length(terminal_id) = 16),
    name        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Positions this terminal has pulled up to, ever fewer towards the past: where HQ was restored from a backup, they
-- tell up to where both still agree.
CREATE TABLE pull_mark (
    pos         INTEGER PRIMARY KEY,
    cid         BLOB NOT NULL
) STRICT;

-- Up to which own change HQ had everything when its log ended at `pos`, and when that was by its time: what may be let
-- go of (store/pruning.py). `at_ms` 0: up to here changes were let go of.
CREATE TABLE acked_mark (
    journal_id  INTEGER PRIMARY KEY,
    pos         INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL
) STRICT;

-- Where this terminal stands with HQ. One row.
CREATE TABLE sync_state (
    one            INTEGER PRIMARY KEY CHECK (one = 1),
    epoch_no       INTEGER NOT NULL,
    last_seq       INTEGER NOT NULL DEFAULT 0,
    last_link      BLOB NOT NULL,
    hlc_ms         INTEGER NOT NULL DEFAULT 0,
    hlc_counter    INTEGER NOT NULL DEFAULT 0,
    acked_seq      INTEGER NOT NULL DEFAULT 0,
    hq_gen         TEXT,
    pos            INTEGER NOT NULL DEFAULT 0,  -- pulled up to here
    pos_cid        BLOB,
    scope_gen      INTEGER NOT NULL DEFAULT 0,
    durable_pos    INTEGER NOT NULL DEFAULT 0,
    clock_offset_ms INTEGER,                -- server time minus ours, at the last answer
    last_sync_ms   INTEGER,                 -- last time HQ had everything
    last_try_ms    INTEGER,
    last_result    TEXT,                    -- ok, unreachable, refused
    whole_upto     INTEGER,                 -- while all records are fetched anew: as they were at this position, …
    whole_after    TEXT,                    -- … and the last one that has come, as HQ names it
    whole_acked    INTEGER,                 -- the last own change (journal_id) that HQ had when that began
    fork_seq       INTEGER NOT NULL DEFAULT 0,  -- HQ was restored: what was written up to here had seen another log, …
    fork_pos       INTEGER NOT NULL DEFAULT 0,  -- … which is the present one up to this position only
    compared_ms    INTEGER,                 -- when what is here was last compared with HQ's sums
    hole           TEXT                     -- JSON: own changes that are neither here any more nor at HQ, until mended
) STRICT;

-- Changes that HQ could not apply (待处理数据), with its reason; the record stays here, marked. For the reason `offered`
-- it is a record's id: HQ was restored, and has of that record only what terminals offered (store/lost.py).
CREATE TABLE quarantine (
    cid         BLOB PRIMARY KEY CHECK (length(cid) = 16),
    reason      TEXT NOT NULL,
    at_ms       INTEGER NOT NULL
) STRICT;

-- What HQ told a supervisor's terminal that nobody typed (hq/reports.py), the newest only.
CREATE TABLE report (
    report_id   BLOB PRIMARY KEY CHECK (length(report_id) = 16),
    at_ms       INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    place       TEXT NOT NULL,              -- the terminal's name, empty for HQ itself
    detail      TEXT NOT NULL               -- JSON
) STRICT;

-- Where the picture of an attachment is, as far as it is known here; none: not here yet.
CREATE TABLE blob (
    attachment_id BLOB PRIMARY KEY CHECK (length(attachment_id) = 16),
    here          INTEGER NOT NULL DEFAULT 0,  -- 1: its file lies beside this one
    at_hq         TEXT,                     -- the generation of HQ that has it
    refused       TEXT,                     -- why HQ did not take or give it when it was last tried
    tries         INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER                   -- when it is tried again
) STRICT;

-- The permit that the guards of synced tables ask for. A row left here when a transaction commits breaks the
-- deferred foreign key (permit_never stays empty), so a forgotten permit cannot be committed.
CREATE TABLE permit_never (never INTEGER PRIMARY KEY) STRICT;
CREATE TABLE permit (
    door        TEXT NOT NULL,              -- record, apply, erase, migrate
    closes_with INTEGER NOT NULL DEFAULT 1 REFERENCES permit_never (never) DEFERRABLE INITIALLY DEFERRED
) STRICT;
