-- Accounts that their owners want deleted: erased at due_at, unless they sign in before.
CREATE TABLE account_deletions (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    asked_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX account_deletions_due ON account_deletions (tenant_id, due_at);
-- A person reads what happened to their own account.
CREATE INDEX events_user ON events (tenant_id, user_id, event_id) WHERE user_id IS NOT NULL;
