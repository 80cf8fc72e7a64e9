-- Passwords that must be changed, earlier passwords, and resets that wait.

-- Why a password is to be changed at the next sign-in: '', administrator, breached.
ALTER TABLE credentials ADD COLUMN change_reason TEXT NOT NULL DEFAULT '';

-- Where a tenant's settings ask for it: the hashes of passwords that are not taken again.
CREATE TABLE password_history (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    version BIGINT NOT NULL,            -- of the password, as credentials.version was
    data BYTEA NOT NULL,                -- sealed, person key: its PHC string
    replaced_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, version)
);

-- Resets of a password that were proven and wait, so that the owner can stop them.
CREATE TABLE recovery_holds (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    hold_id BYTEA NOT NULL,
    stopped BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ready_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, hold_id)
);
CREATE INDEX recovery_holds_end ON recovery_holds (tenant_id, ends_at);
