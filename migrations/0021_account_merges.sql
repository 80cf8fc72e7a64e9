-- Accounts that were joined with another one: what was known by the one is found at the other.
CREATE TABLE account_merges (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,             -- the account that is closed
    into_user_id BYTEA NOT NULL,        -- where its person is now
    merged_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX account_merges_into ON account_merges (tenant_id, into_user_id);
