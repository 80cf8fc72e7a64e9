-- Words of a tenant's own for its mails, texts and calls. What is not there has the built-in words.
CREATE TABLE message_wordings (
    tenant_id BYTEA NOT NULL,
    kind TEXT NOT NULL,                 -- of the message: verify_email ...
    locale TEXT NOT NULL,
    texts TEXT NOT NULL,                -- JSON object: subject, heading, intro, button, outro, sms, voice
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, locale)
);
