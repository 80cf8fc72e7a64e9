-- Text messages and calls: how many were sent, to hold budgets; and what became of messages that never arrived.

-- One row a budget: the whole tenant, a country, a number. Each message counts by one statement that raises it.
CREATE TABLE message_budgets (
    tenant_id BYTEA NOT NULL,
    scope TEXT NOT NULL,                -- tenant.day, country.day, number.day, number.hour
    key_digest BYTEA NOT NULL,          -- keyed digest of the country or number; nothing is readable
    sent BIGINT NOT NULL,
    window_started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, scope, key_digest)
);
CREATE INDEX message_budgets_expiry ON message_budgets (tenant_id, expires_at);

-- A message that was refused for good, or expired while providers were away, stays for a while for administrators to
-- see: due no more (next_attempt_at in the far future), its payload without code and arguments.
ALTER TABLE message_outbox ADD COLUMN failed_at BIGINT;
ALTER TABLE message_outbox ADD COLUMN last_error TEXT;
CREATE INDEX message_outbox_failed ON message_outbox (tenant_id, expires_at) WHERE failed_at IS NOT NULL;
