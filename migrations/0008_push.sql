-- Sign-ins that are approved on a registered device. Devices are credentials of kind 'push'.

-- A request that a device is asked to approve. Rows stay a day beyond their life: they are what prompts are counted by.
CREATE TABLE push_requests (
    tenant_id BYTEA NOT NULL,
    request_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    journey_id BYTEA NOT NULL,          -- whose sign-in waits
    nonce BYTEA NOT NULL,               -- what the device signs is made of it
    number BIGINT NOT NULL,             -- shown where the sign-in waits; the device must say it
    details BYTEA NOT NULL,             -- sealed, person key: application, place and device that ask
    state TEXT NOT NULL,                -- waiting, approved, used, denied, reported, wrong_number, replaced
    credential_id BYTEA,                -- the device that answered
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    removes_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, request_id)
);
CREATE INDEX push_requests_user ON push_requests (tenant_id, user_id, created_at);
CREATE INDEX push_requests_removal ON push_requests (tenant_id, removes_at);

-- The key that a tenant's push messages are signed by (RFC 8292): subscriptions are bound to it.
CREATE TABLE push_keys (
    tenant_id BYTEA NOT NULL,
    private_key BYTEA NOT NULL,         -- wrapped, tenant key: a JWK
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);
