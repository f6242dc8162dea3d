-- The house: people, plays, seats, sessions, the stage, and what was decided about them.
--
-- Portable types, the same in migrations/postgres: ids are UUID v7 as TEXT, times BIGINT
-- microseconds UTC, money and counts BIGINT. Words such as a status are checked by the program
-- that writes and reads them, since SQLite cannot widen a CHECK; numbers that must hold whatever
-- the program does are checked here.

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    telegram_id BIGINT UNIQUE,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE shows (
    id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    poster TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE performances (
    id TEXT NOT NULL PRIMARY KEY,
    show_id TEXT NOT NULL REFERENCES shows (id),
    slug TEXT NOT NULL UNIQUE,
    starts_at BIGINT NOT NULL,
    time_zone TEXT NOT NULL,
    status TEXT NOT NULL,
    demo BOOLEAN NOT NULL,
    expires_at BIGINT,
    invites_issued BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);

CREATE INDEX performances_by_show ON performances (show_id);
CREATE INDEX performances_by_start ON performances (starts_at);

CREATE TABLE scenes (
    id TEXT NOT NULL PRIMARY KEY,
    performance_id TEXT NOT NULL REFERENCES performances (id),
    position BIGINT NOT NULL,
    title TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (performance_id, position)
);

-- sold counts seats that are taken now, issued the tickets ever made (their numbers).
CREATE TABLE ticket_types (
    id TEXT NOT NULL PRIMARY KEY,
    performance_id TEXT NOT NULL REFERENCES performances (id),
    name TEXT NOT NULL,
    price_stars BIGINT NOT NULL CHECK (price_stars >= 0),
    capacity BIGINT NOT NULL,
    sold BIGINT NOT NULL DEFAULT 0,
    issued BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    CHECK (sold >= 0),
    CHECK (sold <= capacity),
    UNIQUE (id, performance_id)
);

CREATE INDEX ticket_types_by_performance ON ticket_types (performance_id);

CREATE TABLE tickets (
    id TEXT NOT NULL PRIMARY KEY,
    performance_id TEXT NOT NULL REFERENCES performances (id),
    ticket_type_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    user_id TEXT REFERENCES users (id),
    holder_name TEXT NOT NULL,
    status TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version BETWEEN 1 AND 4294967295),
    first_used_at BIGINT,
    created_at BIGINT NOT NULL,
    FOREIGN KEY (ticket_type_id, performance_id) REFERENCES ticket_types (id, performance_id),
    UNIQUE (ticket_type_id, number)
);

CREATE INDEX tickets_by_performance ON tickets (performance_id);
CREATE INDEX tickets_by_user ON tickets (user_id);

CREATE TABLE invites (
    id TEXT NOT NULL PRIMARY KEY,
    performance_id TEXT NOT NULL REFERENCES performances (id),
    number BIGINT NOT NULL,
    user_id TEXT REFERENCES users (id),
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    part TEXT NOT NULL,
    in_cast BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version BETWEEN 1 AND 4294967295),
    expires_at BIGINT,
    first_used_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (performance_id, number)
);

CREATE INDEX invites_by_user ON invites (user_id);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    performance_id TEXT NOT NULL REFERENCES performances (id),
    person_id TEXT NOT NULL,
    role TEXT NOT NULL,
    ticket_id TEXT REFERENCES tickets (id),
    invite_id TEXT REFERENCES invites (id),
    link_version BIGINT NOT NULL,
    device TEXT,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    CHECK ((ticket_id IS NULL) <> (invite_id IS NULL)),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

-- One live session a person, whatever the program does.
CREATE UNIQUE INDEX sessions_one_live ON sessions (person_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_performance ON sessions (performance_id, started_at);

CREATE TABLE stage (
    performance_id TEXT NOT NULL PRIMARY KEY REFERENCES performances (id),
    revision BIGINT NOT NULL CHECK (revision > 0),
    state TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE cue_log (
    performance_id TEXT NOT NULL REFERENCES performances (id),
    revision BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    command TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (performance_id, revision)
);

-- Ids without foreign keys: the log outlives what it tells of.
CREATE TABLE audit_log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    performance_id TEXT,
    detail TEXT NOT NULL
);

CREATE INDEX audit_log_by_performance ON audit_log (performance_id, seq);
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, seq);

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    topic TEXT NOT NULL,
    dedup_key TEXT UNIQUE,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    delivered_at BIGINT
);

CREATE INDEX outbox_pending ON outbox (topic, due_at) WHERE delivered_at IS NULL;
