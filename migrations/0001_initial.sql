-- The nouns of the house. Times are microseconds since 1970 UTC; booleans 0 or 1; sealed columns hold AES-256-GCM
-- values under the key that the comment names. JSON is stored as TEXT.

-- The isolation boundary. A deleted tenant stays as a tombstone: its issuer is never reused.
CREATE TABLE tenants (
    tenant_id BYTEA NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    host TEXT,
    state TEXT NOT NULL,                -- active, disabled, deleted
    settings TEXT NOT NULL,             -- JSON object: policies and look
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);
CREATE UNIQUE INDEX tenants_slug ON tenants (slug);
CREATE UNIQUE INDEX tenants_issuer ON tenants (issuer);
CREATE UNIQUE INDEX tenants_host ON tenants (host) WHERE host IS NOT NULL;

-- What caches watch: every change of a tenant, application, API or signing key raises its tenant's counter.
-- The row of the nil tenant is raised too, so that one read tells whether anything changed.
CREATE TABLE change_counters (
    tenant_id BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- Work that only one node does at a time. `token` grows with every new holder (fencing).
CREATE TABLE leases (
    tenant_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    token BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE users (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    state TEXT NOT NULL,                -- active, disabled
    security_epoch BIGINT NOT NULL,     -- raised by a credential change, a reset, disabling: ends sealed values and tokens
    profile BYTEA NOT NULL,             -- sealed, person key: JSON object of attributes (name, locale ...)
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);

CREATE TABLE identifiers (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    identifier_id BYTEA NOT NULL,
    kind TEXT NOT NULL,                 -- email, phone, username
    value BYTEA NOT NULL,               -- sealed, person key: as the person wrote it
    verified_at BIGINT,
    is_primary BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, identifier_id)
);

-- Claims of uniqueness: verified identifiers and usernames only. A released one keeps its row, without a user, until
-- its quarantine ends.
CREATE TABLE identifier_lookups (
    tenant_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    index_version BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    user_id BYTEA,
    identifier_id BYTEA,
    quarantined_until BIGINT,
    PRIMARY KEY (tenant_id, kind, index_version, digest)
);
CREATE INDEX identifier_lookups_quarantine ON identifier_lookups (tenant_id, quarantined_until)
    WHERE quarantined_until IS NOT NULL;

-- What tokens call a user. Rows are never recomputed or given to another; erasure leaves a tombstone (user_id NULL).
CREATE TABLE subjects (
    tenant_id BYTEA NOT NULL,
    sector TEXT NOT NULL,               -- '' for public subjects
    subject TEXT NOT NULL,
    user_id BYTEA,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, sector, subject)
);
CREATE UNIQUE INDEX subjects_user ON subjects (tenant_id, user_id, sector) WHERE user_id IS NOT NULL;

-- Permissions given to a user directly, per API (audience); roles come on top of this later.
CREATE TABLE user_permissions (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    audience TEXT NOT NULL,
    permissions TEXT NOT NULL,          -- separated by spaces
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, audience)
);

CREATE TABLE credentials (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    credential_id BYTEA NOT NULL,
    kind TEXT NOT NULL,                 -- password (one per user), later passkey, totp ...
    data BYTEA NOT NULL,                -- sealed, person key: a password's PHC string
    version BIGINT NOT NULL,            -- grows with every change; a verification counts only for the version it read
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_used_at BIGINT,
    PRIMARY KEY (tenant_id, user_id, credential_id)
);

-- Codes sent by mail: registration, recovery, change of email, the first administrator's link.
CREATE TABLE challenges (
    tenant_id BYTEA NOT NULL,
    challenge_id BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    user_id BYTEA,
    code_digest BYTEA NOT NULL,
    attempts BIGINT NOT NULL,
    attempt_limit BIGINT NOT NULL,
    payload BYTEA NOT NULL,             -- sealed, daily tenant key (or person key where there is a user)
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, challenge_id)
);
CREATE INDEX challenges_expiry ON challenges (tenant_id, expires_at);
CREATE INDEX challenges_user ON challenges (tenant_id, user_id) WHERE user_id IS NOT NULL;

-- Attempts per account, per address and per factor; an attempt takes its slot before anything is hashed.
CREATE TABLE throttles (
    tenant_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    key_digest BYTEA NOT NULL,
    attempts BIGINT NOT NULL,
    window_started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, key_digest)
);
CREATE INDEX throttles_expiry ON throttles (tenant_id, expires_at);

CREATE TABLE applications (
    tenant_id BYTEA NOT NULL,
    application_id BYTEA NOT NULL,
    client_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                 -- web, spa, native, device, service, saml
    state TEXT NOT NULL,                -- active, disabled
    settings TEXT NOT NULL,             -- JSON: redirect URIs, grant types, scopes, consent, lifetimes ...
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, application_id)
);
CREATE UNIQUE INDEX applications_client_id ON applications (tenant_id, client_id);

CREATE TABLE application_secrets (
    tenant_id BYTEA NOT NULL,
    application_id BYTEA NOT NULL,
    secret_id BYTEA NOT NULL,
    digest BYTEA NOT NULL,              -- SHA-256 of a generated secret
    hint TEXT NOT NULL,                 -- its last characters, to tell two apart
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (tenant_id, application_id, secret_id)
);

