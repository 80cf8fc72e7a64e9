-- Claims that an application asked for by name (OpenID Connect Core section 5.5), as JSON; '' where it named none.
ALTER TABLE token_families ADD COLUMN claims TEXT NOT NULL DEFAULT '';
