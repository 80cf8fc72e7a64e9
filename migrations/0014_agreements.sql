-- Documents that people accept. A version's text never changes.
CREATE TABLE documents (
    tenant_id BYTEA NOT NULL,
    name TEXT NOT NULL,                 -- terms, privacy, marketing ...
    title TEXT NOT NULL,                -- JSON: words by language
    required BIGINT NOT NULL,
    active BIGINT NOT NULL,
    version BIGINT NOT NULL,            -- the newest
    changes BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
CREATE TABLE document_versions (
    tenant_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    label TEXT NOT NULL,
    ask_again BIGINT NOT NULL,          -- everybody must have accepted this version or a later one
    texts TEXT NOT NULL,                -- JSON: locale, text and its SHA-256
    published_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name, version)
);
-- Who accepted (or withdrew) what, as evidence: lines are only ever added, and go with the person.
CREATE TABLE acceptances (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    acceptance_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    locale TEXT NOT NULL,
    sha256 TEXT NOT NULL,               -- of the text that was shown
    place BYTEA NOT NULL,               -- sealed, person key: the network address class
    application_id BYTEA,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, acceptance_id)
);

-- How often a person signed in, and what they were asked for and when: only where the tenant asks by count.
CREATE TABLE profile_prompts (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    sign_ins BIGINT NOT NULL,
    asked TEXT NOT NULL,                -- JSON: name of the prompt to when it was last skipped
    PRIMARY KEY (tenant_id, user_id)
);

-- Registrations under way: what was entered on the pages so far, sealed under the tenant's key of the day.
CREATE TABLE registration_drafts (
    tenant_id BYTEA NOT NULL,
    draft_id BYTEA NOT NULL,
    content BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, draft_id)
);
CREATE INDEX registration_drafts_expiry ON registration_drafts (tenant_id, expires_at);

-- Invitations to make an account. What they say is sealed under the tenant's key of the day.
CREATE TABLE invitations (
    tenant_id BYTEA NOT NULL,
    invitation_id BYTEA NOT NULL,
    secret_digest BYTEA NOT NULL,       -- SHA-256 of the link's secret
    content BYTEA NOT NULL,             -- address, language, attributes
    bound BIGINT NOT NULL,              -- only the invited address may register with it
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT,
    user_id BYTEA,                      -- who came of it
    PRIMARY KEY (tenant_id, invitation_id)
);
CREATE INDEX invitations_expiry ON invitations (tenant_id, expires_at);
