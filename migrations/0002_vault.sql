-- The vault: wrapped keys. No key stands here in the clear; the root key is never in the database.

-- One row, under the nil tenant: which root key this database belongs to.
CREATE TABLE vault_roots (
    tenant_id BYTEA NOT NULL,
    root_version BIGINT NOT NULL,       -- grows with every rotation of the root key
    key_check BYTEA NOT NULL,           -- proves that a root key is the right one
    changes BIGINT NOT NULL,            -- raised by every change in vault_keys
    created_at BIGINT NOT NULL,
    exported_at BIGINT,                 -- when a passphrase-wrapped copy of this root key was last made
    PRIMARY KEY (tenant_id)
);

-- Keys of a tenant. 'tenant' is wrapped by the root key; 'lookup' (digests), 'sealing' (sealed values) and 'daily'
-- (what belongs to no user yet; version is the UTC day since 1970) are wrapped by the tenant key.
CREATE TABLE vault_keys (
    tenant_id BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    version BIGINT NOT NULL,
    wrapped_by BIGINT NOT NULL,         -- version of the root key or tenant key
    wrapped BYTEA NOT NULL,
    usable_from BIGINT,                 -- NULL: a lookup key that writes claim and readers do not use yet
    readable_until BIGINT,              -- of a sealing key that was rotated out
    changed BIGINT NOT NULL,            -- vault_roots.changes at the time
    PRIMARY KEY (tenant_id, purpose, version)
);
CREATE INDEX vault_keys_changed ON vault_keys (changed);

-- The key of each user. Deleting the row erases what was sealed for that person.
CREATE TABLE vault_person_keys (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    version BIGINT NOT NULL,            -- of the person's key
    wrapped_by BIGINT NOT NULL,         -- version of the tenant key
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
