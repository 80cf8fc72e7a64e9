-- When a person was last offered a passkey after a sign-in by password: they are not asked each time.
CREATE TABLE passkey_offers (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    offered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
