-- The record: one append-only Merkle tree (RFC 6962), and what its leaves commit to.

CREATE TABLE schema_migration (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    applied_at TEXT NOT NULL,
    program TEXT NOT NULL
) STRICT;

-- One row. `peaks` are the roots of the full subtrees, largest first; every writer counts `taken` up before anything else.
CREATE TABLE ledger_head (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id = 1),
    size INTEGER NOT NULL,
    root TEXT NOT NULL,
    peaks TEXT NOT NULL,
    taken INTEGER NOT NULL
) STRICT;

INSERT INTO ledger_head (id, size, root, peaks, taken)
VALUES (1, 0, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', '', 0);

-- A row of a business table, under the random name by which the leaves know it.
CREATE TABLE ledger_subject (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    handle TEXT NOT NULL UNIQUE,
    table_name TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    ver INTEGER NOT NULL,
    last_leaf INTEGER NOT NULL,
    UNIQUE (table_name, row_id)
) STRICT;

CREATE TABLE ledger_leaf (
    leaf_index INTEGER PRIMARY KEY NOT NULL,
    data TEXT NOT NULL
) STRICT;

-- Leaf and interior hashes in the order of golang.org/x/mod/sumdb/tlog ("stored hashes").
CREATE TABLE ledger_hash (
    position INTEGER PRIMARY KEY NOT NULL,
    hash TEXT NOT NULL
) STRICT;

-- Names, salts and values behind the content root of a leaf. Private.
CREATE TABLE ledger_content (
    leaf_index INTEGER PRIMARY KEY NOT NULL REFERENCES ledger_leaf (leaf_index),
    subject_id INTEGER NOT NULL REFERENCES ledger_subject (id),
    fields TEXT NOT NULL
) STRICT;

CREATE INDEX ledger_content_subject ON ledger_content (subject_id, leaf_index);

CREATE TRIGGER ledger_leaf_no_update BEFORE UPDATE ON ledger_leaf
BEGIN SELECT RAISE(ABORT, 'ledger_leaf is append-only'); END;
CREATE TRIGGER ledger_leaf_no_delete BEFORE DELETE ON ledger_leaf
BEGIN SELECT RAISE(ABORT, 'ledger_leaf is append-only'); END;
CREATE TRIGGER ledger_hash_no_update BEFORE UPDATE ON ledger_hash
BEGIN SELECT RAISE(ABORT, 'ledger_hash is append-only'); END;
CREATE TRIGGER ledger_hash_no_delete BEFORE DELETE ON ledger_hash
BEGIN SELECT RAISE(ABORT, 'ledger_hash is append-only'); END;
CREATE TRIGGER ledger_content_no_update BEFORE UPDATE ON ledger_content
BEGIN SELECT RAISE(ABORT, 'ledger_content is append-only'); END;
CREATE TRIGGER ledger_content_no_delete BEFORE DELETE ON ledger_content
BEGIN SELECT RAISE(ABORT, 'ledger_content is append-only'); END;
CREATE TRIGGER ledger_subject_no_delete BEFORE DELETE ON ledger_subject
BEGIN SELECT RAISE(ABORT, 'ledger_subject is never deleted'); END;
CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head
BEGIN SELECT RAISE(ABORT, 'ledger_head is never deleted'); END;
CREATE TRIGGER schema_migration_no_update BEFORE UPDATE ON schema_migration
BEGIN SELECT RAISE(ABORT, 'schema_migration is append-only'); END;
CREATE TRIGGER schema_migration_no_delete BEFORE DELETE ON schema_migration
BEGIN SELECT RAISE(ABORT, 'schema_migration is append-only'); END;