CREATE TABLE apis (
    tenant_id BYTEA NOT NULL,
    api_id BYTEA NOT NULL,
    audience TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,             -- JSON: permissions, token lifetime, signing algorithm
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, api_id)
);
CREATE UNIQUE INDEX apis_audience ON apis (tenant_id, audience);

CREATE TABLE signing_keys (
    tenant_id BYTEA NOT NULL,
    key_id BYTEA NOT NULL,
    kid TEXT NOT NULL,
    algorithm TEXT NOT NULL,            -- ES256, RS256 ...
    public_jwk TEXT NOT NULL,
    private_key BYTEA NOT NULL,         -- wrapped, tenant key
    created_at BIGINT NOT NULL,
    activates_at BIGINT NOT NULL,       -- published before, signs from then on
    retires_at BIGINT,                  -- signs no more from then on; published until removes_at
    removes_at BIGINT,
    PRIMARY KEY (tenant_id, key_id)
);

CREATE TABLE sessions (
    tenant_id BYTEA NOT NULL,
    session_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    secret_digest BYTEA NOT NULL,       -- SHA-256 of the cookie's secret; changes with every reauthentication
    security_epoch BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,   -- auth_time
    acr TEXT NOT NULL,
    amr TEXT NOT NULL,                  -- separated by spaces (RFC 8176)
    device BYTEA NOT NULL,              -- sealed, person key: JSON of user agent and address
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    organization_id BYTEA,
    actor_id BYTEA,
    PRIMARY KEY (tenant_id, session_id)
);
CREATE INDEX sessions_user ON sessions (tenant_id, user_id);
CREATE INDEX sessions_expiry ON sessions (tenant_id, expires_at);

-- The applications a session has signed in to, each with its own random `sid`.
CREATE TABLE session_applications (
    tenant_id BYTEA NOT NULL,
    session_id BYTEA NOT NULL,
    application_id BYTEA NOT NULL,
    sid TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, session_id, application_id)
);

-- What a person has authorized an application to do.
CREATE TABLE grants (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    application_id BYTEA NOT NULL,
    scopes TEXT NOT NULL,               -- separated by spaces
    granted_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revoked_at BIGINT,
    organization_id BYTEA,
    actor_id BYTEA,
    PRIMARY KEY (tenant_id, user_id, application_id)
);

-- All refresh tokens that descend from one grant. One row per family: a rotation is one UPDATE of it.
CREATE TABLE token_families (
    tenant_id BYTEA NOT NULL,
    family_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    application_id BYTEA NOT NULL,
    session_id BYTEA,                   -- set: the family ends with the session (no offline_access)
    subject TEXT NOT NULL,
    scopes TEXT NOT NULL,
    audience TEXT NOT NULL,             -- '' when no API was named
    sid TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    acr TEXT NOT NULL,
    amr TEXT NOT NULL,
    security_epoch BIGINT NOT NULL,
    family_digest BYTEA NOT NULL,       -- SHA-256 of the secret that all tokens of the family carry
    generation BIGINT NOT NULL,         -- number of the current token
    token_digest BYTEA NOT NULL,        -- SHA-256 of the current token's secret
    previous_digest BYTEA,              -- of the one before it
    successor BYTEA,                    -- the current token, sealed under a key derived from the one before it
    rotated_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoke_reason TEXT,
    organization_id BYTEA,
    actor_id BYTEA,
    PRIMARY KEY (tenant_id, family_id)
);
CREATE INDEX token_families_user ON token_families (tenant_id, user_id, application_id);
CREATE INDEX token_families_session ON token_families (tenant_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX token_families_expiry ON token_families (tenant_id, expires_at);

-- Whatever may be used once leaves a marker: codes, finished journeys, client assertions. Of two racers one inserts it.
CREATE TABLE spent_markers (
    tenant_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    marker_id BYTEA NOT NULL,
    family_id BYTEA,                    -- what a replay revokes
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, marker_id)
);
CREATE INDEX spent_markers_expiry ON spent_markers (tenant_id, expires_at);

-- Access tokens revoked before their time (RFC 7009), until they would have expired.
CREATE TABLE revoked_tokens (
    tenant_id BYTEA NOT NULL,
    token_id TEXT NOT NULL,             -- jti
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, token_id)
);
CREATE INDEX revoked_tokens_expiry ON revoked_tokens (tenant_id, expires_at);

-- Facts. Appended without a position in the transaction that made them true; the sequencer gives dense positions.
CREATE TABLE events (
    tenant_id BYTEA NOT NULL,
    event_id BYTEA NOT NULL,
    position BIGINT,
    type TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    user_id BYTEA,
    actor_id BYTEA,
    application_id BYTEA,
    session_id BYTEA,
    organization_id BYTEA,
    request_id TEXT NOT NULL,
    data TEXT NOT NULL,                 -- JSON without personal data
    personal BYTEA,                     -- sealed, person key (daily tenant key without a user): JSON
    PRIMARY KEY (tenant_id, event_id)
);
CREATE INDEX events_unpositioned ON events (tenant_id, event_id) WHERE position IS NULL;
CREATE UNIQUE INDEX events_position ON events (tenant_id, position) WHERE position IS NOT NULL;

CREATE TABLE event_heads (
    tenant_id BYTEA NOT NULL,
    position BIGINT NOT NULL,           -- the last one given
    fencing_token BIGINT NOT NULL,      -- of the lease that gave it
    PRIMARY KEY (tenant_id)
);
