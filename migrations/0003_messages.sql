-- Mail that is to be sent. A row is written in the transaction that makes the fact true, and goes when the message was
-- handed over, refused for good, or became useless.
CREATE TABLE message_outbox (
    tenant_id BYTEA NOT NULL,
    message_id BYTEA NOT NULL,
    user_id BYTEA,                      -- whose mail it is; the payload is sealed under their key, else under the day's
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload BYTEA NOT NULL,             -- sealed: address, language, arguments (codes)
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,    -- while a worker holds the row: when its lease runs out
    claim BYTEA,                        -- of the worker that holds it; another one's outcome does not count
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, message_id)
);
CREATE INDEX message_outbox_due ON message_outbox (next_attempt_at);
CREATE INDEX message_outbox_user ON message_outbox (tenant_id, user_id);
